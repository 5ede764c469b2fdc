"""A journal written before records were structs (made-up data, every record once): read, resumed, reported as it was."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.units import NS
from orderflow_tui.journal.encode import body
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.make_records import answer_of, recommendation_of
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.journal.records import RECORDS, OutcomeRecord, Record, read_record
from orderflow_tui.report.figures import figures
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.tally import Tally
from tests.journal.journal_tools import NOON

BEFORE = Path(__file__).with_name("written_before.jsonl")
LINES = BEFORE.read_bytes().splitlines()


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    shutil.copyfile(BEFORE, tmp_path / "2025-10-22.jsonl")
    (tmp_path / "source_class").write_text("simulated\n")
    return tmp_path


def test_every_record_is_there() -> None:
    assert {json.loads(line)["event"] for line in LINES} <= set(RECORDS)


@pytest.mark.parametrize("line", LINES)
def test_a_record_is_written_again_byte_for_byte(line: bytes) -> None:
    record = read_record(line)
    assert isinstance(record, Record)
    assert line.endswith(b'"source_class":"simulated",' + body(record.fields()))
    held = json.loads(line)
    assert [held[name] for name in ("event", "event_id", "timestamp_utc")] == [
        record.event, record.event_id, record.timestamp_utc,
    ]  # fmt: skip


def test_what_it_left_open_is_taken_up(journal: Path) -> None:
    found = journaled_recommendations(journal, "simulated", now_ns=NOON + 86_400 * NS)
    assert [(one.record.recommendation_id, one.resolved) for one in found] == [
        ("BAC:exit:1", True), ("BAC:exit:2", False), ("NIO:exit:3", False), ("AIG:exit:4", True),
    ]  # fmt: skip
    snoozed, short = found[1], found[2]
    assert snoozed.answer is not None
    assert answer_of(snoozed.answer) == (Answer("snooze", minutes=5), 138_400)
    assert (short.record.kind, short.answer) == ("stop", None)
    assert (recommendation_of(short.record).quantity, recommendation_of(short.record).against) == (-500, "short")


def test_it_is_reported(journal: Path) -> None:
    tally = Tally()
    add_journal(tally, journal, None)
    said = figures(tally)
    assert (said["records"], said["unreadable_lines"]) == (len(LINES), 0)
    assert said["errors"] == {"429": 1, "404": 1, "validation": 1}
    assert said["runs"]["max_rss_mb"] == 64.7
    assert said["blind"]["connection_silent_seconds"] == 45.0
    assert said["recommendations"]["answers"] == {"hold": 1, "snooze": 1, "none: it ended by itself": 1}


def test_the_history_shows_it(journal: Path) -> None:
    store = HistoryStore(journal)
    store.load(100)
    rows = [store[index] for index in range(len(store))]
    assert [row.event for row in reversed(rows)] == [json.loads(line)["event"] for line in LINES]
    assert {row.answer for row in rows if row.recommendation_id == "BAC:exit:2"} == {"snoozed 5 min"}
    store.close()


def test_an_outcome_of_the_first_version_is_read_and_counts_for_no_rule(journal: Path) -> None:
    first = {
        "event": "order_flow.alert_outcome", "timestamp_utc": "2025-10-22T15:00:00.000000Z", "symbol": "BAC",
        "of": "alert", "subject": "x", "evidence": "sell_print", "severity": "critical", "counts": True,
        "exit_eligible": False, "against": "long", "alert_utc": "2025-10-22T14:45:00.000000Z", "spread": 0.01,
        "usual_range": None, "mid": 13.85, "mid_1m": None, "mid_5m": None, "mid_15m": None, "worst_5m": None,
        "fell": True, "success": None, "random": [], "price_only": None, "truncated": False, "gap": False,
    }  # fmt: skip
    record = read_record(json.dumps(first).encode())
    assert isinstance(record, OutcomeRecord)
    assert (record.fell, record.from_utc) == (True, "")
    with (journal / "2025-10-22.jsonl").open("a") as file:
        file.write(f"{json.dumps(first)}\n")
    tally = Tally()
    add_journal(tally, journal, None)
    assert (tally.old_clock, "sell_print" in tally.rules) == (1, False)
