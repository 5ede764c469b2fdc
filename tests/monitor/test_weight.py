"""A recommendation is as loud as its kind of evidence was worth, and the same everywhere it is told."""

from __future__ import annotations

import io
from pathlib import Path

import msgspec
import pytest

from orderflow_tui.commands.headless_lines import HeadlessLines
from orderflow_tui.commands.plain import Sentences
from orderflow_tui.config.notify import LEVELS
from orderflow_tui.journal.records import EXIT_TRIGGERED, ExitRecord, OutcomeRecord
from orderflow_tui.monitor.publisher import _as_loud, _weighed
from orderflow_tui.notify.message import message_of, weighed
from orderflow_tui.track_record.evidence_kinds import KINDS, Weight
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.answer_rows import Asked, asked_rows
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.panel_rows import chip_token
from orderflow_tui.tui.state.screen_model import card_title
from tests.journal.journal_tools import NOON, whole
from tests.track_record.test_track_record import outcome
from tests.tui.fake import NOW_NS, recommendation, status, symbol_view

FELL = {"leads": 72, "calm": 51, "note": 28}
"""Of 100 outcomes, where 50 of other moments did."""
WORDS = {"leads": "better than chance", "calm": "not above chance", "note": "worse than chance"}


def known(folder: Path, basis: str, weight: Weight) -> TrackRecord:
    record, (evidence, _, kind) = TrackRecord(folder, "guarded"), KINDS[basis].name.partition(":")
    for number in range(100):
        fields = outcome(evidence, fell=number * 37 % 100 < FELL[weight], others=0.5, number=number)
        record.on_record(msgspec.convert(fields | {"basis": kind}, OutcomeRecord), 0)
    return record


@pytest.mark.parametrize("weight", ["leads", "calm", "note"])
@pytest.mark.parametrize("basis", KINDS)
def test_each_kind_is_as_loud_as_its_lower_bound_everywhere(tmp_path: Path, basis: str, weight: Weight) -> None:
    record = known(tmp_path, basis, weight)
    told = msgspec.convert(whole(EXIT_TRIGGERED, symbol="BAC", kind="flow", details={"basis": basis}), ExitRecord)
    words, found = record.of_exit(told)
    assert (found, WORDS[weight] in words, KINDS[basis].words in words) == (weight, True, True)
    called = {"leads": "EXIT?", "calm": "EXIT?", "note": "NOTE"}[weight]

    card = _weighed(recommendation("BAC", basis=basis), *record.kind(basis))
    assert card.rank == {"leads": 2, "calm": 3, "note": 4}[weight]
    assert card_title(card) == f"{called} BAC"
    rows = card_rows(card, CardFrame(1, 1, NOW_NS, Zone("UTC"), 160, 8, "a"))
    assert rows[0].base == ("exit" if weight == "leads" else "bar")
    assert any(WORDS[weight] in "".join(span.text for span in row.spans) for row in rows[:3])
    view = _as_loud(msgspec.structs.replace(symbol_view("BAC"), chip="EXIT"), [card])
    assert chip_token(view) == {"leads": "exit", "calm": "alert", "note": "watch"}[weight]
    assert view.chip == ("WATCH" if weight == "note" else "EXIT")

    asked = asked_rows(card, [Asked(card, 100)], 0, everything=False, width=100)
    assert asked[0].base == ("exit" if weight == "leads" else "bar")

    said = Sentences().look(status(), [], [], [card])[0]
    assert said.startswith("A note on BAC" if weight == "note" else "Exit recommended for BAC")
    assert WORDS[weight] in said

    first = message_of(told, 0)
    assert first is not None
    message = weighed(first, words, found)
    assert (message.title, message.urgent) == (f"{called} BAC", weight == "leads")
    assert message.level == LEVELS["warning" if weight == "note" else "exit"]
    assert WORDS[weight] in message.body

    out = io.BytesIO()
    lines = HeadlessLines(out, "UTC", worth=record.of_exit)
    lines.on_record(told, NOON)
    assert lines.close() == 0
    line = out.getvalue().decode()
    assert ("EXIT RECOMMENDED" in line, "NOTE" in line) == (weight != "note", weight == "note")
    assert WORDS[weight] in line
