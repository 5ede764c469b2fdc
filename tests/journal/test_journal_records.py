from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import DecodeError

from orderflow_tui.core.model.data_models import Answer, ExitRecommendation
from orderflow_tui.core.model.outputs import (
    AlertRaised,
    AlertUpdated,
    AnswerTakenBack,
    ExitAnswered,
    ExitResolved,
    ExitTriggered,
    StopRaised,
)
from orderflow_tui.journal.make_records import (
    Journaled,
    answer_of,
    answer_record,
    core_bytes,
    recommendation_of,
    record_of,
)
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.journal.records import (
    HEADER,
    RECORDS,
    AnswerRecord,
    ApiErrorRecord,
    ExitRecord,
    RunStoppedRecord,
    TakenBackRecord,
    UnknownRecord,
    read_record,
    run_started,
)
from tests.journal.journal_tools import NOON, Clock, alert, records, writer

OPENED = datetime(2025, 10, 22, 14, 35, 20, 123456, tzinfo=UTC)
RECOMMENDATION = ExitRecommendation(
    recommendation_id="BAC:exit:1",
    symbol="BAC",
    reason="3 large sellers in 85 s: 6 prints, 45 shares",
    evidence=("one", "two"),
    episode_ids=("e1", "e2"),
    opened_utc=OPENED,
    quantity=1000,
    average_cost=Decimal("13.861"),
    bid=Decimal("13.8500"),
    pnl=Decimal("-11.00"),
    exit_cost=Decimal("2.5"),
    prints=6,
    shares=45,
)


K = TypeVar("K")


def read(record: dict[str, Any], kind: type[K]) -> K:
    found = read_record(json.dumps(record).encode())
    assert isinstance(found, kind)
    return found


def written(tmp_path: Path, output: Journaled) -> dict[str, Any]:
    journal = writer(tmp_path)
    journal.write(record_of(output), output.time_ns, 0)
    journal.close()
    return records(tmp_path)[-1]


def test_an_alert_carries_the_plans_fields_by_the_plans_names(tmp_path: Path) -> None:
    raised = alert(evidence="bid_wall_hit", counts=True, rank=2, text="Bid wall hit", details={"traded": 9100})
    record = written(tmp_path, AlertRaised(raised, NOON, 0, 0))
    assert record["event"] == "order_flow_alert"
    plan = ("symbol", "alert_type", "severity", "order_size", "price_level", "volume_ratio")
    assert [record[name] for name in plan] == ["BAC", "large_seller", "critical", 15_000, 150.25, None]
    more = ("evidence", "sell_ratio", "episode_id", "counts", "rank", "exit_eligible", "single_print")
    assert [record[name] for name in more] == ["bid_wall_hit", None, None, True, 2, False, False]
    assert [record[name] for name in ("against", "text", "late", "details")] == [
        "long",
        "Bid wall hit",
        False,
        {"traded": 9100},
    ]
    assert record["timestamp_utc"] == "2025-10-22T12:00:00.123456Z"
    assert written(tmp_path, AlertUpdated(raised, NOON, journal=True))["event"] == "order_flow.alert_updated"


def test_a_stop_alert(tmp_path: Path) -> None:
    record = written(tmp_path, StopRaised("BAC", "stop_crossed", NOON, 135_000, 134_900, "crossed"))
    assert record["event"] == "order_flow.stop_alert"
    assert (record["evidence"], record["severity"]) == ("stop_crossed", "critical")
    assert (record["stop"], record["price_level"], record["text"]) == (13.5, 13.49, "crossed")
    assert written(tmp_path, StopRaised("BAC", "stop_near", NOON, 1, 1, ""))["severity"] == "warning"


def test_a_recommendation_comes_back_as_it_was(tmp_path: Path) -> None:
    happened = int(OPENED.timestamp()) * 10**9 + 123_456_000
    record = written(tmp_path, ExitTriggered(RECOMMENDATION, "flow", happened, follows="BAC:exit:0"))
    assert record["event"] == "order_flow.exit_signal_triggered"
    assert (record["kind"], record["follows"]) == ("flow", "BAC:exit:0")
    assert recommendation_of(read(record, ExitRecord)) == RECOMMENDATION


@pytest.mark.parametrize(
    "answer",
    [
        Answer("exited"),
        Answer("trimmed", shares=300),
        Answer("hold", note='so "be" it'),
        Answer("snooze", minutes=5),
    ],
)
def test_an_answer_comes_back_as_it_was(tmp_path: Path, answer: Answer) -> None:
    record = written(tmp_path, ExitAnswered(RECOMMENDATION, answer, NOON, 138_500))
    assert record["event"] == "order_flow.exit_acknowledged"
    assert (record["recommendation_id"], record["symbol"], record["price"]) == ("BAC:exit:1", "BAC", 13.85)
    assert answer_of(read(record, AnswerRecord)) == (answer, 138_500)


