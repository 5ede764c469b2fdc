"""The holder's own working orders as they are typed: `sell 48.30 500, buy 47.90 1,000`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Final, Literal

from orderflow_tui.core.model.holder import WorkingOrder
from orderflow_tui.tui.look.formatting import clean

EXAMPLE: Final = "sell 48.30 500, buy 47.90 1000"
_ORDER: Final = re.compile(r"(buy|sell) (\d{1,6}(?:\.\d{1,4})?) (\d{1,9})")
_MOST: Final = 20


def parse_orders(text: str) -> tuple[WorkingOrder, ...]:
    """The orders of a line, none of an empty one.

    Raises:
        ValueError: One of them is not `buy|sell PRICE SIZE`; one line that says which.
    """
    parts = [" ".join(part.split()).lower() for part in re.split(r"[,;]\s+|[,;]$", text) if part.strip()]
    if len(parts) > _MOST:
        raise ValueError(f"{len(parts)} orders: at most {_MOST}")
    orders: list[WorkingOrder] = []
    for part in parts:
        found = _ORDER.fullmatch(part.replace(",", ""))
        if found is None or not Decimal(found[2]) or not int(found[3]):
            raise ValueError(f"{clean(part)[:40]!r} is not side, price and size, as in {EXAMPLE}")
        side: Literal["buy", "sell"] = "buy" if found[1] == "buy" else "sell"
        orders.append(WorkingOrder(side, Decimal(found[2]), int(found[3])))
    return tuple(orders)


def orders_text(orders: Iterable[WorkingOrder]) -> str:
    """The orders as they may be typed again."""
    return ", ".join(f"{order.side} {order.price} {order.size}" for order in orders)
