"""`init`: plain questions, everything checked, files written whole at the end."""

from __future__ import annotations

import builtins
import getpass
import os
import signal
import stat
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.commands import init, questions
from orderflow_tui.commands.init_sources import OFFERS, offer_lines
from orderflow_tui.config import secrets_file
from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import SOURCES, source_named
from orderflow_tui.positions import PositionManager
from tests.feeds.fake_polygon import FakePolygon

KEY = "typed-key-SECRET"
EXPORT = "Symbol,Quantity,Cost Basis Per Share\nBAC,1000,13.90\nKO,-200,61.20\n"

Type = Callable[..., list[str]]


@pytest.fixture(autouse=True)
def _alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in list(os.environ):
        if name.startswith(("ORDER_FLOW", "POLYGON", "MASSIVE", "APCA")):
            monkeypatch.delenv(name)
    monkeypatch.setattr(init, "refuse_without_terminal", lambda *_: None)


@pytest.fixture
def type_in(monkeypatch: pytest.MonkeyPatch) -> Type:
    """Answers in order; a Ctrl+C where an exception stands or the answers end. Returns the questions asked."""

    def types(*answers: str) -> list[str]:
        asked: list[str] = []
        left = list(answers)

        def answer(question: str = "") -> str:
            asked.append(question)
            if not left:
                raise KeyboardInterrupt
            return left.pop(0)

        monkeypatch.setattr(builtins, "input", answer)
        monkeypatch.setattr(getpass, "getpass", answer)
        return asked

    return types


@pytest.fixture
def host(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakePolygon]:
    with FakePolygon() as server:
        for symbol in ("BAC", "KO", "SPY"):
            quote = server.market.quote(symbol)["lastQuote"]
            server.market.nbbo[symbol] = {**quote, "T": symbol}
            server.market.trade(symbol)
        monkeypatch.setenv("ORDER_FLOW_POLYGON_BASE_URL", server.url)
        yield server


def files(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }  # fmt: skip


def test_from_nothing_to_a_started_watch(
    tmp_path: Path, host: FakePolygon, type_in: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    type_in("polygon", KEY, "1", "bac 1,000 @ 13.90 stop 13.50", "nonsense", "KO -200 61.20", "", "", "")
    started: list[bool] = []

    def start() -> int:
        started.append(True)
        return 0

    assert init.run_init(start) == 0
    out = capsys.readouterr()
    assert started
    assert KEY not in out.out + out.err
    loaded = load_config({})
    assert loaded.config.data_source == "polygon"
    assert loaded.config.polygon_api_key is not None
    assert loaded.config.polygon_api_key.get_secret_value() == KEY
    held = PositionManager(loaded.config.positions).get_active_positions()
    assert [(one.symbol, one.quantity, str(one.average_cost), one.stop and str(one.stop)) for one in held] == [
        ("BAC", 1000, "13.90", "13.50"),
        ("KO", -200, "61.20", None),
    ]
    written = files(tmp_path)
    assert sorted(written) == ["config/orderflow-tui/secrets.env", "orderflow.toml", "positions.toml"]
    assert [name for name, text in written.items() if KEY in text] == ["config/orderflow-tui/secrets.env"]
    for name in written:
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_leaving_at_any_question_writes_nothing(tmp_path: Path, host: FakePolygon, type_in: Type) -> None:
    answers = ("2", KEY, "1", "BAC 1000 13.90", "", "")
    for count in range(len(answers)):
        type_in(*answers[:count])
        assert init.run_init(lambda: 0) == 1
        assert files(tmp_path) == {}, f"after {count} answers"


def test_a_refused_key_is_said_and_asked_again(
    tmp_path: Path, host: FakePolygon, type_in: Type, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = {"error": "Unknown API Key wrong-key-0000"}
    host.script("/v1/marketstatus/now", lambda handler: handler.reply(401, refusal))
    type_in("2", "wrong-key-0000", "again", KEY, "1", "BAC 1000 13.90", "", "", "n")
    assert init.run_init(lambda: 0) == 0
    out = capsys.readouterr().out
    assert "FAIL" in out
    assert "wrong-key-0000" not in out
    assert KEY in (tmp_path / "config/orderflow-tui/secrets.env").read_text()


def test_files_that_are_there_are_kept_or_asked_about(tmp_path: Path, host: FakePolygon, type_in: Type) -> None:
    (tmp_path / "orderflow.toml").write_text('# mine\nprofile = "plan" # why\n')
    (tmp_path / "positions.toml").write_text('# mine\n[[position]]\nsymbol = "BAC"\nquantity = 5\naverage_cost = 1\n')
    before = (tmp_path / "positions.toml").read_text()
    type_in("2", KEY, "y", "y", "n")
    assert init.run_init(lambda: 0) == 0
    assert (tmp_path / "positions.toml").read_text() == before
    settings = (tmp_path / "orderflow.toml").read_text()
    assert '# mine\nprofile = "plan" # why\n' in settings
    assert 'data_source = "polygon"' in settings
    asked = type_in("2", "y", "n", "1", "KO 100 60", "", "n", "1", "KO 100 60", "", "y", "y", "n")
    assert init.run_init(lambda: 0) == 0
    assert any("lost" in question for question in asked)
    assert 'symbol = "KO"' in (tmp_path / "positions.toml").read_text()


def test_positions_of_an_export(tmp_path: Path, host: FakePolygon, type_in: Type) -> None:
    (tmp_path / "export.csv").write_text(EXPORT)
    type_in("2", KEY, "2", "no-such.csv", "2", "export.csv", "y", "y", "n")
    assert init.run_init(lambda: 0) == 0
    held = PositionManager("positions.toml").get_active_positions()
    assert [(one.symbol, one.quantity) for one in held] == [("BAC", 1000), ("KO", -200)]


def test_the_simulated_market_needs_no_key(
    tmp_path: Path, host: FakePolygon, type_in: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ORDER_FLOW_POLYGON_BASE_URL")
    asked = type_in("simulator", host.url, "1", "BAC 1000 13.90", "", "", "n")
    assert init.run_init(lambda: 0) == 0
    assert not any("not shown" in question for question in asked)
    assert load_config({}).config.polygon_base_url == host.url


def test_without_a_terminal_it_refuses_politely(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(init, "refuse_without_terminal", questions.refuse_without_terminal)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: PTH123, SIM115
    assert main(["init"]) == 2
    assert "needs a terminal" in capsys.readouterr().err
    sys.stdin.close()


def test_ctrl_c_while_files_are_written_waits(
    tmp_path: Path, host: FakePolygon, type_in: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = secrets_file.store_secrets

    def interrupted(*given: Any) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        real(*given)

    monkeypatch.setattr("orderflow_tui.commands.init_write.store_secrets", interrupted)
    type_in("2", KEY, "1", "BAC 1000 13.90", "", "", "n")
    before = signal.getsignal(signal.SIGINT)
    assert init.run_init(lambda: 0) == 0
    assert len(files(tmp_path)) == 3
    assert signal.getsignal(signal.SIGINT) == before


def test_every_source_of_a_trader_is_offered() -> None:
    offered = {offer.source for offer in OFFERS}
    assert offered == {source.name for source in SOURCES if source.feed}
    for offer in OFFERS:
        fields = {setting.field for setting in source_named(offer.source).settings}
        assert {field for field, _, _ in offer.asked} <= fields
    assert all(len(line) <= 80 for line in offer_lines(80))