def test_taking_an_answer_back_is_a_record_of_its_own(tmp_path: Path) -> None:
    answer = Answer("trimmed", shares=300, screen="pts/3")
    record = written(tmp_path, AnswerTakenBack(RECOMMENDATION, answer, NOON, 138_500))
    assert record["event"] == "order_flow.exit_answer_taken_back"
    known = read(record, TakenBackRecord)
    assert (known.recommendation_id, known.answer, known.shares) == ("BAC:exit:1", "trimmed", 300)
    assert (known.status, known.price, known.screen) == ("open", Decimal("13.85"), "pts/3")
    assert record_words(known) == "BAC answer taken back on pts/3: sold some 300"
    with pytest.raises(ValueError, match="a record of its own"):
        answer_record(RECOMMENDATION, Answer("take_back"), None)


def test_a_shorts_answer_price_keeps_the_cores_sign() -> None:
    short = ExitRecommendation("A:exit:1", "A", "r", (), (), OPENED, against="short")
    assert answer_of(answer_record(short, Answer("hold"), -138_500)) == (Answer("hold"), -138_500)
    assert answer_of(answer_record(short, Answer("hold"), None)) == (Answer("hold"), None)


def test_a_resolution(tmp_path: Path) -> None:
    record = written(tmp_path, ExitResolved(RECOMMENDATION, NOON, "position closed"))
    assert record["event"] == "order_flow.exit_resolved"
    assert (record["recommendation_id"], record["reason"]) == ("BAC:exit:1", "position closed")


def test_what_is_optional_is_left_out_and_what_is_not_known_is_null() -> None:
    assert list(ApiErrorRecord(error_type="429", detail="slow down").fields()) == [
        "error_type", "code", "symbol", "detail", "status", "endpoint",
    ]  # fmt: skip
    assert ApiErrorRecord(error_type="403", detail="", feature="quotes").fields()["feature"] == "quotes"
    assert ApiErrorRecord(error_type="429", detail="").fields()["symbol"] is None


def test_no_field_has_a_name_of_the_header() -> None:
    for event, kind in RECORDS.items():
        assert ("event", *kind.__struct_fields__)[: len(HEADER)] == HEADER, event
        assert HEADER[0] not in kind.__struct_fields__


def test_a_record_of_a_later_version_is_read_and_a_broken_one_refused() -> None:
    later = read_record(b'{"event":"order_flow.halted","symbol":"BAC","price":1}')
    assert isinstance(later, UnknownRecord)
    assert (later.event, later.symbol) == ("order_flow.halted", "BAC")
    for line in (b'{"event":"order_flow_alert","symbol":"BAC"}', b'{"event":3}', b"[]", b"{"):
        with pytest.raises(DecodeError):
            read_record(line)


def test_a_run_never_tells_its_key() -> None:
    started = run_started(version="1", host="h", symbols=["A"], settings={"profile": "plan"}, infer_sides=False)
    assert started.fields() == {
        "version": "1", "host": "h", "symbols": ["A"], "settings": {"profile": "plan"}, "infer_sides": False,
    }  # fmt: skip
    with pytest.raises(ValueError, match="no place in the journal"):
        run_started(version="1", host="h", symbols=[], settings={"polygon_api_key": "x"})
    stopped = RunStoppedRecord(reason="quit", exit_code=0, writes={"count": 3}, alerts=2)
    assert list(stopped.fields()) == ["reason", "exit_code", "writes", "alerts", "seconds", "max_rss_mb"]


def test_event_names_are_the_specifications() -> None:
    first, *others = RECORDS
    assert first == "order_flow_alert"
    assert all(name.startswith("order_flow.") for name in others)
    assert len(RECORDS) == 15


@given(late=st.integers(0, 10**12), run=st.text(st.characters(codec="ascii", categories=["L"]), min_size=1))
def test_core_bytes_forget_the_run_and_nothing_else(
    tmp_path_factory: pytest.TempPathFactory, late: int, run: str
) -> None:
    lines = []
    for run_id, shift, source, size in ((run, 0, "a", 15_000), (run + "2", late, "b", 15_000), (run, 0, "a", 15_001)):
        directory = tmp_path_factory.mktemp("journal")
        journal = writer(directory, run_id=run_id, data_source=source, clock=Clock(NOON + shift), mono=lambda: late)
        journal.write(record_of(AlertRaised(alert(order_size=size), NOON, 0, 0)), NOON, 0)
        journal.close()
        lines.append(core_bytes(records(directory)[0]))
    assert lines[0] == lines[1] != lines[2]
    forgotten = {"timestamp", "latency_ms", "run_id", "event_id", "data_source", "source_class"}
    assert forgotten.isdisjoint(json.loads(lines[0]))
    assert "timestamp_utc" in json.loads(lines[0])


def test_core_bytes_do_not_depend_on_the_order_of_keys() -> None:
    assert core_bytes({"b": 1, "a": {"d": 1, "c": 2}}) == core_bytes({"a": {"c": 2, "d": 1}, "b": 1, "run_id": "x"})
