"""One event has one severity: in the feed, the state and the plain lines."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.outputs import StopRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.journal.make_records import alert_record
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import GapRecord, Record, ResumedRecord, SymbolStatusRecord
from orderflow_tui.monitor.alert_lines import AlertLines
from orderflow_tui.monitor.status_lines import status_line
from orderflow_tui.monitor.watched_symbol import alert_line, stop_line
from tests.journal.journal_tools import NOON, alert


@pytest.mark.parametrize("evidence", [rule.evidence for rule in CATALOGUE])
@pytest.mark.parametrize("severity", ["warning", "critical"])
@pytest.mark.parametrize("counts", [False, True])
def test_an_alert(evidence: str, severity: str, counts: bool) -> None:
    raised = alert(evidence=evidence, severity=severity, counts=counts, text="what happened")
    shown = alert_line(raised).severity
    record = alert_record(raised)
    assert shown == (severity if counts else "info")
    assert record_words(record).startswith(f"{raised.symbol} {shown} {evidence}")


@pytest.mark.parametrize(
    ("record", "severity", "words"),
    [
        (
            GapRecord(symbol="BAC", reason="no fresh data", channel="age", holding=500),
            "critical",
            "BLIND: no fresh data",
        ),
        (GapRecord(symbol="BAC", reason="no fresh data", channel="age", holding=0), "warning", "BLIND: no fresh data"),
        (ResumedRecord(symbol="BAC"), "info", "data is back"),
        (SymbolStatusRecord(symbol="BAC", status="halted", reason="LUDP"), "critical", "HALTED: LUDP"),
        (SymbolStatusRecord(symbol="BAC", status="resumed", reason="T3"), "info", "trades again: T3"),
    ],
)
def test_halts_and_blindness_stand_on_the_feed_in_the_words_they_have_everywhere(
    record: Record, severity: str, words: str
) -> None:
    line = status_line(record, NOON)
    assert line is not None
    assert (line.symbol, line.severity, line.text) == ("BAC", severity, words)
    assert record_words(record) == f"BAC {words}"


def test_what_is_no_news_of_a_standing_is_no_line() -> None:
    assert status_line(SymbolStatusRecord(symbol="BAC", status="shows", reason=""), NOON) is None


def test_a_near_stop_that_repeats_is_one_line_with_a_count_and_a_stop_that_is_hit_is_another() -> None:
    lines = AlertLines(50)
    near = StopRaised("BAC", "stop_near", NOON, 177_200, 177_600, "Near stop: bid 17.76, 4c above 17.72")
    for seconds in (0, 15, 30, 45):
        lines.put(stop_line(replace(near, time_ns=NOON + seconds * NS), lines))
    lines.put(stop_line(replace(near, kind="stop_crossed", time_ns=NOON + 50 * NS, text="STOP HIT"), lines))
    lines.put(stop_line(replace(near, time_ns=NOON + 400 * NS), lines))
    assert [line.text for line in lines] == [near.text, "STOP HIT", f"{near.text}, 4 times"]
    assert [line.severity for line in lines] == ["warning", "critical", "warning"]
