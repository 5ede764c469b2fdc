"""What an engine and its screens say to each other: messages with their length before them, in msgpack.

A screen gets the newest state and only what changed in it; states it was too slow for are skipped, alerts and
recommendations never. Nothing that arrives is evaluated: it is one of these structs or the connection ends.
"""

from __future__ import annotations

import socket
import sys
import time
from binascii import crc32
from collections.abc import Iterator
from functools import cache
from types import GenericAlias
from typing import Final, Literal, get_args, get_origin

import msgspec
from msgspec import Struct

from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RecommendationView, StatusView, SymbolView

MOST_FROM_SCREEN: Final = 64_000
"""Bytes of a message of a screen."""
MOST_FROM_ENGINE: Final = 64_000_000
_LENGTH_BYTES: Final = 4
SettingValue = bool | int | float | str | None


class Hello(Struct, frozen=True, tag="hello"):
    """A screen's first message.

    Attributes:
        protocol: Its `PROTOCOL`.
        version: Its program's version.
        screen: What it is called, such as its terminal's name.
        fps: States a second it wants at most; 0 asks for one state, and is no screen.
    """

    protocol: int
    version: str
    screen: str
    fps: float


class GiveAnswer(Struct, frozen=True, tag="answer"):
    """The trader answered a recommendation."""

    recommendation_id: str
    answer: Answer


class RetrySymbol(Struct, frozen=True, tag="retry"):
    """Try a BLIND symbol again now."""

    symbol: str


class SetOwnOrders(Struct, frozen=True, tag="own_orders"):
    """These orders in the symbol's book are the holder's."""

    symbol: str
    orders: tuple[WorkingOrder, ...]


class ShowDetail(Struct, frozen=True, tag="detail"):
    """The screen shows this symbol's detail; empty for none."""

    symbol: str


class TellSetting(Struct, frozen=True, tag="setting"):
    """A setting that this screen has changed, for the other screens; None where its line was taken out."""

    name: str
    value: SettingValue


class EndEngine(Struct, frozen=True, tag="end"):
    """End the watch."""

    reason: str


class KeepWatching(Struct, frozen=True, tag="keep"):
    """The watch goes on when the last screen has left, whatever the setting says."""


class Welcome(Struct, frozen=True, tag="welcome"):
    """The engine's first message.

    Attributes:
        version: The engine's program's version.
        directory: Its journal's, absolute: the screen reads the history there.
        pid: Its process.
    """

    version: str
    directory: str
    pid: int


class Refused(Struct, frozen=True, tag="refused"):
    """Why the engine will not talk to this screen, in one line that says what to do."""

    reason: str


class State(Struct, frozen=True, tag="state", omit_defaults=True):
    """The newest state, as far as this screen does not have it.

    Attributes:
        version: Grows with every publication.
        status: The status line.
        symbols: Every symbol, in order.
        views: Those that changed.
        lines: Alert lines that are new or changed, newest first.
        all_lines: Whether `lines` replaces all there were.
        line_count: How many lines there are.
        cards: Every recommendation.
        detail: Of the symbol asked for; None where it did not change.
        rule_records: How each rule has done, where that changed.
        news: An alert, a recommendation or a blindness is in it.
        screens: Who looks.
        settings: What other screens have changed since the last state.
        answers: What was answered on other screens since then, in words.
    """

    version: int
    status: StatusView
    symbols: tuple[str, ...]
    views: tuple[SymbolView, ...] = ()
    lines: tuple[AlertLine, ...] = ()
    all_lines: bool = False
    line_count: int = 0
    cards: tuple[RecommendationView, ...] = ()
    detail: DetailView | None = None
    rule_records: dict[str, str] = {}
    news: bool = False
    screens: tuple[str, ...] = ()
    settings: dict[str, SettingValue] = {}
    answers: tuple[str, ...] = ()


FromScreen = Hello | GiveAnswer | RetrySymbol | SetOwnOrders | ShowDetail | TellSetting | EndEngine | KeepWatching
FromEngine = Welcome | Refused | State


def forms() -> dict[str, str]:
    """The form of whatever may be in a message: fields and their types, and the words of each set of words."""
    found: dict[str, str] = {}
    modules = ["orderflow_tui.views.frozen_views", __name__]
    for module in modules:  # grows while it is walked
        for name, value in vars(sys.modules[module]).items():
            if get_origin(value) is Literal:
                found[name] = repr(get_args(value))
            elif isinstance(value, GenericAlias):
                found[name] = repr(value)
            elif isinstance(value, type) and (hasattr(value, "__struct_fields__") or hasattr(value, "__match_args__")):
                found[value.__name__] = repr(dict(_fields(value)))
                if value.__module__ not in modules and value.__module__.startswith("orderflow_tui."):
                    modules.append(value.__module__)
    return found


def _fields(kind: type) -> Iterator[tuple[str, str]]:
    """Of a message, a view or a dataclass: their types as they are written."""
    yield from ((name, str(words)) for name, words in vars(kind).get("__annotations__", {}).items())


PROTOCOL: Final = crc32(repr(sorted(forms().items())).encode())
"""Another whenever a message or a view has another form: nobody has to think of it."""

encode: Final = msgspec.msgpack.Encoder().encode


class WireError(ValueError):
    """Bytes that are no message."""


@cache  # no start waits for the forms of messages that have not come
def _from_screen() -> msgspec.msgpack.Decoder[FromScreen]:
    return msgspec.msgpack.Decoder(FromScreen)


@cache
def _from_engine() -> msgspec.msgpack.Decoder[FromEngine]:
    return msgspec.msgpack.Decoder(FromEngine)


def decode_from_screen(message: bytes) -> FromScreen:
    """A screen's message. Raises MsgspecError where it is none."""
    return _from_screen().decode(message)


def decode_from_engine(message: bytes) -> FromEngine:
    """An engine's message. Raises MsgspecError where it is none."""
    return _from_engine().decode(message)


def send(link: socket.socket, message: FromScreen | FromEngine) -> None:
    """Write one message.

    Raises:
        OSError: The other end is gone, or did not take it in the socket's time.
    """
    body = encode(message)
    link.sendall(len(body).to_bytes(_LENGTH_BYTES, "big") + body)


def receive(link: socket.socket, most: int, *, until: float | None = None) -> bytes:
    """Read one message's bytes; empty where the other end has closed.

    Args:
        link: The connection.
        most: Bytes it may have.
        until: When it must be here as a whole, by `time.monotonic`; None for no such end.

    Raises:
        WireError: It is longer than `most`.
        OSError: The other end is gone, or said nothing in the socket's time, or not all until then.
    """
    head = exactly(link, _LENGTH_BYTES, until=until)
    if not head:
        return b""
    length = int.from_bytes(head, "big")
    if not 0 < length <= most:
        raise WireError(f"a message of {length:,} bytes")
    return exactly(link, length, until=until)


def exactly(link: socket.socket, count: int, *, until: float | None = None) -> bytes:
    """So many bytes; empty where the other end closes before. Raises OSError as `receive`."""
    parts = bytearray()
    while len(parts) < count:
        if until is not None:
            if (left := until - time.monotonic()) <= 0:
                raise TimeoutError
            link.settimeout(left)
        piece = link.recv(min(count - len(parts), 1 << 20))
        if not piece:
            return b""
        parts += piece
    return bytes(parts)
