"""What the simulated TWS is like, and what goes wrong with it when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from orderflow_tui.feeds.simulator.faults import FaultFileError
from orderflow_tui.support.bounded_file import read_bounded
from orderflow_tui.support.decoding import TomlError, parse_toml

Dialect = Literal["smart", "live", "paper"]
Kind = Literal[
    "drop", "close", "cut_frame", "mute", "restart", "id_taken", "competing", "book_reset", "book_halt", "lost",
    "back_lost", "back_kept", "farm_broken", "farm_back",
]  # fmt: skip
LIVE, DELAYED = 1, 3


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """A login and its settings.

    Attributes:
        books: Depth lines.
        tapes: Tick-by-tick lines; each kind of data of each symbol takes one.
        deep: Venues whose every level shows, None for all; the others show their best price only.
        delayed: The login has no market data subscription: quotes come 15 minutes late.
        lots: The box "Send market data in lots" is ticked: sizes are round lots.
        depth_error, ticks_error, quotes_error, past_error: Refuse such requests with this number; 0 for none.
        dialect: How changes of a book are told.
        split_seconds: Pause between two messages of one change of a book.
        version: What the server says it is.
        silent: Accepts connections and says nothing.
    """

    books: int = 3
    tapes: int = 5
    deep: tuple[str, ...] | None = None
    delayed: bool = False
    lots: bool = False
    depth_error: int = 0
    ticks_error: int = 0
    quotes_error: int = 0
    past_error: int = 0
    dialect: Dialect = "smart"
    split_seconds: float = 0.0
    version: int = 178
    silent: bool = False


class IbkrFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing that goes wrong.

    Attributes:
        kind: What.
        after: Seconds after the first connection is ready.
        seconds: How long `mute` and `restart` last.
        times: Connections that `id_taken` refuses.
    """

    kind: Kind
    after: Annotated[float, msgspec.Meta(ge=0, le=86_400)] = 0.0
    seconds: Annotated[float, msgspec.Meta(gt=0, le=600)] = 90.0
    times: Annotated[int, msgspec.Meta(ge=1, le=1_000)] = 1


class _File(msgspec.Struct, forbid_unknown_fields=True):
    fault: Annotated[list[IbkrFault], msgspec.Meta(max_length=1_000)]


def load_ibkr_faults(path: Path) -> list[IbkrFault]:
    """Read a TOML file of `[[fault]]` tables.

    Raises:
        FaultFileError: It cannot be read, or holds an unknown key or a value out of bounds.
    """
    try:
        return msgspec.convert(parse_toml(read_bounded(path).decode()), _File).fault
    except OSError as error:
        reason = error.strerror or type(error).__name__
    except (TomlError, UnicodeDecodeError, msgspec.ValidationError) as error:
        reason = " ".join(str(error).split())
    raise FaultFileError(f"{path}: {reason[:200]}")


IBKR_BAD_DAY: Final = (
    IbkrFault("id_taken", after=0, times=1),
    IbkrFault("book_reset", after=40),
    IbkrFault("cut_frame", after=70),
    IbkrFault("book_halt", after=100),
    IbkrFault("farm_broken", after=120),
    IbkrFault("farm_back", after=130),
    IbkrFault("lost", after=160),
    IbkrFault("back_lost", after=175),
    IbkrFault("mute", after=210, seconds=60),
    IbkrFault("competing", after=300),
    IbkrFault("restart", after=400, seconds=20),
)
"""The scenario `bad-day`: what a person should have seen once before it is real."""
