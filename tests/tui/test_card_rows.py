"""The card's rows: what stays where room is short."""

from __future__ import annotations

import pytest

from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
from orderflow_tui.tui.rows.feed_rows import alert_row
from tests.tui.fake import alert, recommendation

RECORD = "Track record: too few here (7 of 100); on recorded days not above chance, fell 64% of 360"
ZONE = Zone("America/New_York")


def shown(height: int, width: int = 80, **changes: object) -> list[str]:
    changes = {"record": RECORD, "evidence": ("first act", "second act", "third act"), **changes}
    frame = CardFrame(1, 1, 0, ZONE, width, height, "F2")
    rows = card_rows(recommendation("BAC", **changes), frame)
    assert len(rows) <= height
    return [row.plain for row in rows]


@pytest.mark.parametrize("height", [6, 8, 12])
def test_a_cards_record_is_read_at_every_height(height: int) -> None:
    text = shown(height)
    assert any("Track record: too few here (7 of 100)" in line for line in text)
    assert all(len(line) <= 80 for line in text)


def test_a_market_wide_card_names_its_names_first() -> None:
    assert not any("Track record" in line for line in shown(5, kind="market"))
    assert any("Track record" in line for line in shown(12, kind="market"))


def test_a_card_of_several_says_of_each_what_the_price_did_since() -> None:
    names = (recommendation("BOLT"), recommendation("ACME"))
    text = shown(8, 120, kind="market", names=names)
    assert sum("bid 13.90 at the signal, 13.85 now (-5c)" in line for line in text) == 2
    assert sum("a minute ago" in line for line in text) == 0
    assert all(len(line) <= 120 for line in text)


def test_a_letter_that_means_something_else_outside_the_answer_stands_behind_its_key() -> None:
    assert shown(6)[-1].startswith(" F2, then   e sold all")


def test_a_demoted_rule_is_labelled_in_the_feed() -> None:
    line = alert("BAC", 0, "12,400 bid at 150.25", demoted=True)
    text = alert_row(line, ZONE, 100).plain
    assert "worse than chance here" in text
