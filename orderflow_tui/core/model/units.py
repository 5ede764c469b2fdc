"""Units of the core: integer prices of $0.0001, integer sizes, integer nanoseconds UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

PRICE_UNIT: Final = Decimal("0.0001")
PRICE_UNITS_PER_DOLLAR: Final = 10_000
NS: Final = 1_000_000_000
NS_PER_MS: Final = 1_000_000
NEVER_NS: Final = 1 << 62
"""An instant no event reaches."""
CENT: Final = 100
"""One cent in price units: the usual step of a stock from $1 up."""

_WHOLE_FROM: Final = 10
"""Dollars from which cents say nothing."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS_FROM: Final = 10**11
_US_FROM: Final = 10**14
_NS_FROM: Final = 10**17


def price_units(price: Decimal | float | str) -> int:
    """Dollars to integer units of $0.0001, rounded to the nearest unit."""
    if isinstance(price, float):
        return round(price * PRICE_UNITS_PER_DOLLAR)
    return int((Decimal(price) / PRICE_UNIT).to_integral_value())


def price_decimal(units: int) -> Decimal:
    """Integer units of $0.0001 to exact dollars, with at least cents shown."""
    exact = units * PRICE_UNIT
    return exact.quantize(Decimal("0.01")) if units % CENT == 0 else exact


def price_text(units: int) -> str:
    """A price as text: two decimals, or four where the price needs them."""
    if units % CENT == 0:
        return f"{units / PRICE_UNITS_PER_DOLLAR:.2f}"
    return f"{units / PRICE_UNITS_PER_DOLLAR:.4f}"


def spell_dollars(dollars: float, *, plus: bool = False) -> str:
    """Whole dollars, cents below ten: `-$212`, `$1,204`, `$4.80`.

    Args:
        dollars: The amount.
        plus: Whether a gain has its sign, so that a sign never depends on color.
    """
    words = f"{abs(dollars):,.2f}"
    if round(abs(dollars), 2) >= _WHOLE_FROM:
        words = f"{abs(dollars):,.0f}"
    nothing = words == "0.00"
    sign = "" if nothing else "-" if dollars < 0 else "+" if plus else ""
    return f"{sign}${words}"


def default_price_step(price: int) -> int:
    """The smallest quoting step in price units: one cent from $1 up, $0.0001 below."""
    return CENT if abs(price) >= PRICE_UNITS_PER_DOLLAR else 1


def vendor_time_ns(value: int) -> int:
    """A vendor's epoch number to nanoseconds, by magnitude: s, ms (1e12), us (1e15) or ns (1e18)."""
    if value >= _NS_FROM:
        return value
    if value >= _US_FROM:
        return value * 1_000
    if value >= _MS_FROM:
        return value * 1_000_000
    return value * NS


def utc_datetime(time_ns: int) -> datetime:
    """Nanoseconds UTC to an aware datetime, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=time_ns // 1_000)


def datetime_ns(moment: datetime) -> int:
    """An aware datetime to nanoseconds UTC. Raises ValueError for a naive one."""
    if moment.tzinfo is None:
        message = "a time without a zone is ambiguous: give an aware datetime (UTC)"
        raise ValueError(message)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * NS + delta.microseconds * 1_000


def iso_utc(time_ns: int) -> str:
    """Nanoseconds UTC as `2025-10-22T14:35:20.123456Z`."""
    return utc_datetime(time_ns).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def spell_minutes(minutes: float) -> str:
    """`14 s`, `3.2 min`, `2.1 h`."""
    if minutes < 1:
        return f"{max(1, round(minutes * 60))} s"
    return f"{minutes:.1f} min" if minutes < 90 else f"{minutes / 60:.1f} h"
