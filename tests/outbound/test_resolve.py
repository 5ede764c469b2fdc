"""A resolver that answers nothing holds up no exchange, and no end of the program."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator
from queue import Queue
from typing import Any

import httpx
import pytest

from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.feeds.databento import stream as databento_stream
from orderflow_tui.feeds.databento.feed import DatabentoFeed
from orderflow_tui.feeds.feed import ApiFault
from orderflow_tui.feeds.ibkr import connection as ibkr_connection
from orderflow_tui.feeds.ibkr.feed import IbkrFeed
from orderflow_tui.outbound import resolve
from orderflow_tui.outbound.http import Deadline, client_for
from orderflow_tui.outbound.resolve import addresses

HOST = "host.invalid"
TCP = (socket.AF_INET, socket.SOCK_STREAM, 6, "")


class Silent:
    """A resolver that answers when a test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.answers = threading.Event()

    def __call__(self, *_: Any, **__: Any) -> list[tuple[Any, ...]]:
        self.asked += 1
        assert self.answers.wait(10)
        return [(*TCP, ("192.0.2.1", 0)), (*TCP, ("192.0.2.1", 0))]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Silent]:
    resolver = Silent()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    yield resolver
    resolver.answers.set()
    assert addresses(HOST, 10)
    for thread in threading.enumerate():
        if thread.name == "resolver":
            thread.join(10)  # its question is no longer open for the next test


def test_the_deadline_of_an_exchange_covers_the_name_of_the_host(silent: Silent) -> None:
    deadline = Deadline()
    with (
        client_for(f"http://{HOST}", {}, deadline=deadline, seconds=5.0) as client,
        deadline.within(0.05),
        pytest.raises(httpx.ConnectTimeout),
    ):
        client.get(f"http://{HOST}/")
    assert not silent.answers.is_set()


def test_one_question_a_host_is_open_however_many_ask(silent: Silent) -> None:
    for _ in range(20):
        with pytest.raises(TimeoutError):
            addresses(HOST, 0.001)
    assert silent.asked == 1
    silent.answers.set()
    assert addresses(HOST, 10) == ["192.0.2.1"]


def test_a_host_that_is_not_there_is_said_in_the_systems_words(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", none)
    deadline = Deadline()
    with (
        client_for(f"http://{HOST}", {}, deadline=deadline, seconds=5.0) as client,
        pytest.raises(httpx.ConnectError, match="Name or service not known"),
    ):
        client.get(f"http://{HOST}/")


@pytest.mark.parametrize("name", ["a" * 300, "\udc80", "x" * 64 + ".invalid"])
def test_what_is_no_host_name_is_an_error_of_the_network(name: str) -> None:
    with pytest.raises(OSError, match=r".*"):
        addresses(name, 10)


def test_an_address_is_asked_of_nobody(silent: Silent) -> None:
    assert addresses("127.0.0.1", 0) == ["127.0.0.1"]
    assert addresses("::1", None) == ["::1"]
    assert silent.asked == 0


def test_the_second_address_is_tried_where_the_first_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        real, found = socket.getaddrinfo, [(*TCP, ("127.0.0.2", 0)), (*TCP, ("127.0.0.1", 0))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda host, *a, **k: found if host == HOST else real(host, *a, **k))
        deadline = Deadline()
        with client_for(f"http://{HOST}", {}, deadline=deadline, seconds=5.0) as client, deadline.within(0.3):
            with pytest.raises(httpx.ReadTimeout):
                client.get(f"http://{HOST}:{port}/")
            server.settimeout(5)
            server.accept()[0].close()


def test_a_loop_that_looks_a_name_up_ends_at_once(silent: Silent) -> None:
    """Its own way is a pool of threads that its end, and the interpreter's, wait for."""

    async def connect() -> None:
        async with asyncio.timeout(0.05):
            await asyncio.open_connection(HOST, 80)

    with pytest.raises(TimeoutError):
        resolve.run(connect())
    assert not silent.answers.is_set()


def test_a_loop_that_asks_again_and_again_opens_one_question(silent: Silent) -> None:
    async def connect() -> None:
        for _ in range(5):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.01):
                    await asyncio.open_connection(HOST, 80)

    resolve.run(connect())
    assert silent.asked == 1


def test_no_thread_to_ask_with_is_an_error_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def none_left(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", none_left)
        with pytest.raises(OSError, match="can't start new thread"):
            addresses(HOST, 10)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(*TCP, ("192.0.2.1", 0))])
    assert addresses(HOST, 10) == ["192.0.2.1"]


def _ibkr(put: Any) -> Any:
    feed = IbkrFeed(OrderFlowConfig(data_source="ibkr", ibkr_host=HOST))
    feed.start(("BAC",), put)
    return feed


def _databento(put: Any) -> Any:
    feed = DatabentoFeed(
        OrderFlowConfig(data_source="databento", databento_api_key="db-x", databento_gateway=f"{HOST}:1")
    )
    feed.start(("BAC",), put)
    return feed


@pytest.mark.parametrize("start", [_ibkr, _databento])
def test_a_source_whose_host_cannot_be_looked_up_says_so_and_ends(
    silent: Silent, monkeypatch: pytest.MonkeyPatch, start: Any
) -> None:
    for module in (ibkr_connection, databento_stream):
        monkeypatch.setattr(module, "CONNECT_SECONDS", 0.05)
    said: Queue[Any] = Queue()
    feed = start(said.put)
    while not isinstance(fault := said.get(timeout=10), ApiFault):
        pass
    assert fault.error_type == "timeout"
    feed.stop()
    assert feed.join(5)
    assert not silent.answers.is_set()


def test_a_loop_connects_to_what_the_resolver_says(monkeypatch: pytest.MonkeyPatch) -> None:
    async def connect(port: int) -> None:
        _, writer = await asyncio.open_connection("localhost", port, family=socket.AF_INET)
        writer.close()
        monkeypatch.setattr(socket, "getaddrinfo", refuse)
        with pytest.raises(socket.gaierror):
            await asyncio.open_connection(HOST, port)

    def refuse(*_: Any, **__: Any) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    with socket.create_server(("127.0.0.1", 0)) as server:
        resolve.run(connect(server.getsockname()[1]))
