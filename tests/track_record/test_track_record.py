"""A rule's own record: unknown, known, and known to be bad."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from orderflow_tui.journal.records import ALERT_OUTCOME, OutcomeRecord
from orderflow_tui.track_record.evidence_kinds import weight_of
from orderflow_tui.track_record.priors import PRIORS
from orderflow_tui.track_record.track_record import TrackRecord
from tests.journal.journal_tools import whole


def outcome(evidence: str, *, fell: bool | None, others: float | None, number: int = 0) -> dict[str, Any]:
    beside = (
        None if others is None else {"seconds": 1_000, "fell": round(1_000 * others), "hits": round(1_000 * others)}
    )
    return whole(ALERT_OUTCOME, evidence=evidence, symbol="BAC", fell=fell, success=fell, fell_1s=fell, fell_5s=fell, mid=1.23, alert_utc=f"2026-01-{number % 20 + 5:02}T14:00:00.5Z", from_utc="2026-01-05T14:00:01Z", around=beside, alike=None)  # fmt: skip


def fed(record: TrackRecord, evidence: str, n: int, fell: int, others: int) -> TrackRecord:
    for number in range(n):
        fields = outcome(evidence, fell=number * 37 % n < fell, others=others / n, number=number)
        record.on_record(msgspec.convert(fields, OutcomeRecord), 0)
    return record


def test_below_a_hundred_it_is_not_known_and_the_prior_is_named_as_such(tmp_path: Path) -> None:
    record = fed(TrackRecord(tmp_path, "guarded"), "red_burst", 7, 7, 0)
    words = record.words("red_burst")
    assert words.startswith("Track record: too few here (7 of 100)")
    prior = PRIORS["red_burst"]
    assert words.endswith(f", fell {prior.fell}% of {prior.n}")
    assert f"chance: {prior.random[0]:+d} points on other moments" in words
    assert "; on recorded days " in words[:60], "a card of 80 columns shows what it says"
    assert record.words("slow_bleed") == "Track record: too few here (0 of 100)"


def test_from_a_hundred_on_it_speaks_for_itself(tmp_path: Path) -> None:
    record = fed(TrackRecord(tmp_path, "guarded"), "sell_print", 200, 130, 100)
    told = "Track record: fell 65% of 200 here, better than chance: +15 points on other moments (+5 to +24)"
    assert record.words("sell_print") == told
    record.on_record(msgspec.convert(outcome("sell_print", fell=None, others=None), OutcomeRecord), 0)
    assert record.words("sell_print") == told


@pytest.mark.parametrize(("profile", "demoted"), [("guarded", True), ("plan", False)])
def test_only_what_is_surely_worse_than_chance_is_demoted_and_never_in_plan(
    tmp_path: Path, profile: str, demoted: bool
) -> None:
    record = fed(TrackRecord(tmp_path, profile), "bid_wall", 150, 40, 120)
    assert record.demoted("bid_wall") is demoted
    assert "worse than chance" in record.words("bid_wall")
    assert not fed(TrackRecord(tmp_path, profile), "bid_wall", 150, 70, 80).demoted("bid_wall")
    assert not record.demoted("unheard_of")


def test_what_stands_in_the_journal_is_read_and_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    lines = [json.dumps(outcome("exit", fell=True, others=0.0), separators=(",", ":")) for _ in range(100)]
    (tmp_path / "2026-01-05.jsonl").write_text("\n".join([*lines, lines[0][:120], '{"event":"order_flow_alert"}', ""]))
    record = TrackRecord(tmp_path, "guarded", "this-run")
    record.start().join(10)
    assert "fell 100% of 100" in record.words("exit")


def test_this_runs_own_outcomes_are_not_counted_twice(tmp_path: Path) -> None:
    fields = outcome("exit", fell=True, others=0.0)
    line = json.dumps({"event": ALERT_OUTCOME, "run_id": "mine", **fields}, separators=(",", ":"))
    (tmp_path / "2026-01-05.jsonl").write_text(f"{line}\n{line.replace('mine', 'before')}\n")
    record = TrackRecord(tmp_path, "guarded", "mine")
    record.on_record(msgspec.convert(fields, OutcomeRecord), 0)
    record.start().join(10)
    assert record.words("exit").startswith("Track record: too few here (2 of 100)")


def test_a_kind_of_evidence_says_what_it_was_worth_and_how_loud_it_may_be(tmp_path: Path) -> None:
    record = TrackRecord(tmp_path, "guarded")
    words, weight = record.kind("thin_bid")
    assert (weight, "+17 points" in words, "better than chance" in words) == ("leads", True, True)
    words, weight = record.kind("acts")
    assert (weight, "not above chance" in words) == ("calm", True)
    assert record.kind("price_alarm") == ("price alarm after a hold: what it is worth is not known", "calm")
    assert record.kind("")[1] == "calm"
    assert TrackRecord(tmp_path, "plan").kind("thin_bid")[1] == "calm"
    assert [weight_of(lift) for lift in (None, (3, 1, 5), (0, -1, 1), (-4, -8, -1))] == [
        "calm",
        "leads",
        "calm",
        "note",
    ]


def test_an_alert_is_told_with_the_record_of_its_own_kind(tmp_path: Path) -> None:
    record = TrackRecord(tmp_path, "guarded")
    moved, every = PRIORS["red_burst:moved"], PRIORS["red_burst"]
    assert f"fell {moved.fell}% of {moved.n}" in record.words("red_burst", "moved")
    assert f"fell {every.fell}% of {every.n}" in record.words("red_burst", "beyond_range"), "too few of these"
    assert record.words("red_burst", "") == record.words("red_burst")
    for number in range(150):
        fields = outcome("red_burst", fell=number < 20, others=0.6, number=number) | {"basis": "moved"}
        record.on_record(msgspec.convert(fields, OutcomeRecord), 0)
    for number in range(300):
        record.on_record(msgspec.convert(outcome("red_burst", fell=True, others=0.6, number=number), OutcomeRecord), 0)
    assert "fell 13% of 150" in record.words("red_burst", "moved")
    assert (record.demoted("red_burst", "moved"), record.demoted("red_burst")) == (True, False)
    assert not record.demoted("red_burst", "thin_bid")
