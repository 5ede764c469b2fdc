"""What is held, asked for: typed, from a broker's export, or from the broker itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from msgspec import Struct

from orderflow_tui.commands.questions import ask, ask_choice, ask_hidden, ask_yes, tell
from orderflow_tui.config.load import user_config_folder
from orderflow_tui.config.secrets import with_secrets
from orderflow_tui.config.values import BROKERS, nearest
from orderflow_tui.core.model.holder import Position
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.positions import PositionManager, PositionsError, source_of
from orderflow_tui.positions.csv_file import CsvPositions
from orderflow_tui.positions.edit import PositionsLook, file_of, look_at
from orderflow_tui.positions.typed import EXAMPLE, FORM, typed_position

FILE_NAME: Final = "positions.toml"
_BROKER_SECRETS: Final[Mapping[str, tuple[str, ...]]] = {
    "alpaca": ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
    "alpaca-paper": ("APCA_API_KEY_ID", "APCA_API_SECRET_KEY"),
    "robinhood": ("ROBINHOOD_USERNAME", "ROBINHOOD_PASSWORD"),
    "ibkr": (),
}


class PositionsWanted(Struct, frozen=True):
    """What is to be held.

    Attributes:
        look: The positions file as it stood when it was asked about.
        text: Its new content; None leaves it alone.
        settings: What `orderflow.toml` gets for it.
        secrets: What a broker needs, typed here.
        said: One line for the trader.
    """

    look: PositionsLook
    text: str | None = None
    settings: dict[str, str] = {}
    secrets: dict[str, str] = {}
    said: str = ""


def ask_positions(folder: Path, source: str, env: Mapping[str, str]) -> PositionsWanted:
    """Ask what is held.

    Args:
        folder: Where the positions file stands or will stand.
        source: The chosen source of market data.
        env: The environment with its secrets.

    Raises:
        CancelledError: The trader leaves.
        PositionsError: The file that is there cannot be used as it stands.
    """
    path = folder / FILE_NAME
    look = look_at(path)
    tell(["", "What do you hold?"])
    if look.text is not None:
        held = look.positions
        tell([f"{path} already has {len(held)} positions: {_names(held)}."])
        if ask_yes("Keep it as it is?", default=True):
            return PositionsWanted(look, settings={"positions": FILE_NAME}, said=f"{path}: kept as it is")
    while True:
        way = ask_choice("How?", (
            "type them here",
            "file: a CSV export of your broker",
            "broker: read them from your account (Alpaca, Interactive Brokers, Robinhood), never an order",
        ))  # fmt: skip
        wanted = _typed(look) if way == 1 else _exported(look) if way == 2 else _of_broker(look, source, env)
        if wanted is not None and _may_replace(look, wanted):
            return wanted


def _may_replace(look: PositionsLook, wanted: PositionsWanted) -> bool:
    if look.text is None or wanted.text is None:
        return True
    return ask_yes(f"{look.file.name} will be replaced: its positions are lost. Sure?", default=False)


def _typed(look: PositionsLook) -> PositionsWanted | None:
    tell([
        f"One a line: {FORM}, as in {EXAMPLE}. Negative shares are a short position.",
        "The same symbol again corrects it. An empty line ends.",
    ])  # fmt: skip
    found: dict[str, Position] = {}
    while line := ask(f"  {len(found) + 1}:"):
        try:
            position = typed_position(line)
        except PositionsError as refused:
            tell([f"     {refused}"])
            continue
        found[position.symbol] = position
        tell([f"     {_words(position)}"])
    held = [position for position in found.values() if position.quantity]
    if not held:
        tell(["Nothing was typed."])
        return None
    return _to_file(look, held)


def _exported(look: PositionsLook) -> PositionsWanted | None:
    name = ask("Path of the export:")
    if not name:
        return None
    try:
        holdings = CsvPositions(Path(name).expanduser()).read()
    except PositionsError as refused:
        tell([f"  {refused}"])
        return None
    tell([*(f"  {_words(position)}" for position in holdings.positions), *(f"  {n}" for n in holdings.notes)])
    if not holdings.positions or not ask_yes(f"Take these {len(holdings.positions)}?", default=True):
        return None
    return _to_file(look, holdings.positions)


def _of_broker(look: PositionsLook, source: str, env: Mapping[str, str]) -> PositionsWanted | None:
    proposal = source if source in BROKERS else BROKERS[0]
    broker = ask(f"Which ({', '.join(BROKERS)})?", proposal)
    if broker not in BROKERS:
        tell([f"  {broker} is not among them{nearest(broker, BROKERS)}"])
        return None
    known = {**with_secrets(env, user_config_folder), **env}
    secrets = {name: typed for name in _BROKER_SECRETS[broker] if not known.get(name) and (typed := ask_hidden(name))}
    tell([f"Asking {broker} ..."])
    try:
        manager = PositionManager(source_of(broker, {**known, **secrets}))
    except (PositionsError, DataValidationError) as refused:
        tell([f"  {refused}"])
        return None
    held = manager.get_active_positions()
    tell([*(f"  {_words(position)}" for position in held), *(f"  {note}" for note in manager.notes)])
    if not ask_yes(f"Watch these {len(held)}, read again every 15 s?", default=True):
        return None
    said = f"positions are read from {broker}; stops go into {look.file.name}"
    return PositionsWanted(look, settings={"positions": broker}, secrets=secrets, said=said)


def _to_file(look: PositionsLook, held: list[Position] | tuple[Position, ...]) -> PositionsWanted:
    said = f"{look.file.name}: {len(held)} positions: {_names(held)}"
    return PositionsWanted(look, file_of(held), {"positions": FILE_NAME}, said=said)


def _names(held: list[Position] | tuple[Position, ...]) -> str:
    return ", ".join(position.symbol for position in held) or "none"


def _words(position: Position) -> str:
    side = "long" if position.quantity > 0 else "short"
    cost = f" @ {position.average_cost}" if position.average_cost else ", no cost, so no P&L"
    stop = f", stop {position.stop}" if position.stop is not None else ", no stop"
    return f"{position.symbol} {side} {abs(position.quantity):,}{cost}{stop}"
