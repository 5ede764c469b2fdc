"""The report: right counts on a journal the real writer wrote, honest words where nothing is known."""

from __future__ import annotations

import csv
import gzip
import json
import os
import pickle
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow_tui.cli import main
from orderflow_tui.journal import records as names
from orderflow_tui.journal.make_records import alert_record, exit_record
from orderflow_tui.journal.records import ApiErrorRecord
from orderflow_tui.report.figures import Figures, figures
from orderflow_tui.report.parallel import add_journal
from orderflow_tui.report.tally import Tally
from orderflow_tui.report.text import report_lines
from orderflow_tui.track_record.evidence_kinds import KINDS as KINDS_OF_EVIDENCE
from orderflow_tui.track_record.track_record import TrackRecord
from tests.journal.journal_tools import DAY_NS, NOON, Clock, alert, whole, writer
from tests.journal.test_journal_records import RECOMMENDATION


def line(event: str = names.ALERT, day: str = "2025-10-22", at: str = "12:00:00", **fields: Any) -> bytes:
    record = whole(event, **{"timestamp_utc": f"{day}T{at}.000000Z", "latency_ms": 1.0, **fields})
    return json.dumps(record, separators=(",", ":")).encode()


def report(*lines: bytes, **only: Any) -> Figures:
    tally = Tally(**only)
    tally.take(lines)
    return figures(tally)


def journal(folder: Path) -> Path:
    """Two days by the real writer, the first packed."""
    clock = Clock()
    with_clock = writer(folder, clock=clock)
    with_clock.write(alert_record(alert()), NOON, 0)
    with_clock.write(ApiErrorRecord(error_type="429", detail="slow down"), NOON, 0)
    clock.now = NOON + DAY_NS
    with_clock.write(alert_record(alert(symbol="NIO", counts=True)), clock.now, 0)
    with_clock.write(exit_record(RECOMMENDATION), clock.now, 0)
    with_clock.close(1.0)
    first = folder / "2025-10-22.jsonl"
    packed = gzip.compress(first.read_bytes())
    first.unlink()
    (folder / "2025-10-22.jsonl.gz").write_bytes(packed)
    return folder


def test_a_journal_of_two_days_one_of_them_packed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(journal(tmp_path)), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["records"] == 4
    assert said["alerts"]["by_day"] == {"2025-10-22": 1, "2025-10-23": 1}
    assert said["alerts"]["by_symbol"] == {"BAC": 1, "NIO": 1}
    assert said["errors"] == {"429": 1}
    assert said["recommendations"]["total"] == said["recommendations"]["unanswered"] == 1
    assert main(["report", str(tmp_path), "--json", "--since", "2025-10-23", "--symbol", "NIO"]) == 0
    assert json.loads(capsys.readouterr().out)["alerts"]["by_symbol"] == {"NIO": 1}


def test_kinds_latency_and_late_alerts() -> None:
    said = report(
        *(line(evidence="bid_wall", severity="warning", symbol="BAC", latency_ms=number) for number in range(100)),
        line(evidence="red_burst", severity="critical", symbol="BAC", latency_ms=20_000.0, late=True, counts=True),
        line(evidence="red_burst", severity="critical", symbol="BAC", latency_ms=11_000.0, exit_eligible=True),
    )
    assert said["alerts"]["by_kind"] == [
        {"evidence": "bid_wall", "severity": "info", "alerts": 100},
        {"evidence": "red_burst", "severity": "critical", "alerts": 2},
    ]
    assert said["alerts"]["late"] == 1
    latency = said["latency_ms"]
    assert latency["alerts"] == 101
    assert 49 <= latency["p50"] <= 57
    assert 94 <= latency["p95"] <= 107
    assert (latency["max"], latency["over_10_s"]) == (11_000.0, 1)
    assert [row["verdict"] for row in said["verdicts"]] == ["met", "MISSED", *["not known"] * 3]


KINDS = [
    ("red_burst", "thin_bid", "better than chance"),
    ("red_burst", "moved", "not above chance"),
    ("ask_wall", "", "better than chance"),
    ("sell_print", "", "not above chance"),
    ("block", "", "not above chance"),
    ("slow_bleed", "", "not known"),
    ("thin_exit", "", "not known"),
]


