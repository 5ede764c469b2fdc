"""What screens and engines may do wrong to each other: who does is let go or waits, and the others go on."""

from __future__ import annotations

import errno
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.engine import client, message_pace, server
from orderflow_tui.engine.message_pace import A_SECOND, AT_ONCE, MessagePace
from orderflow_tui.engine.protocol import PROTOCOL, Hello, RetrySymbol, encode, send
from tests.engine.kit import VERSION, Engine, until
from tests.tui.fake import recommendation, symbol_view


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(Path(name))
        yield engine
        engine.close()


def test_a_hand_never_waits_and_a_flood_comes_at_its_pace() -> None:
    pace = MessagePace()
    assert not any(pace.wait(press / 40) for press in range(1_000)), "a key held down"
    pace = MessagePace()
    waits = [pace.wait(5.0) for _ in range(AT_ONCE + 100)]
    assert not any(waits[:AT_ONCE])
    assert waits[-1] == pytest.approx(100 / A_SECOND)


def test_a_flood_of_one_screen_holds_up_neither_watch_nor_screens(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(message_pace, "A_SECOND", 1e-3)
    monkeypatch.setattr(message_pace, "AT_ONCE", 20)
    with engine.link() as link:
        send(link, Hello(PROTOCOL, VERSION, "flood", 10.0))
        until(lambda: engine.server.names)
        for _ in range(60):
            send(link, RetrySymbol("BAC"))
        until(lambda: engine.monitor.recovered)
        engine.screen("pts/2").recover("KO")
        until(lambda: "KO" in engine.monitor.recovered)
        assert engine.monitor.recovered.count("BAC") < 60


def test_a_hello_that_drips_is_let_go(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_HELLO_SECONDS", 0.1)
    hello = encode(Hello(PROTOCOL, VERSION, "x" * 500, 10.0))
    with engine.link() as link:
        link.sendall(len(hello).to_bytes(4, "big"))
        until(lambda: _is_let_go(link))
    assert not engine.server.names


def _is_let_go(link: socket.socket) -> bool:
    """Whether one byte more finds nobody; each comes long before a wait for a single one is over."""
    try:
        link.sendall(b"\x00")
        link.settimeout(0.005)
        return link.recv(1) == b""
    except TimeoutError:
        return False
    except OSError:
        return True


def test_screens_come_in_again_once_a_descriptor_is_free(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    accept = engine.server._door.accept
    failed: list[bool] = []

    def without_room() -> socket.socket:
        if not failed:
            failed.append(True)
            raise OSError(errno.EMFILE, "too many open files")
        return accept()

    monkeypatch.setattr(engine.server._door, "accept", without_room)
    assert engine.screen("pts/1").pid
    assert engine.screen("pts/2").pid
    assert failed


def test_a_key_waits_for_no_engine_that_reads_nothing(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_PATIENCE_SECONDS", 0.0)
    monkeypatch.setattr(message_pace, "A_SECOND", 1e-3)
    monkeypatch.setattr(message_pace, "AT_ONCE", 1)
    engine.monitor.put(symbol_view("BAC", "EXIT"), recommendations=(recommendation("BAC"),))
    screen = engine.screen()
    while screen._send(RetrySymbol("BAC")):
        pass
    screen.answer(screen.recommendations()[0].recommendation_id, Answer("hold"))
    assert screen.status().detail == "the engine does not respond: your answer was not recorded"
    assert not screen.gone
