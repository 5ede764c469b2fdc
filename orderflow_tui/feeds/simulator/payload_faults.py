"""What a fault does to a payload that is otherwise right."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

from orderflow_tui.feeds.simulator.faults import Fault
from orderflow_tui.feeds.simulator.market_history import NANOS

_WRONG_SYMBOL = "WRNG"
_CONTAINERS = ("ticker", "tickers", "results", "books")
_NAMES = ("ticker", "T")
_TIMES = frozenset(
    {"t", "y", "f", "updated", "last_updated", "sip_timestamp", "participant_timestamp", "trf_timestamp"}
)
_PRICES = frozenset({"p", "P", "price", "bid", "ask", "bid_price", "ask_price"})
_OPPOSITES = (("p", "P"), ("bid", "ask"), ("bid_price", "ask_price"), ("bids", "asks"))
_MILLISECOND_TIMES = 1_000_000_000_000_000


def corrupt(payload: Any, fault: Fault) -> Any:
    """Applies a payload fault.

    Args:
        payload: A response of builtin types; changed in place.
        fault: A rule of one of the payload kinds; with a symbol only that ticker's row is touched.

    Returns:
        The payload to send.
    """
    if fault.kind == "empty":
        return _emptied(payload, fault)
    if fault.kind in _PAGES:
        return _PAGES[fault.kind](payload)
    if fault.kind == "no_spy":
        for container in _CONTAINERS:
            held = payload.get(container)
            if isinstance(held, list):
                payload[container] = [row for row in held if row.get("ticker") != "SPY"]
        return payload
    if fault.kind == "clock_skew":
        moment = datetime.fromisoformat(payload["serverTime"]) + timedelta(seconds=fault.seconds)
        return {**payload, "serverTime": moment.isoformat(timespec="seconds")}
    for index, row in enumerate(_rows(payload, fault.symbol)):
        _corrupt_row(row, fault, first=index == 0)
    return payload


def _doubled(payload: Any) -> Any:
    payload["results"] = [*payload.get("results", ()), *payload.get("results", ())]
    return payload


def _reversed(payload: Any) -> Any:
    payload["results"] = list(payload.get("results", ()))[::-1]
    return payload


def _foreign(payload: Any) -> Any:
    return {**payload, "next_url": "https://elsewhere.example/v3/trades/SPY?cursor=eA"}


def _endless(payload: Any) -> Any:
    return {**payload, "next_url": "https://api.polygon.io/v3/trades/SPY?cursor=AA"}


_PAGES: dict[str, Callable[[object], object]] = {
    "duplicate_page": _doubled,
    "reorder": _reversed,
    "foreign_next": _foreign,
    "endless_next": _endless,
}


def _rows(payload: Any, symbol: str | None) -> Iterator[dict[str, Any]]:
    for container in _CONTAINERS:
        held = payload.get(container)
        rows = held if isinstance(held, list) else [held]
        for row in rows:
            if isinstance(row, dict) and _concerns(row, symbol):
                yield row


def _concerns(row: dict[str, object], symbol: str | None) -> bool:
    names = [row[key] for key in _NAMES if key in row]
    return symbol is None or not names or symbol in names


def _emptied(payload: Any, fault: Fault) -> Any:
    for container in _CONTAINERS:
        held = payload.get(container)
        if isinstance(held, list):
            payload[container] = [row for row in held if fault.symbol is not None and not _concerns(row, fault.symbol)]
        elif isinstance(held, dict):
            payload[container] = {}
    payload.pop("next_url", None)
    return payload


def _corrupt_row(row: dict[str, object], fault: Fault, *, first: bool) -> None:
    match fault.kind:
        case "wrong_symbol":
            row.update({key: _WRONG_SYMBOL for key in _NAMES if key in row})
        case "stale":
            _shift_times(row, -round(fault.seconds * NANOS))
        case "future":
            _shift_times(row, round(fault.seconds * NANOS))
        case "crossed":
            _swap_sides(row)
        case "negative_price" if first:
            _negate_prices(row)
        case "malformed_row" if first:
            _spoil(row)
        case _:
            pass


def _shift_times(row: dict[str, object], by_ns: int) -> None:
    for key, value in row.items():
        if isinstance(value, dict):
            _shift_times(value, by_ns)
        elif key in _TIMES and isinstance(value, int):
            row[key] = value + (by_ns if value > _MILLISECOND_TIMES else by_ns // 1_000_000)


def _swap_sides(row: dict[str, object]) -> None:
    for value in row.values():
        if isinstance(value, dict):
            _swap_sides(value)
    for bid, ask in _OPPOSITES:
        if bid in row and ask in row:
            row[bid], row[ask] = row[ask], row[bid]


def _negate_prices(row: dict[str, Any]) -> None:
    for key, value in row.items():
        if isinstance(value, dict) and key != "session":
            _negate_prices(value)
        elif key in _PRICES:
            row[key] = -value
        elif key in ("bids", "asks"):
            row[key] = [[-price, size] for price, size in value]


def _spoil(row: dict[str, object]) -> None:
    """Turns a number every reader needs into text, on whatever level it is."""
    for key, value in row.items():
        if isinstance(value, dict) and key in ("lastQuote", "last_quote", "lastTrade", "last_trade"):
            _spoil(value)
        elif key in _PRICES or key in ("bids", "asks"):
            row[key] = "n/a"
