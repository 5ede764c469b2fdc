"""A rule's own record: unknown, known, and known to be bad."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.journal.records import ALERT_OUTCOME
from orderflow_tui.track_record.rule_record import PRIOR
from orderflow_tui.track_record.track_record import TrackRecord


def outcome(evidence: str, *, hit: bool | None, random: bool | None) -> dict[str, Any]:
    return {
        "evidence": evidence, "fell": True, "success": hit, "mid": Decimal("1.23"),
        "random": [] if random is None else [{"fell": True, "success": random, "mid": Decimal(1)}],
        "price_only": {"fell": False, "success": None},
    }  # fmt: skip


def fed(record: TrackRecord, evidence: str, n: int, hits: int, random_hits: int) -> TrackRecord:
    for number in range(n):
        fields = outcome(evidence, hit=number < hits, random=number < random_hits)
        record.on_record(ALERT_OUTCOME, 0, fields)
    return record


def test_below_a_hundred_it_is_not_known_and_the_prior_is_named_as_such(tmp_path: Path) -> None:
    record = fed(TrackRecord(tmp_path, "guarded"), "red_burst", 7, 7, 0)
    words = record.words("red_burst")
    assert words.startswith("record here: not known yet (n = 7)")
    assert f"measured elsewhere: {PRIOR['guarded', 'red_burst'][1]}% fell, random" in words
    assert record.words("slow_bleed") == "record here: not known yet (n = 0)"


def test_from_a_hundred_on_it_speaks_for_itself(tmp_path: Path) -> None:
    record = fed(TrackRecord(tmp_path, "guarded"), "sell_print", 200, 130, 100)
    told = "record here: hit 65% (58% to 71%) of 200, lift +15% (+5% to +24%)"
    assert record.words("sell_print") == told
    record.on_record(ALERT_OUTCOME, 0, outcome("sell_print", hit=None, random=None))
    assert record.words("sell_print") == told


@pytest.mark.parametrize(("profile", "demoted"), [("guarded", True), ("plan", False)])
def test_only_what_is_surely_worse_than_chance_is_demoted_and_never_in_plan(
    tmp_path: Path, profile: str, demoted: bool
) -> None:
    record = fed(TrackRecord(tmp_path, profile), "bid_wall", 150, 40, 120)
    assert record.demoted("bid_wall") is demoted
    assert ("worse than chance" in record.words("bid_wall")) is demoted
    assert not fed(TrackRecord(tmp_path, profile), "bid_wall", 150, 70, 80).demoted("bid_wall")
    assert not record.demoted("unheard_of")


def test_what_stands_in_the_journal_is_read_and_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    lines = [
        json.dumps(
            {"event": ALERT_OUTCOME, **outcome("exit", hit=True, random=False)}, default=float, separators=(",", ":")
        )
        for _ in range(100)
    ]
    (tmp_path / "2026-01-05.jsonl").write_text("\n".join([*lines, lines[0][:120], '{"event":"order_flow_alert"}', ""]))
    record = TrackRecord(tmp_path, "guarded", "this-run")
    record.start().join(10)
    assert "100% (96% to 100%) of 100" in record.words("exit")


def test_this_runs_own_outcomes_are_not_counted_twice(tmp_path: Path) -> None:
    fields = outcome("exit", hit=True, random=False)
    line = json.dumps({"event": ALERT_OUTCOME, "run_id": "mine", **fields}, default=float, separators=(",", ":"))
    (tmp_path / "2026-01-05.jsonl").write_text(f"{line}\n{line.replace('mine', 'before')}\n")
    record = TrackRecord(tmp_path, "guarded", "mine")
    record.on_record(ALERT_OUTCOME, 0, fields)
    record.start().join(10)
    assert record.words("exit").startswith("record here: not known yet (n = 2)")
