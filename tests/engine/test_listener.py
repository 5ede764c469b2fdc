"""Where a system has no Unix sockets a screen comes by a loopback port, behind a secret that is never sent."""

from __future__ import annotations

import errno
import os
import secrets
import socket
import stat
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from orderflow_tui.commands import attach
from orderflow_tui.commands.attach import look_at
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.engine import client
from orderflow_tui.engine.listener import EngineListener, address, connect
from orderflow_tui.engine.protocol import MOST_FROM_ENGINE, PROTOCOL, Hello, receive, send
from orderflow_tui.engine.runtime_folder import EngineError, place_of, running_places
from tests.engine.kit import VERSION, Engine, until
from tests.tui.fake import recommendation, symbol_view


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(Path(name), loopback=True)
        yield engine
        engine.close()


def test_a_screen_comes_by_a_port_of_this_machine_alone(engine: Engine) -> None:
    item = recommendation("BAC")
    engine.monitor.put(symbol_view("BAC", "EXIT"), recommendations=(item,))
    screen = engine.screen()
    assert screen.views() == engine.monitor.views()
    screen.answer(item.recommendation_id, Answer("hold"))
    until(lambda: engine.monitor.answered_by == ["pts/1"])
    assert stat.S_IMODE(engine.place.socket.stat().st_mode) == 0o600
    assert running_places(engine.env) == [engine.place]
    with engine.link() as link:
        assert link.getpeername()[0] == "127.0.0.1"
    engine.close()
    assert not engine.place.socket.exists()
    with pytest.raises(EngineError, match="no engine is running here"):
        engine.link()


def stranger(engine: Engine) -> socket.socket:
    port, _ = address(engine.place.socket.read_bytes())
    link = socket.create_connection(("127.0.0.1", port), timeout=60.0)
    link.sendall(bytes(16))
    return link


def test_who_does_not_know_the_secret_is_no_screen(engine: Engine) -> None:
    _, secret = address(engine.place.socket.read_bytes())
    with stranger(engine) as link:
        said = link.recv(48)
        assert len(said) == 48
        assert secret not in said
        link.sendall(said[:32])  # what the engine proves with proves nothing to it
        send(link, Hello(PROTOCOL, VERSION, "stranger", 10.0))
        assert _ended(link)
    assert not engine.server.names
    assert not engine.monitor.screen_counts


def _ended(link: socket.socket) -> bool:
    try:
        return link.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("loopback", [False, True])
def test_a_closed_door_lets_go_of_whoever_waits_at_it(loopback: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        engine = Engine(Path(name), loopback=loopback)
        (waiting,) = (one for one in threading.enumerate() if getattr(one, "_target", None) == engine.server._accept)
        engine.close()
        waiting.join(60)
        assert not waiting.is_alive()


@pytest.mark.parametrize("loopback", [False, True])
def test_a_place_that_cannot_be_taken_leaves_no_socket(loopback: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    usual = socket.socket

    def kept(family: int, kind: int) -> socket.socket:
        made.append(usual(family, kind))
        return made[-1]

    def full(_path: Path, _data: bytes) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with tempfile.TemporaryDirectory() as name:
        place = place_of(Path(name) / "journal", {"XDG_RUNTIME_DIR": name})
        place = replace(place, socket=Path(name) / "gone" / "s")
        monkeypatch.setattr("orderflow_tui.engine.listener.socket.socket", kept)
        monkeypatch.setattr("orderflow_tui.engine.listener.replace_file", full)
        with pytest.raises(OSError, match=r"No such file|No space left"):
            EngineListener(place, backlog=1, loopback=loopback)
    assert [one.fileno() for one in made] == [-1]


def test_a_screen_that_comes_in_while_the_engine_closes_is_let_go(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    greet = engine.server._greet

    def closing(link: socket.socket) -> object:
        screen = greet(link)
        engine.close()
        return screen

    monkeypatch.setattr(engine.server, "_greet", closing)
    with engine.link() as link:
        send(link, Hello(PROTOCOL, VERSION, "pts/1", 10.0))
        link.settimeout(60.0)
        receive(link, MOST_FROM_ENGINE)  # it is welcomed
        assert _ended(link)


def test_who_says_nothing_does_not_keep_others_out(engine: Engine) -> None:
    silent = [stranger(engine) for _ in range(40)]
    for link in silent:
        link.close()
    until(lambda: _comes_in(engine))  # once the engine has seen that they are gone


def _comes_in(engine: Engine) -> bool:
    try:
        return bool(engine.screen().pid)
    except EngineError:
        return False


def test_a_screen_does_not_believe_who_took_the_engines_port(engine: Engine) -> None:
    with socket.socket() as impostor:
        impostor.bind(("127.0.0.1", 0))
        impostor.listen()
        engine.place.socket.write_text(f"{impostor.getsockname()[1]} {secrets.token_hex(32)}\n")

        def answer() -> None:
            link, _ = impostor.accept()
            link.recv(16)
            link.sendall(bytes(48))
            link.close()

        threading.Thread(target=answer, daemon=True).start()
        with pytest.raises(EngineError, match="another program listens where the engine was"):
            connect(engine.place)


@pytest.mark.parametrize(
    "content", [b"", b"80", b"0 " + b"ab" * 32, b"99999 " + b"ab" * 32, b"80 zz", b"\xff\xfe 1", b"-5 " + b"ab" * 32]
)
def test_a_damaged_address_is_said(content: bytes) -> None:
    with pytest.raises(EngineError, match="is damaged"):
        address(content)


def test_an_engine_that_hangs_is_named_with_what_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_START_SECONDS", 0.01)
    with tempfile.TemporaryDirectory() as name, socket.socket(socket.AF_UNIX) as hung:
        place = place_of(Path(name) / "journal", {"XDG_RUNTIME_DIR": name})
        hung.bind(str(place.socket))
        hung.listen()
        with pytest.raises(EngineError, match=rf"\(process {os.getpid()}\) does not answer.*`kill -9 {os.getpid()}`"):
            look_at(place, fps=0)
        monkeypatch.setattr(attach, "process_of", lambda _: 0)  # a system that does not say
        with pytest.raises(EngineError, match=r"does not answer.*end its process"):
            look_at(place, fps=0)
