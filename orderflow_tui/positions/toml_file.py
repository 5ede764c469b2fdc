"""Positions from a TOML file: `[[position]]` tables and a `watchlist`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, time
from decimal import Decimal
from typing import Any, Final, Literal

from msgspec import Struct

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.config.values import nearest
from orderflow_tui.core.market.sessions import NEW_YORK
from orderflow_tui.core.model.holder import Position, WorkingOrder
from orderflow_tui.core.model.units import NS, PRICE_UNIT
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.files import PositionsFile
from orderflow_tui.positions.holdings import Holdings
from orderflow_tui.positions.rows import LeftOut, fund_reason, left_out_notes, no_cost_note, whole_shares
from orderflow_tui.support.decoding import TomlError, parse_toml
from orderflow_tui.support.printable import shown_value

_MOST_SHARES: Final = 10**12
_MOST_DOLLARS: Final = Decimal(10**9)
_LEAST_DOLLARS: Final = PRICE_UNIT
_TOP_KEYS: Final = ("position", "watchlist")
_POSITION_KEYS: Final = ("symbol", "quantity", "average_cost", "stop", "working", "events")
_WORKING_KEYS: Final = ("side", "price", "size")
_HEADER: Final = re.compile(r"\s*\[\[\s*position\s*\]\]")
_ANY_HEADER: Final = re.compile(r"\s*\[")
_EVENT_TIMES: Final = {"before": time(9, 30), "after": time(16)}


class TomlPositions(PositionsFile, frozen=True):
    """A positions file (SPEC section 3).

    Attributes:
        path: The file.
    """

    def read(self) -> Holdings:
        """The file's positions (closed ones left out) and watchlist, in the file's order.

        Raises:
            PositionsMissing: There is no such file.
            PositionsError: The file is refused, in one line.
        """
        return holdings_in(self.text(), self.name)


def read_text(text: str, name: str) -> tuple[tuple[Position, ...], tuple[str, ...]]:
    """Positions and watchlist of a positions file's text; `name` stands in the refusals (PositionsError)."""
    held = holdings_in(text, name)
    return held.positions, held.watchlist


def holdings_in(text: str, name: str, *, beside_broker: bool = False) -> Holdings:
    """What a positions file's text says.

    Args:
        text: TOML.
        name: Stands in the refusals.
        beside_broker: Quantity and cost are known from elsewhere: they may be missing (then 0) and closed positions
            are kept, for the stops, orders and events that stand there.

    Raises:
        PositionsError: The text is refused, in one line.
    """
    try:
        document = parse_toml(text, parse_float=Decimal)
    except TomlError as error:
        raise PositionsError(f"{name}: not valid TOML: {error}") from None
    return _Reading(name, text, document, beside_broker=beside_broker).holdings()


def event_instant_ns(entry: str) -> int:
    """The instant of an `events` entry, nanoseconds UTC.

    Args:
        entry: A New York date and `before` (9:30), `after` (16:00) or a time, e.g. `2026-01-29 after`.

    Raises:
        ValueError: It is none of these.
    """
    match = re.fullmatch(r"([0-9]{4}-[0-9]{2}-[0-9]{2}) (before|after|[0-9]{2}:[0-9]{2})", entry)
    if not match:
        raise ValueError('must be like "2026-01-29 after", "2026-01-29 before" or "2026-01-29 14:00" (New York)')
    moment = _EVENT_TIMES.get(match[2]) or time.fromisoformat(match[2])
    local = datetime.combine(datetime.fromisoformat(match[1]), moment, NEW_YORK)
    return int(local.timestamp()) * NS


