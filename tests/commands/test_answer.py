"""An answer from the command line: through the engine, to every open recommendation of one symbol."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui import __version__
from orderflow_tui.cli import main
from orderflow_tui.core.model.data_models import TAKE_BACK, Answer
from orderflow_tui.core.model.units import NS
from tests.engine.kit import Engine, FakeEngine
from tests.tui.fake import recommendation

BAC = "BAC:exit:1"


class AnsweredBySymbol(FakeEngine):
    """Takes an answer for all that is open of a symbol, as the monitor does."""

    def answer_from(self, screen: str, recommendation_id: str, answer: Answer) -> None:
        if answer.kind == TAKE_BACK:
            self.answers.append((recommendation_id, answer))
            self.put(recommendations=(recommendation("BAC", recommendation_id=BAC),))
            return
        symbol = recommendation_id.removesuffix(":open")
        for card in self.recommendations():
            if card.symbol == symbol:
                super().answer_from(screen, card.recommendation_id, answer)
        self.ring()


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setattr("tests.engine.kit.FakeEngine", AnsweredBySymbol)
    monkeypatch.setattr("tests.engine.kit.VERSION", __version__)
    with tempfile.TemporaryDirectory() as name:  # pytest's own are too long for a socket
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        monkeypatch.setenv("XDG_CONFIG_HOME", name)
        monkeypatch.chdir(name)
        engine = Engine(Path(name))
        engine.monitor.put(recommendations=(recommendation("BAC", recommendation_id=BAC),))
        yield engine
        engine.close()


def answer(engine: Engine, *words: str) -> int:
    return main(["answer", *words, "--log-dir", str(engine.directory)])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("bac", "hold"), Answer("hold")),
        (("BAC", "sold", "--note", "news"), Answer("exited", note="news")),
        (("BAC", "trimmed", "500"), Answer("trimmed", shares=500)),
        (("BAC", "snooze"), Answer("snooze", minutes=5)),
        (("BAC", "snooze", "15"), Answer("snooze", minutes=15)),
    ],
)
def test_an_answer_reaches_the_engine_with_its_place(
    engine: Engine, words: tuple[str, ...], meant: Answer, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(engine, *words) == 0
    assert engine.monitor.answers == [(BAC, meant)]
    assert engine.monitor.answered_by == ["command line"]
    assert capsys.readouterr().out.startswith("BAC: ")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("BAC", "trimmed"), "needs the shares"),
        (("BAC", "snooze", "7"), "1, 5 or 15"),
        (("BAC", "hold", "3"), "takes no number"),
        (("KO", "hold"), "nothing of KO is open; open: BAC"),
        (("!!", "hold"), "is not a ticker"),
        (("BAC", "undo"), "no answer to BAC can be taken back; open: BAC"),
        (("BAC", "undo", "3"), "neither a number nor a note"),
    ],
)
def test_what_cannot_be_answered_is_refused(
    engine: Engine, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert answer(engine, *words) == 2
    said = capsys.readouterr().err
    assert says in said
    assert said.count("\n") == 1
    assert engine.monitor.answers == []


def test_the_last_answer_is_taken_back(engine: Engine, capsys: pytest.CaptureFixture[str]) -> None:
    engine.monitor.put(
        recommendations=(
            recommendation("BAC", recommendation_id="BAC:stop:1", status="held", answered_ns=1),
            recommendation("BAC", recommendation_id=BAC, status="exited", answered_ns=NS),
            recommendation("KO", recommendation_id="KO:exit:1", status="held", answered_ns=2 * NS),
        )
    )
    assert answer(engine, "bac", "undo") == 0
    assert engine.monitor.answers == [(BAC, Answer(TAKE_BACK))]
    assert capsys.readouterr().out.startswith("BAC: the last answer is taken back")