@pytest.mark.parametrize(("evidence", "basis", "verdict"), KINDS)
def test_each_kind_of_alert_says_what_it_was_worth(evidence: str, basis: str, verdict: str, tmp_path: Path) -> None:
    """By its own word, though the plan's type says large seller, and with the verdict of the detail screen."""
    told = line(
        alert_type="large_seller", evidence=evidence, severity="warning", profile="guarded", details={"basis": basis}
    )
    said = report(told)
    (row,) = said["alerts"]["by_worth"].values()
    name = f"{evidence}:{basis}" if basis else evidence
    assert (row["kind"], row["verdict"], row["alerts"]) == (name, verdict, 1)
    shown = TrackRecord(tmp_path, "guarded").words(evidence, basis)
    assert (verdict in shown) == (verdict != "not known")
    (text,) = [text for text in report_lines(said, 80) if text.startswith(f"  {name} ")]
    assert f" 1 {verdict} " in text


def test_a_recommendation_says_what_its_card_says(tmp_path: Path) -> None:
    def asked(basis: str, **fields: Any) -> bytes:
        fields = {"kind": "flow", "profile": "guarded", "details": {"basis": basis}, **fields}
        return line(names.EXIT_TRIGGERED, **fields)

    said = report(asked("thin_bid"), asked("moved"), asked("no_such"), asked("thin_bid", kind="stop"))
    record = TrackRecord(tmp_path, "guarded")
    rows = {row["words"]: row for row in said["recommendations"]["by_worth"].values()}
    assert len(rows) == 3
    for basis in ("thin_bid", "moved"):
        card, weight = record.kind(basis)
        row = rows[KINDS_OF_EVIDENCE[basis].words]
        assert (f"{row['words']}, {row['worth']}", row["weight"]) == (card, weight)
    assert rows["evidence of no kind"]["weight"] == "calm"
    lines = report_lines(said, 80)
    at = lines.index("      1 EXIT? burst before the price moved, on a thin bid")
    assert "better than chance" in lines[at + 1]
    plan = report(asked("thin_bid", profile="plan"), asked("thin_bid"))
    assert "      1 EXIT? burst before the price moved, on a thin bid (plan)" in report_lines(plan, 80)


def test_a_kind_that_is_worse_than_chance_here_is_a_note() -> None:
    falls = [outcome(basis="thin_bid", fell=number < 10) for number in range(120)]
    told = line(names.EXIT_TRIGGERED, kind="flow", details={"basis": "thin_bid"}, profile="guarded")
    (row,) = report(told, *falls)["recommendations"]["by_worth"].values()
    assert (row["asked"], row["weight"], row["verdict"]) == ("NOTE", "note", "worse than chance")
    assert row["worth"].startswith("120 here, worse than chance: -")


def test_answers_and_how_fast_they_came() -> None:
    said = report(
        line(names.EXIT_TRIGGERED, recommendation_id="a", symbol="BAC"),
        line(names.EXIT_ACKNOWLEDGED, at="12:00:30", recommendation_id="a", answer="hold", symbol="BAC"),
        line(names.EXIT_TRIGGERED, recommendation_id="b", symbol="NIO"),
        line(names.EXIT_RESOLVED, recommendation_id="b", symbol="NIO"),
        line(names.EXIT_TRIGGERED, recommendation_id="c", symbol="NIO"),
        line(names.EXIT_ACKNOWLEDGED, recommendation_id="unknown", answer="exited", symbol="NIO"),
    )["recommendations"]
    assert said["answers"] == {"hold": 1, "none: it ended by itself": 1, "exited": 1}
    assert said["unanswered"] == 1
    assert said["seconds_to_answer"]["p50"] == 30.0
    assert said["by_symbol"] == {"NIO": 2, "BAC": 1}


