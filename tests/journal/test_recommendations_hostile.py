"""Records of recommendations that are none: as if they were not there, and the sound ones are taken up."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.journal.make_records import answer_of, answer_record, exit_record, recommendation_of
from orderflow_tui.journal.recommendations import journaled_recommendations
from tests.journal.journal_tools import NOON, writer
from tests.journal.test_journal_records import RECOMMENDATION

TODAY = "2025-10-22.jsonl"
HOSTILE: list[Any] = [
    None,
    [],
    {},
    "",
    "x",
    -1,
    2**70,
    1e308,
    1e-300,
    True,
    ["x", None],
    "0001-01-01T00:00:00Z",
    "9999-99-99",
]


def sound(directory: Path) -> list[dict[str, Any]]:
    """A recommendation and its answer, as a run writes them."""
    journal = writer(directory)
    journal.write(exit_record(RECOMMENDATION), NOON, time.monotonic_ns())
    journal.write(answer_record(RECOMMENDATION, Answer("snooze", minutes=5), 138_600), NOON, time.monotonic_ns())
    journal.close()
    return [json.loads(line) for line in (directory / TODAY).read_bytes().splitlines()]


def test_the_sound_ones_are_taken_up(tmp_path: Path) -> None:
    sound(tmp_path)
    (found,) = journaled_recommendations(tmp_path, "simulated", now_ns=NOON)
    assert recommendation_of(found.record).symbol == RECOMMENDATION.symbol
    assert found.answer is not None
    assert answer_of(found.answer)[0].minutes == 5


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300, deadline=None)
@given(which=st.integers(0, 1), pick=st.integers(0, 100), value=st.sampled_from([*HOSTILE, ...]))
def test_whatever_a_field_holds_what_is_restored_can_be_used(tmp_path: Path, which: int, pick: int, value: Any) -> None:
    for path in tmp_path.iterdir():
        path.unlink()
    records = sound(tmp_path)
    name = sorted(records[which])[pick % len(records[which])]
    if value is ...:
        del records[which][name]
    else:
        records[which][name] = value
    (tmp_path / TODAY).write_text("\n".join(map(json.dumps, records)) + "\n")
    for item in journaled_recommendations(tmp_path, "simulated", now_ns=NOON):
        made = recommendation_of(item.record)
        assert isinstance(made.symbol, str)
        assert all(isinstance(text, str) for text in (made.reason, *made.evidence, *made.episode_ids))
        if item.answer is not None:
            answer, price = answer_of(item.answer)
            assert answer.minutes <= 10_000
            assert price is None or abs(price) <= 10**19


@pytest.mark.parametrize(
    "line", ["[1, 2]", '{"event":"order_flow.exit_' + "x" * 10, '{"event":"order_flow.exit_other"}', "[" * 5_000]
)
def test_what_is_no_record_is_left_out(tmp_path: Path, line: str) -> None:
    sound(tmp_path)
    with (tmp_path / TODAY).open("a") as file:
        file.write(f"{line}\n")
    assert len(journaled_recommendations(tmp_path, "simulated", now_ns=NOON)) == 1
