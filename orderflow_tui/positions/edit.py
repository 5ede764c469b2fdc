"""Positions put into the positions file: comments and all else stay, and it is never half written."""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from msgspec import Struct

from orderflow_tui.config.edit import set_in
from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.core.model.holder import Position
from orderflow_tui.positions.errors import PositionsError, PositionsMissing
from orderflow_tui.positions.files import PositionsFile
from orderflow_tui.positions.toml_file import holdings_in
from orderflow_tui.support.atomic_file import replace_file

HEAD: Final = (
    "# What you hold, one [[position]] each. Negative quantity: a short position. The running program reads this file\n"
    "# again whenever it changes. quantity in shares, average_cost and stop in dollars a share.\n"
)
_NEW_MODE: Final = 0o600


class PositionsLook(Struct, frozen=True):
    """The file as it stood when it was looked at.

    Attributes:
        file: Which.
        text: Its content; None without a file.
    """

    file: PositionsFile
    text: str | None

    @property
    def positions(self) -> tuple[Position, ...]:
        """What stands there, closed positions too. Raises PositionsError where the file is refused."""
        return holdings_in(self.text or "", self.file.name, beside_broker=True).positions


def look_at(path: Path) -> PositionsLook:
    """Read the file, which may not be there yet.

    Raises:
        PositionsError: It cannot be read or is refused as it stands.
    """
    file = PositionsFile(path)
    try:
        text: str | None = file.text()
    except PositionsMissing:
        text = None
    look = PositionsLook(file, text)
    holdings_in(text or "", file.name)
    return look


def file_of(positions: Iterable[Position], watchlist: Iterable[str] = ()) -> str:
    """The text of a new positions file."""
    watched = ", ".join(f'"{symbol}"' for symbol in watchlist)
    head = f"{HEAD}\nwatchlist = [{watched}]\n" if watched else HEAD
    return head + "".join(_table(position) for position in positions)


def with_position(look: PositionsLook, position: Position) -> str:
    """The file's text with this position in it, added or changed; its own orders and events stay.

    Raises:
        PositionsError: It is written in a way that cannot be changed here.
    """
    text = look.text if look.text is not None else HEAD
    before = {one.symbol: one for one in look.positions}
    if position.symbol in before:
        changed = _changed(text, position, look.file.name)
        meant = replace(before[position.symbol], quantity=position.quantity, average_cost=position.average_cost,
                        stop=position.stop)  # fmt: skip
    else:
        changed, meant = f"{text.rstrip()}\n{_table(position)}", position
    expected = [*({**before, position.symbol: meant}).values()]
    try:
        found = list(holdings_in(changed, look.file.name, beside_broker=True).positions)
    except PositionsError:
        found = []
    if found != expected:
        raise PositionsError(f"{look.file.name} is written in a way that cannot be changed here: edit it yourself")
    return changed


def write(look: PositionsLook, text: str) -> PositionsLook:
    """Put the text in the file's place, whole.

    Returns:
        The file as it stands now.

    Raises:
        PositionsError: It was changed since `look`, is refused as positions, or cannot be written; nothing is then.
    """
    holdings_in(text, look.file.name)
    if look_at(look.file.path).text != look.text:
        raise PositionsError(f"{look.file.name} was changed meanwhile: nothing written, look again")
    target = look.file.path.resolve()
    try:
        mode = _NEW_MODE if look.text is None else stat.S_IMODE(target.stat().st_mode)
        if not mode & stat.S_IWUSR:
            raise PositionsError(f"{look.file.name} is read-only: nothing written")
        replace_file(target, text.encode(), mode=mode)
    except OSError as error:
        raise PositionsError(f"{look.file.name} cannot be written: {error.strerror or type(error).__name__}") from None
    return PositionsLook(look.file, text)


def _table(position: Position) -> str:
    rows = [f'symbol = "{position.symbol}"', f"quantity = {position.quantity}"]
    rows += [f"{name} = {value}" for name, value in _prices(position) if value is not None]
    return "\n[[position]]\n" + "".join(f"{row}\n" for row in rows)


def _prices(position: Position) -> tuple[tuple[str, str | None], ...]:
    cost = f"{position.average_cost:f}" if position.average_cost else None
    return ("average_cost", cost), ("stop", f"{position.stop:f}" if position.stop is not None else None)


def _changed(text: str, position: Position, name: str) -> str:
    import tomlkit  # noqa: PLC0415 a fifth of a second that only a change needs
    from tomlkit.exceptions import TOMLKitError  # noqa: PLC0415

    try:
        document = tomlkit.parse(text)
        tables: Any = document["position"]
        table = next(one for one in tables if _names(one, position.symbol))
        set_in(table, (), "quantity", position.quantity)
        for key, value in _prices(position):
            set_in(table, (), key, None if value is None else tomlkit.value(value))
        return tomlkit.dumps(document)
    except (TOMLKitError, StopIteration, ValueError, TypeError) as error:
        raise PositionsError(f"{name} cannot be changed here: edit it yourself ({type(error).__name__})") from None


def _names(table: Any, symbol: str) -> bool:
    try:
        return normalise_symbol(str(table["symbol"])) == symbol
    except (ValueError, KeyError):
        return False
