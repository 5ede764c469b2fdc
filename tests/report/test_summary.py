"""The end of a day in a few lines: told, answered, what it came to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.commands.report import today
from orderflow_tui.journal import records as names
from orderflow_tui.report.summary import summary_lines
from tests.report.test_report import journal, line, outcome, report


def test_what_was_told_answered_and_what_it_came_to() -> None:
    asked: dict[str, Any] = {"symbol": "BAC", "quantity": 200, "exit_cost": 2.0}
    told = report(
        line(),
        line(names.EXIT_TRIGGERED, recommendation_id="a", **asked),
        line(names.EXIT_ACKNOWLEDGED, at="12:00:20", recommendation_id="a", symbol="BAC", answer="hold"),
        outcome("exit", of="flow", subject="a", mid=10.0, mid_15m=9.75),
        line(names.EXIT_TRIGGERED, at="12:30:00", recommendation_id="b", **asked),
    )
    assert summary_lines(told, "Wednesday 2025-10-22") == [
        "Wednesday 2025-10-22: 1 alert, 2 exit recommendations",
        "  your answers: kept 1, 1 still open",
        "  if you had sold at the signal, against 15 min later:",
        "    10-22 08:00 ET  BAC              200  kept after 20 s                  +$50",
        "  shares you kept: selling at once +$50 over 1, the book would have taken $2.00",
        "  1 outcome not known: a recommendation is judged 15 min after it",
        "  track record: too few here (1 of 100) to say whether exits beat chance",
    ]


def test_an_empty_day_says_so() -> None:
    assert summary_lines(report(), "today") == ["today: 0 alerts, 0 exit recommendations"]


@pytest.mark.parametrize(("span", "alerts"), [("--day", 1), ("--week", 2)])
def test_a_day_and_a_week_of_a_journal(
    span: str, alerts: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", str(journal(tmp_path)), span, "--until", "2025-10-23"]) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert f"{alerts} alert" in first
    assert "2025-10-23" in first


def test_who_quits_is_told_of_today_whatever_the_journal_holds(tmp_path: Path) -> None:
    said = today(journal(tmp_path))
    assert "0 alerts" in said[0]
    assert said[-1].startswith("more: orderflow-tui report ")
    assert "--day" in today(tmp_path / "nothing")[-1] or "0 alerts" in today(tmp_path / "nothing")[0]