def test_an_answer_that_was_taken_back_counts_as_none() -> None:
    said = report(
        line(names.EXIT_TRIGGERED, recommendation_id="a", symbol="BAC"),
        line(names.EXIT_ACKNOWLEDGED, at="12:00:30", recommendation_id="a", answer="exited", symbol="BAC"),
        line(
            names.ANSWER_TAKEN_BACK, at="12:00:34", recommendation_id="a", answer="exited", symbol="BAC", status="open"
        ),
        line(names.ANSWER_TAKEN_BACK, recommendation_id="gone", answer="hold", symbol="BAC", status="resolved"),
    )["recommendations"]
    assert (said["answers"], said["unanswered"]) == ({}, 1)


def test_counted_alerts_an_hour_need_a_run_that_ended() -> None:
    alerts = [line(symbol="BAC", counts=True) for _ in range(20)]
    assert report(*alerts)["alerts"]["counted_an_hour"] is None
    said = report(line(names.RUN_STARTED), *alerts, line(names.RUN_STOPPED, seconds=7_200.0, exit_code=1))
    assert said["alerts"]["counted_an_hour"] == {"BAC": 10.0}
    assert said["runs"] == {
        "started": 1, "ended": 1, "failed": 1, "without_an_end": 0, "hours": 2.0, "max_rss_mb": None,
    }  # fmt: skip


def seller(at: str, price: float, **fields: Any) -> bytes:
    fields = {"symbol": "BAC", "evidence": "sell_print", "against": "long", "counts": True, **fields}
    return line(at=at, alert_type="large_seller", price_level=price, **fields)


def test_acts_are_one_a_side_and_price_in_thirty_seconds_and_offers_one_in_two_minutes() -> None:
    said = report(
        seller("12:00:00", 10.0),
        seller("12:00:30", 10.0, evidence="bid_wall_hit"),  # the same act
        seller("12:00:31", 10.0),
        seller("12:00:32", 10.01),
        seller("12:00:33", 10.5, evidence="ask_wall"),
        seller("12:01:33", 10.6, evidence="ask_wall"),  # offers count once
        seller("12:00:34", 10.0, symbol="NIO"),
        seller("12:00:35", 10.0, symbol="T", late=True),
        seller("12:00:35", 10.0, symbol="T", counts=False),
        line(names.RUN_STOPPED, seconds=1_800.0),
    )
    assert said["alerts"]["acts_an_hour"] == {"BAC": 8.0, "NIO": 2.0}
    assert verdict_on(said, "signals")["verdict"] == "met"


def test_far_more_acts_than_six_an_hour_are_named() -> None:
    acts = [seller(f"12:{minute:02}:00", 10.0) for minute in range(13)]
    row = verdict_on(report(*acts, line(names.RUN_STOPPED, seconds=3_600.0)), "signals")
    assert row["verdict"] == "MISSED"
    assert "too many: BAC 13.0" in row["figures"]


def verdict_on(said: Figures, word: str) -> dict[str, str]:
    rows: list[dict[str, str]] = [row for row in said["verdicts"] if word in row["target"]]
    assert len(rows) == 1
    return rows[0]


def test_blind_times_and_silences() -> None:
    said = report(
        line(names.MONITORING_GAP, symbol="BAC", channel="book"),
        line(names.MONITORING_RESUMED, at="12:01:30", symbol="BAC"),
        line(names.MONITORING_GAP, at="13:00:00", symbol="NIO", channel="age"),
        line(names.MONITORING_GAP, symbol=None, from_utc="2025-10-22T12:00:00Z", to_utc="2025-10-22T12:00:45Z"),
    )
    assert said["blind"] == {
        "times": 2, "seconds": 90, "by_symbol": {"BAC": 1, "NIO": 1}, "connection_silences": 1,
        "connection_silent_seconds": 45.0,
    }  # fmt: skip
    lines = report_lines(said, 80)
    assert "NO TRUSTED DATA 2 times, 1.5 min until seen again: BAC 1, NIO 1" in lines
    assert "the connection was silent 1 time, 0.8 min in all" in lines


