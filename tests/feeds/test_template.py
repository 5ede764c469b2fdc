"""The source to copy works as it stands: prints and quotes arrive, a break is a stated gap, a refused key is the end."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from websockets.sync.server import ServerConnection, serve

from orderflow_tui.core.model.events import Book, Gap, Print, TapeCovered
from orderflow_tui.feeds._template.feed import TemplateFeed
from orderflow_tui.feeds.feed import ApiFault, BadPayload, Batch, FeedEnded, FeedGap
from tests.feeds.collector import Collector

KEY = "a-template-key-0123456789"


@dataclass
class Config:
    """What the feed reads."""

    template_stream_url: str
    template_key: str = KEY


@contextmanager
def vendor(talk: Callable[[ServerConnection, list[str]], None]) -> Iterator[str]:
    """A server that asks for the key and then talks."""

    def handle(connection: ServerConnection) -> None:
        asked = json.loads(connection.recv())
        if asked["key"] != KEY:
            connection.send(json.dumps({"type": "refused", "reason": "unknown key"}))
            return
        connection.send(json.dumps({"type": "welcome"}))
        talk(connection, asked["symbols"])

    with serve(handle, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}"
        server.shutdown()
        thread.join()


@contextmanager
def running(url: str, key: str = KEY) -> Iterator[Collector]:
    got = Collector()
    feed = TemplateFeed(Config(url, key), pace=50.0)
    feed.start(["ACME"], got)
    try:
        yield got
    finally:
        feed.stop()
        assert feed.join(60)


def told(connection: ServerConnection, kind: str, **fields: Any) -> None:
    connection.send(json.dumps({"type": kind, **fields}))


def talk(connection: ServerConnection, symbols: list[str]) -> None:
    """A quote, a print, one that cannot be, a heartbeat, and the end."""
    for symbol in symbols:
        now = time.time_ns()
        told(connection, "quote", symbol=symbol, time_ns=now, bid=25.1, bid_size=300, ask=25.12, ask_size=200)
        told(connection, "trade", symbol=symbol, time_ns=now, price=25.1, size=100, id="1")
        told(connection, "trade", symbol=symbol, time_ns=now, price=-1.0, size=100, id="2")
        told(connection, "alive", time_ns=now)


def test_what_is_told_arrives_and_a_break_is_a_stated_gap() -> None:
    with vendor(talk) as url, running(url) as got:
        got.wait(ApiFault)
        got.wait(FeedGap)
        assert got.wait(BadPayload).code == "TAPE_PRICE"
        events = [event for batch in got.of(Batch, "ACME") for event in batch.events]
    assert [type(event) for event in events[:4]] == [Gap, Book, Print, TapeCovered]
    assert (events[2].price, events[2].size) == (251_000, 100)  # type: ignore[union-attr]
    assert KEY not in repr(got.messages)


def test_a_refused_key_is_the_end() -> None:
    with vendor(talk) as url, running(url, "another-key-0123456789") as got:
        assert got.wait(FeedEnded).exit_code == 1
        assert got.wait(ApiFault, lambda fault: fault.final).error_type == "401"


def test_a_frame_that_cannot_be_read_ends_the_connection_not_the_feed() -> None:
    with vendor(lambda connection, _: connection.send("[")) as url, running(url) as got:
        assert got.wait(ApiFault).error_type == "malformed"
        got.wait(FeedGap)