class _Reading(Struct, frozen=True):
    """One text of the file, decoded; its methods check it and name the line of what they refuse."""

    name: str
    text: str
    document: Mapping[str, Any]
    beside_broker: bool = False
    notes: list[str] = []

    def holdings(self) -> Holdings:
        for key in self.document:
            if key not in _TOP_KEYS:
                raise self._refused(self._line(key), f"unknown key {shown_value(key)}{nearest(key, _TOP_KEYS)}")
        tables = self.document.get("position", [])
        if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
            raise self._refused(self._line("position"), "position must be [[position]] tables, with double brackets")
        positions: list[Position] = []
        symbols: dict[str, None] = {}
        for index, table in enumerate(tables):
            position = self._position(index, table)
            if position.symbol in symbols:
                raise self._in(index, "symbol", f"{position.symbol} is listed twice")
            symbols[position.symbol] = None
            positions.append(position)
        watchlist = self._watchlist()
        left_out = [LeftOut(symbol, why) for symbol in (*symbols, *watchlist) if (why := fund_reason(symbol))]
        funds = {one.name for one in left_out}
        return Holdings(
            tuple(one for one in positions if (one.quantity or self.beside_broker) and one.symbol not in funds),
            tuple(symbol for symbol in watchlist if symbol not in funds),
            (*self.notes, *left_out_notes(left_out)),
        )

    def _watchlist(self) -> tuple[str, ...]:
        entries = self.document.get("watchlist", [])
        line = self._line("watchlist")
        if not isinstance(entries, list):
            raise self._refused(line, 'watchlist must be a list, e.g. ["SPY", "QQQ"]')
        symbols: list[str] = []
        for entry in entries:
            try:
                symbols.append(normalise_symbol(entry))
            except (ValueError, AttributeError):
                raise self._refused(line, f"watchlist: {shown_value(entry)} is not a ticker") from None
        if repeated := _repeated(symbols):
            raise self._refused(line, f"watchlist: {repeated} is listed twice")
        return tuple(symbols)

    def _position(self, index: int, table: Mapping[str, Any]) -> Position:
        for key in table:
            if key not in _POSITION_KEYS:
                raise self._in(index, key, f"unknown key {shown_value(key)}{nearest(key, _POSITION_KEYS)}")
        for key in ("symbol",) if self.beside_broker else ("symbol", "quantity"):
            if key not in table:
                raise self._in(index, "", f"{key} is missing")
        try:
            symbol = normalise_symbol(table["symbol"])
        except (ValueError, AttributeError):
            raise self._in(index, "symbol", f"{shown_value(table['symbol'])} is not a ticker") from None
        return Position(
            symbol=symbol,
            quantity=self._quantity(index, symbol, table) if "quantity" in table else 0,
            average_cost=self._cost(index, symbol, table),
            stop=self._dollars(index, "stop", table) if "stop" in table else None,
            working=tuple(self._working(index, order) for order in self._list(index, "working", table)),
            events=tuple(self._event(index, entry) for entry in self._list(index, "events", table)),
        )

    def _working(self, index: int, order: object) -> WorkingOrder:
        if not isinstance(order, dict) or set(order) != set(_WORKING_KEYS):
            raise self._in(index, "working", "each order must be {side, price, size} and nothing else")
        side: Literal["buy", "sell"] = order["side"]
        if side not in ("buy", "sell"):
            raise self._in(index, "working", f"side = {shown_value(side)} refused: must be buy or sell")
        price = self._dollars(index, "price", order, under="working")
        return WorkingOrder(side, price, self._size(index, order))

    def _event(self, index: int, entry: object) -> str:
        text = entry if isinstance(entry, str) else ""
        try:
            event_instant_ns(text)
        except (ValueError, OverflowError) as error:
            reason = str(error) if "must be" in str(error) else "no such date or time"
            raise self._in(index, "events", f"events: {shown_value(entry)} refused: {reason}") from None
        return text

    def _quantity(self, index: int, symbol: str, table: Mapping[str, object]) -> int:
        """Whole shares; a fraction is dropped, and that is noted."""
        value = table["quantity"]
        number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
        if number is None or not number.is_finite() or number.copy_abs() > _MOST_SHARES:
            reason = f"quantity = {_shown(value)} refused: must be a number of shares, negative if short"
            raise self._in(index, "quantity", reason)
        return whole_shares(symbol, number, [] if self.beside_broker else self.notes)

    def _cost(self, index: int, symbol: str, table: Mapping[str, object]) -> Decimal:
        if "average_cost" in table:
            return self._dollars(index, "average_cost", table)
        if not self.beside_broker and table["quantity"]:
            self.notes.append(no_cost_note(symbol))
        return Decimal(0)

    def _size(self, index: int, order: Mapping[str, object]) -> int:
        value = order["size"]
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_SHARES:
            reason = f"size = {_shown(value)} refused: must be a whole number of shares, 1 or more"
            raise self._in(index, "working", reason)
        return value

    def _dollars(self, index: int, key: str, table: Mapping[str, object], under: str = "") -> Decimal:
        value = table[key]
        number = Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None
        if number is None or not number.is_finite() or not _LEAST_DOLLARS <= number <= _MOST_DOLLARS:
            reason = f"{key} = {_shown(value)} refused: must be a price in dollars, 0.0001 or more"
            raise self._in(index, under or key, reason)
        return number

    def _list(self, index: int, key: str, table: Mapping[str, object]) -> list[object]:
        value = table.get(key, [])
        if not isinstance(value, list):
            raise self._in(index, key, f"{key} must be a list, [...]")
        return value

    def _in(self, index: int, key: str, reason: str) -> PositionsError:
        """A refusal inside the index-th `[[position]]`, at the line of its key where that can be told."""
        lines = self.text.splitlines()
        headers = [number for number, line in enumerate(lines) if _HEADER.match(line)]
        written = self.document["position"][index].get("symbol")
        label = f"position {index + 1}" + (f" ({shown_value(written)[1:-1]})" if isinstance(written, str) else "")
        if len(headers) != len(self.document["position"]):  # inline tables, or a header inside a longer text
            return self._refused(0, f"{label}: {reason}")
        start = headers[index]
        for number in range(start + 1, len(lines)):
            if _ANY_HEADER.match(lines[number]):
                break
            if key and _key_line(key).match(lines[number]):
                return self._refused(number + 1, f"{label}: {reason}")
        return self._refused(start + 1, f"{label}: {reason}")

    def _line(self, key: str) -> int:
        """The 1-based line of a top-level key; 0 where it cannot be told."""
        pattern = _key_line(key)
        return next((number for number, line in enumerate(self.text.splitlines(), 1) if pattern.match(line)), 0)

    def _refused(self, line: int, reason: str) -> PositionsError:
        return PositionsError(f"{self.name}:{line}: {reason}" if line else f"{self.name}: {reason}")


def _key_line(key: str) -> re.Pattern[str]:
    return re.compile(rf"\s*(\[+\s*)?[\"']?{re.escape(key)}[\"']?\s*[=\].]")


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Decimal) and len(str(value)) < 60 else shown_value(value)


def _repeated(symbols: Iterable[str]) -> str:
    seen: set[str] = set()
    for symbol in symbols:
        if symbol in seen:
            return symbol
        seen.add(symbol)
    return ""