def test_halts_pauses_and_splits_have_rows_of_their_own() -> None:
    def status(kind: str, symbol: str, at: str) -> bytes:
        return line(names.SYMBOL_STATUS, at=at, symbol=symbol, status=kind, reason="x")

    said = report(
        status("halted", "BAC", "12:00:00"),
        status("resumed", "BAC", "12:05:00"),
        status("halted", "NIO", "12:06:00"),
        status("pause", "IBM", "12:10:00"),
        status("split", "IBM", "13:10:00"),
        status("shows", "IBM", "13:10:00"),
    )
    assert said["statuses"]["halted_seconds"] == 300
    assert said["statuses"]["by_status"]["halted"] == {"times": 2, "by_symbol": {"BAC": 1, "NIO": 1}}
    lines = report_lines(said, 80)
    assert "HALTED 2 times, 5.0 min until resumed: BAC 1, NIO 1" in lines
    assert "PAUSED, unannounced, 1 time: IBM 1" in lines
    assert "SPLIT 1 time: IBM 1" in lines


def outcome(evidence: str = "red_burst", *, fell: bool | None = True, **fields: Any) -> bytes:
    around, alike = {"seconds": 40, "fell": 20, "hits": 20}, {"seconds": 20, "fell": 0, "hits": None}
    begin = {"alert_utc": "2025-10-22T14:01:02.5Z", "from_utc": "2025-10-22T14:01:03Z"}
    fields = {"around": around, "alike": alike, "fell_1s": fell, "fell_5s": None, "success": None, **begin, **fields}
    return line(names.ALERT_OUTCOME, evidence=evidence, fell=fell, symbol="BAC", **fields)


def test_what_followed_stands_beside_its_controls() -> None:
    said = report(*(outcome(fell=number < 70) for number in range(100)), outcome(fell=None, truncated=True))["outcomes"]
    assert (said["total"], said["truncated"]) == (100, 1)
    rule = said["by_rule"]["red_burst"]
    assert rule["outcomes"] == 100
    assert rule["fell"] == {"value": 0.7, "low": 0.6042, "high": 0.7811}
    assert rule["false_positives"]["value"] == 0.3
    assert rule["random_fell"]["value"] == 0.5
    assert rule["price_only_fell"]["value"] == 0.0
    assert rule["lift_on_random"]["value"] == 0.2
    assert rule["lift_on_random"]["low"] > 0
    assert rule["lift_on_random_1s_later"]["value"] == 0.2
    assert rule["lift_on_random_5s_later"] is None
    assert rule["success"] is None
    lines = report_lines(report(outcome(basis="still")), 80)
    assert any(text.split()[:2] == ["red_burst:still", "1"] for text in lines)


def test_outcomes_that_began_with_their_own_print_are_left_out_and_counted() -> None:
    said = report(outcome(), outcome(from_utc=""))
    assert (said["outcomes"]["total"], said["outcomes"]["by_the_old_clock"]) == (1, 1)
    assert "  1 of an earlier version left out: they began too early" in report_lines(said, 80)


def test_hits_stand_beside_the_hits_of_the_controls() -> None:
    alike = {"seconds": 20, "fell": 20, "hits": 0}
    hits = [outcome(success=number < 60, alike=alike) for number in range(120)]
    said = report(*hits, outcome(success=None))
    rule = said["outcomes"]["by_rule"]["red_burst"]
    assert (rule["outcomes"], rule["judged"], rule["success"]["value"]) == (121, 120, 0.5)
    assert rule["random_success"]["value"] == 0.5
    assert rule["success_lift_on_random"]["value"] == 0.0
    assert rule["success_lift_on_price_only"]["low"] > 0.4
    lines = report_lines(said, 80)
    at = next(number for number, text in enumerate(lines) if "hits: fell" in text)
    assert lines[at + 2].split()[:4] == ["red_burst", "120", "50%", "(41%"]


def test_an_outcome_told_twice_counts_once() -> None:
    twice = [outcome(subject="a"), outcome(subject="b"), outcome(subject="a", truncated=True)]
    assert report(*twice)["outcomes"]["total"] == 2
    assert report(*(outcome(subject=str(number)) for number in range(2_500)))["outcomes"]["total"] == 2_500


