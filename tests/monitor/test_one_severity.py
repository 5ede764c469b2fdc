"""One event has one severity: feed, history, plain lines, sentences, notifications and report agree."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Literal

import pytest
from msgspec.structs import replace

from orderflow_tui.commands.plain import Sentences
from orderflow_tui.config.notify import LEVELS
from orderflow_tui.core.model.outputs import ExitResolved, StopRaised
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.journal import records
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.make_records import alert_record, exit_record, resolved_record, stop_record
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import AlertRecord, GapRecord, Record, ResumedRecord, SymbolStatusRecord
from orderflow_tui.journal.severity import severity_of
from orderflow_tui.monitor.alert_lines import AlertLines
from orderflow_tui.monitor.status_lines import status_line
from orderflow_tui.monitor.watched_symbol import alert_line, stop_line, unanswered_line
from orderflow_tui.notify.message import level_of, message_of
from orderflow_tui.report.tally import Tally
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.feed_rows import alert_row
from orderflow_tui.tui.rows.history_rows import history_row
from orderflow_tui.tui.state.history_filter import FilteredRows, HistoryFilter
from orderflow_tui.views.frozen_views import AlertLine
from tests.journal.journal_tools import NOON, alert, made, writer
from tests.journal.test_journal_records import RECOMMENDATION
from tests.tui.fake import status

FEED_MARKS = {"critical": "!!", "warning": "!", "info": "info"}
HISTORY_MARKS = {"critical": "!!", "warning": "! ", "info": "i "}


def stop(kind: Literal["stop_near", "stop_crossed"]) -> tuple[AlertLine, Record]:
    raised = StopRaised("BAC", kind, NOON, 177_200, 177_600, "what happened")
    return stop_line(raised), stop_record(raised)


def standing(record: Record) -> tuple[AlertLine, Record]:
    line = status_line(record, NOON)
    assert line is not None
    return line, record


def unanswered() -> tuple[AlertLine, Record]:
    ended = ExitResolved(dataclasses.replace(RECOMMENDATION, status="unanswered"), NOON, "the session is over")
    return unanswered_line(ended), resolved_record(ended)


def events() -> Iterator[tuple[str, str, tuple[AlertLine, Record]]]:
    """`(name, severity, line of the feed and record)` of every kind of event that the feed holds."""
    for rule, severity, counts in product(CATALOGUE, ("warning", "critical"), (False, True)):
        raised = alert(evidence=rule.evidence, severity=severity, counts=counts, text="what happened")
        shown = severity if counts else "info"
        yield f"{rule.evidence}-{severity}-{shown}", shown, (alert_line(raised), alert_record(raised))
    eligible = alert(evidence="red_burst", counts=False, exit_eligible=True, text="what happened")
    yield "eligible", "critical", (alert_line(eligible), alert_record(eligible))
    yield "near stop", "warning", stop("stop_near")
    yield "stop hit", "critical", stop("stop_crossed")
    held = GapRecord(symbol="BAC", reason="no fresh data", channel="age", holding=500)
    yield "blind, held", "critical", standing(held)
    yield "blind", "warning", standing(replace(held, holding=0))
    yield "connection", "critical", standing(replace(held, symbol=None, holding=None))
    yield "seen again", "info", standing(ResumedRecord(symbol="BAC"))
    yield "halt", "critical", standing(SymbolStatusRecord(symbol="BAC", status="halted", reason="LUDP"))
    yield "resumption", "info", standing(SymbolStatusRecord(symbol="BAC", status="resumed", reason="T3"))
    yield "unanswered", "info", unanswered()


EVENTS = {name: (severity, event) for name, severity, event in events()}


@pytest.mark.parametrize("name", EVENTS)
def test_every_surface_says_the_same_of_an_event(name: str) -> None:
    severity, (line, record) = EVENTS[name]
    assert line.severity == severity
    assert alert_row(line, Zone(), 120).spans[2].text.strip() == FEED_MARKS[severity]
    assert record_words(record).split()[1] == severity
    (said,) = Sentences().look(status(), [], [line], [])[1:]
    assert said.startswith(f"{line.symbol}, {severity}: ")
    message = message_of(record, NOON)
    assert message is not None
    assert message.body == record_words(record)
    acts = isinstance(record, GapRecord) and record.holding
    assert message.level == (LEVELS["exit"] if acts else LEVELS[severity])


def test_history_and_report_say_it_too(tmp_path: Path) -> None:
    journal, counted = writer(tmp_path), Counter[tuple[str, str]]()
    for severity, (_, record) in EVENTS.values():
        journal.write(record, NOON, 0)
        if isinstance(record, AlertRecord):
            counted[record.evidence or "", severity] += 1
    journal.close()
    store, tally = HistoryStore(tmp_path), Tally()
    store.load(1_000)
    rows = [store[index] for index in range(len(store) - 1, -1, -1)]
    for row, (name, (severity, _)) in zip(rows, EVENTS.items(), strict=True):
        assert row.severity == severity, name
        assert history_row(row, Zone(), 120, cursor=False).spans[5].text == f"{HISTORY_MARKS[severity]} "
    tally.take(next(tmp_path.glob("*.jsonl")).read_bytes().splitlines())
    assert tally.kinds.by_evidence == counted
    for severity in FEED_MARKS:
        found = FilteredRows(store, HistoryFilter(severity=severity), Zone())
        while not found.complete:
            found.scan(0.01)
        assert len(found) == sum(severity == one for one, _ in EVENTS.values())


def test_what_asks_to_act_is_above_every_severity() -> None:
    for record in (
        exit_record(RECOMMENDATION),
        made(records.API_ERROR, error_type="401"),
        made(records.RUN_STOPPED, exit_code=1),
    ):
        assert (severity_of(record), level_of(record)) == ("critical", LEVELS["exit"])


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
