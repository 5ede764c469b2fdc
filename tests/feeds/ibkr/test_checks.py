"""What doctor says of TWS."""

from __future__ import annotations

import socket

from orderflow_tui.config.load import load_config
from orderflow_tui.feeds.ibkr.checks import SourceChecks
from orderflow_tui.support.findings import Finding
from tests.feeds.ibkr.serving import served


def found(port: int, *symbols: str) -> dict[str, Finding]:
    config = load_config({"data_source": "ibkr", "ibkr_port": port}, env={}, files=False).config
    return {one.name: one for one in SourceChecks(config, symbols, try_stream=False).findings()}


def test_a_login_with_everything_is_told() -> None:
    with served(("ACME", "BOLT")) as host:
        said = found(host.port, "ACME", "BOLT")
    assert "read only; up to 3 books and 5 tick-by-tick" in said["TWS"].said
    assert said["quotes"].state == "ok"
    assert "IBKR smart, 10 levels" in said["ACME"].said


def test_what_is_missing_is_told() -> None:
    with served(("ACME",), lots=True) as host:
        said = found(host.port, "ACME", "NOPE")
    assert said["ACME"].state == said["NOPE"].state == "warn"
    assert "untick" in said["ACME"].said
    with served(("ACME",), depth_error=354, ticks_error=10189) as host:
        said = found(host.port, "ACME")
    assert "354" in said["depth"].said
    assert "10189" in said["tick by tick"].said


def test_nobody_there_is_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said = found(port, "ACME")
    assert list(said) == ["TWS"]
    assert "start it, log in, enable its API" in said["TWS"].said