@pytest.mark.parametrize(("fell", "verdict"), [(30, "MISSED"), (97, "met"), (78, "not known")])
def test_the_kill_switch_is_judged_where_the_interval_lies_on_one_side(fell: int, verdict: str) -> None:
    said = report(*(outcome(fell=number < fell) for number in range(100)), outcome("exit", fell=False))
    (row,) = [row for row in said["verdicts"] if "false positives" in row["target"]]
    assert row["verdict"] == verdict
    assert "after the seconds around them" in row["figures"]
    assert "most rules lie near 50%" in row["figures"]


def test_the_regret_ledger() -> None:
    def asked(
        name: str, quantity: int, answer: str, mid: float | None, later: float | None, **said: Any
    ) -> list[bytes]:
        lines = [line(names.EXIT_TRIGGERED, recommendation_id=name, symbol="BAC", quantity=quantity, exit_cost=2.0)]
        if answer == "closed":
            end = {"symbol": "BAC", "reason": "position closed"}
            lines.append(line(names.EXIT_RESOLVED, at="12:01:00", recommendation_id=name, **end))
        elif answer:
            said = {"symbol": "BAC", "answer": answer, **said}
            lines.append(line(names.EXIT_ACKNOWLEDGED, at="12:00:20", recommendation_id=name, **said))
        return [*lines, outcome("exit", of="flow", subject=name, mid=mid, mid_15m=later)]

    told = report(
        *asked("a", 100, "exited", 10.0, 9.0),
        *asked("b", 100, "trimmed", 10.0, 10.5, shares=40),
        *asked("c", 200, "hold", 10.0, 9.75),
        *asked("d", -100, "", 10.0, 10.25),
        *asked("e", 100, "snooze", None, None),
        *asked("f", 100, "closed", 10.0, 9.9),
    )
    said = told["ledger"]
    assert said["followed"] == {
        "recommendations": 3, "known": 3, "leaving_at_once_gained_dollars": 90.0, "of_them_gained": 2,
        "exit_cost_dollars": 4.8,
    }  # fmt: skip
    assert said["not_followed"] == {
        "recommendations": 4, "known": 3, "leaving_at_once_gained_dollars": 45.0, "of_them_gained": 2,
        "exit_cost_dollars": 5.2,
    }  # fmt: skip
    assert said["moves_over_5_percent"] == 1
    assert said["newest"][0] == {
        "opened_utc": "2025-10-22T12:00:00.000000Z", "symbol": "BAC", "quantity": 100, "answer": "exited",
        "seconds_to_answer": 20.0, "leaving_at_once_gained_dollars": 100.0, "exit_cost_dollars": 2.0,
    }  # fmt: skip
    assert [entry["answer"] for entry in said["newest"]] == [
        "exited", "trimmed", "hold", "none", "snooze", "position closed",
    ]  # fmt: skip
    lines = report_lines(told, 80)
    assert lines[next(n for n, text in enumerate(lines) if "newest first" in text) + 1].split() == [
        "2025-10-22", "08:00", "ET", "BAC", "100", "position", "closed", "60", "s", "+$10",
    ]  # fmt: skip
    sold = next(text for text in lines if text.startswith("  shares you sold"))
    assert " ".join(sold.split()) == "shares you sold 3, 3 known +$90, 2 gained; exit cost $4.80"


def test_recommendations_without_outcomes_cost_little_memory() -> None:
    tally = Tally()
    tally.take(line(names.EXIT_TRIGGERED, recommendation_id=str(number), quantity=1) for number in range(5_000))
    tally.take([outcome("exit", subject="4999", mid=10.0, mid_15m=9.0)])
    assert figures(tally)["ledger"]["not_followed"]["known"] == 1
    assert len(tally._asked) <= 2_000


def test_what_cannot_be_read_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = line(symbol="BAC") + b"\n"
    (tmp_path / "2025-10-22.jsonl").write_bytes(good + b"{torn\n" + good + b"\x00\n")
    (tmp_path / "2025-10-23.jsonl.gz").write_bytes(gzip.compress(good * 1_000)[:-20])
    assert main(["report", str(tmp_path), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["unreadable_lines"] == 3
    assert [row["at"] for row in said["unreadable_at"]] == [
        f"2025-10-22.jsonl at byte {len(good)}",
        f"2025-10-22.jsonl at byte {2 * len(good) + 6:,}",
        "2025-10-23.jsonl.gz: damaged, read as far as it goes",
    ]
    assert main(["report", str(tmp_path)]) == 0
    assert "3 lines could not be read and are left out" in capsys.readouterr().out


def test_memory_is_judged_against_a_bare_screen() -> None:
    said = report(line(names.RUN_STOPPED, max_rss_mb=120.0), line(names.RUN_STOPPED, max_rss_mb=80.0))
    (row,) = [row for row in said["verdicts"] if "MB" in row["target"]]
    assert (row["verdict"], said["runs"]["max_rss_mb"]) == ("MISSED", 120.0)


def test_the_page_needs_nothing_else_and_takes_no_markup_from_the_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "<script>alert(1)</script>"
    lines = [line(symbol=hostile, evidence=hostile, severity="<b>"), outcome(hostile), line(error_type=hostile)]
    (tmp_path / "2025-10-22.jsonl").write_bytes(b"".join(one + b"\n" for one in lines))
    page = tmp_path / "page.html"
    assert main(["report", str(tmp_path), "--html", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert "http" not in text.replace("http://www.w3.org/2000/svg", "")
    assert text.count("<svg") >= 4
    assert main(["report", str(tmp_path), "--html", str(tmp_path / "no" / "page.html")]) == 2
    assert "--html" in capsys.readouterr().err


def test_days_and_symbols_are_left_out() -> None:
    lines = [line(day=f"2025-10-{day}", symbol=symbol) for day in (21, 22, 23) for symbol in ("BAC", "NIO")]
    said = report(*lines, line(names.API_ERROR, error_type="5xx", symbol=None), since=date(2025, 10, 22), symbol="BAC")
    assert said["alerts"]["by_day"] == {"2025-10-22": 1, "2025-10-23": 1}
    assert said["errors"] == {"5xx": 1}
    assert report(*lines, until=date(2025, 10, 21))["alerts"]["total"] == 2


@given(st.lists(st.binary(max_size=80), max_size=20))
def test_any_lines_are_counted_or_left_out(lines: list[bytes]) -> None:
    said = report(line(symbol="BAC"), *lines)
    assert said["alerts"]["total"] >= 1
    assert said["records"] + said["unreadable_lines"] <= len(lines) + 1
    assert report_lines(said, 80)


@pytest.mark.parametrize("width", [10, 60, 80, 200])
def test_text_fits_the_width_and_holds_no_control_characters(width: int) -> None:
    hostile = "\x1b]52;c\x07" + "[/]" * 40
    said = report(
        line(symbol=hostile, evidence=hostile, severity=hostile),
        line(day="2025-10-23", symbol="BAC", evidence="bid_wall", severity="warning"),
        *(line(symbol=f"S{number}") for number in range(40)),
    )
    lines = report_lines(said, width)
    assert all(text.isprintable() for text in lines)
    assert max(len(text) for text in lines) <= max(width, 100)
    assert any(text.startswith("  and ") for text in lines)


@pytest.mark.parametrize("form", [[], ["--csv"], ["--json"]])
def test_nothing_in_a_journal_reaches_the_terminal_as_a_command(
    form: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hostile = "\x1b]0;x\x07\x1b[2J\r\n\x9b31m\u202e"
    content = line(symbol=hostile, evidence=hostile, severity=hostile)
    (tmp_path / "2025-10-22.jsonl").write_bytes(content + b"\n")
    assert main(["report", str(tmp_path), *form]) == 0
    assert capsys.readouterr().out.replace("\n", "").isprintable()


def test_csv_is_safe_in_a_spreadsheet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "2025-10-22.jsonl").write_bytes(line(names.API_ERROR, error_type="=1+1") + b"\n")
    assert main(["report", str(tmp_path), "--csv"]) == 0
    cells = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert ["records", "1"] in cells
    assert not any(cell.startswith(("=", "+", "@")) for row in cells for cell in row)


def test_without_a_directory_it_is_the_journal_of_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for written, folder in (
        ('data_source = "simulator"\npolygon_base_url = "http://127.0.0.1:1"\n', "logs/demo"),
        ("no_such_setting = 1\n", "logs/order_flow"),
    ):
        (tmp_path / "orderflow.toml").write_text(written)
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "2025-10-22.jsonl").write_bytes(line(names.API_ERROR, error_type="404") + b"\n")
        assert main(["report", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["records"] == 1
        (tmp_path / folder / "2025-10-22.jsonl").unlink()


def test_a_directory_without_a_journal_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", str(tmp_path / "nowhere")]) == 2
    assert "holds no journal" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        main(["report", "--since", "yesterday"])
    assert ended.value.code == 2


def test_neither_help_nor_report_loads_what_takes_long(tmp_path: Path) -> None:
    (tmp_path / "2025-10-22.jsonl").write_bytes(line(symbol="BAC") + b"\n")
    script = (
        "import sys\nfrom orderflow_tui.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'textual', 'httpx', 'polygon'} & set(sys.modules)\nassert not heavy, heavy\n"
    )
    for arguments in (["report", str(tmp_path)], ["--help"], ["report", "--help"]):
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments], capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stderr


@st.composite
def days(draw: st.DrawFn) -> list[list[bytes]]:
    """Records of a few days in which recommendations are answered, and outcomes told again, across midnights."""
    ids = st.sampled_from(["BAC:exit:1", "BAC:exit:2", "BAC:wall:3"])
    kinds = st.one_of(
        st.builds(lambda i: (names.EXIT_TRIGGERED, {"recommendation_id": i, "quantity": 100, "exit_cost": 3.0}), ids),
        st.builds(lambda i: (names.EXIT_ACKNOWLEDGED, {"recommendation_id": i, "answer": "hold"}), ids),
        st.builds(lambda i: (names.EXIT_RESOLVED, {"recommendation_id": i, "reason": "position closed"}), ids),
        st.builds(
            lambda i, of, fell: (
                names.ALERT_OUTCOME,
                {
                    "subject": i,
                    "of": of,
                    "evidence": "exit",
                    "fell": fell,
                    "success": fell,
                    "mid": 10.0,
                    "mid_15m": 9.9,
                },
            ),
            ids,
            st.sampled_from(["alert", "flow"]),
            st.booleans(),
        ),
        st.builds(lambda counts: (names.ALERT, {"counts": counts, "price_level": 10.0}), st.booleans()),
        st.builds(lambda: (names.MONITORING_GAP, {})),
        st.builds(lambda: (names.MONITORING_RESUMED, {})),
        st.builds(lambda: (names.API_ERROR, {"error_type": "429"})),
        st.builds(lambda: (names.RUN_STOPPED, {"seconds": 60.0, "max_rss_mb": 50.0})),
    )
    found: list[list[bytes]] = []
    for day in range(draw(st.integers(1, 4))):
        rows = draw(st.lists(kinds, max_size=8))
        found.append(
            [
                line(event, f"2025-10-{day + 20}", f"23:59:{number:02}", **fields)
                for number, (event, fields) in enumerate(rows)
            ]
            + draw(st.lists(st.just(b"nonsense"), max_size=1))
        )
    return found


@given(days())
@settings(deadline=None)
def test_parts_add_up_to_one_pass(parts: list[list[bytes]]) -> None:
    whole, merged = Tally(), Tally()
    whole.take(raw for part in parts for raw in part)
    for part in parts:
        alone = merged.part()
        alone.take(part)
        sent = pickle.loads(pickle.dumps(alone))
        merged.merge(sent, sent.later)
    assert figures(merged) == figures(whole)


def test_a_large_journal_is_read_by_processes(tmp_path: Path) -> None:
    folder = journal(tmp_path)
    whole, split = Tally(), Tally()
    add_journal(whole, folder, None)
    add_journal(split, folder, None, least_bytes=1)
    assert figures(split) == figures(whole)
    assert split.lines > 0


def test_a_process_that_is_killed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderflow_tui.report.parallel._run", lambda *_: os.kill(os.getpid(), signal.SIGKILL))
    with pytest.raises(RuntimeError, match="ended early"):
        add_journal(Tally(), journal(tmp_path), None, least_bytes=1)
