from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.tui.look.formatting import Zone
from orderflow_tui.tui.look.gauges import bins, gauge, side_letters, spark, trend
from orderflow_tui.tui.rows.depth_ladder import ladder_rows
from orderflow_tui.tui.rows.detail_rows import DetailFrame, detail_rows
from orderflow_tui.tui.rows.panel_rows import PanelSize, panel_rows
from orderflow_tui.tui.rows.tape_rows import print_spans, spark_rows
from orderflow_tui.tui.state.tape_filter import TapeFilter
from orderflow_tui.views.frozen_views import ContextView, PrintLine, SymbolView, WallMark
from tests.tui.fake import (
    DELAYED,
    NBBO,
    NOW_NS,
    TAPE_ONLY,
    busy_market,
    leave,
    position,
    recommendation,
    symbol_view,
    window,
)


def words(view: SymbolView, width: int = 60, height: int = 20) -> list[str]:
    frame = PanelSize(width, height, 1, selected=False, pinned=False, zone=Zone())
    return [row.plain for row in panel_rows(view, frame)]


@pytest.mark.parametrize("symbol", list(busy_market().views()))
@pytest.mark.parametrize("height", [1, 4, 11, 13, 26])
def test_every_state_fits_every_width_and_fills_its_height(symbol: str, height: int) -> None:
    view = busy_market().views()[symbol]
    for width in (*range(43, 200, 7), 75, 76, 80, 200):
        frame = PanelSize(width, height, 1, selected=True, pinned=False, zone=Zone())
        rows = panel_rows(view, frame)
        assert len(rows) == height
        assert max(cell_len(row.plain) for row in rows) <= width


def test_a_panel_of_no_size_is_nothing() -> None:
    assert words(symbol_view("BAC"), 1, 5) == []
    assert words(symbol_view("BAC"), 60, 0) == []


def test_the_leave_line_is_the_first_below_the_header() -> None:
    rows = words(symbol_view("BAC"), 80)
    assert rows[0].startswith(" 1 BAC")
    assert rows[1].startswith(" Sell all now: -$212, 21.2c/sh (5 bp)")
    assert rows[2].startswith(" Stop 13.45, 34c below")


def test_numbers_stand_still_when_they_change() -> None:
    before = words(symbol_view("BAC"), 60)
    after = words(symbol_view("BAC", window=window(0.2, 0.03), last_price=99_900, change_60s=-12_300), 60)
    for one, other in zip(before, after, strict=True):
        assert len(one) == len(other)
    assert before[0].index("calm") == after[0].index("calm")


def test_stale_data_is_dimmed_and_its_derived_figures_are_blank() -> None:
    view = symbol_view("BAC", stale=True, data_age_s=14.0)
    frame = PanelSize(60, 20, 1, selected=False, pinned=False, zone=Zone())
    rows = panel_rows(view, frame)
    text = "\n".join(row.plain for row in rows)
    assert "Sell all now: -- (data 14s old)" in text
    assert "P&L --" in text
    assert " depth    --" in text
    assert "1.4x" not in text
    assert {span.token for row in rows[1:] for span in row.spans if span.text.strip()} == {"stale"}


def test_blind_while_holding_is_loud_and_never_looks_quiet() -> None:
    view = symbol_view("NVDA", "BLIND", quantity=500, stale=True, data_age_s=34.0, detail="LEVEL2_STALE: 34 s old")
    frame = PanelSize(60, 16, 1, selected=True, pinned=False, zone=Zone())
    rows = panel_rows(view, frame)
    assert [row.base for row in rows[:4]] == ["blind"] * 4
    assert "NO TRUSTED DATA: 500 NVDA held, not seen" in rows[1].plain
    assert "34 s old" in rows[2].plain
    assert "OLD" in rows[3].plain


def test_blind_without_shares_is_only_stale() -> None:
    view = symbol_view("SPY", "BLIND", quantity=0, stale=True)
    assert not any("held, not seen" in row for row in words(view))


def test_a_short_position_is_called_short() -> None:
    assert any(row.startswith(" SHORT 150 @ ") for row in words(symbol_view("MSFT", quantity=-150)))
    blind = symbol_view("MSFT", "BLIND", quantity=-150, stale=True)
    assert "short 150 MSFT" in "\n".join(words(blind))


def test_delayed_data_says_so_in_every_panel() -> None:
    assert any("DELAYED 15 min" in row for row in words(symbol_view("BAC", capabilities=DELAYED), 49, 13))


def test_a_name_without_quotes_says_so_and_shows_its_tape() -> None:
    text = "\n".join(words(symbol_view("BRK.B", "NO QUOTES", capabilities=TAPE_ONLY)))
    assert "NO QUOTES" in text
    assert "tape rules only" in text
    assert "S = sold" in text


def test_one_level_is_named_and_has_no_coverage() -> None:
    text = "\n".join(words(symbol_view("F", capabilities=NBBO)))
    assert "NBBO, 1 level" in text
    assert "cover" not in text
    assert "half spread 0.5c/sh, ~14 s at 10% of volume" in text


def test_a_warming_window_shows_its_progress_instead_of_a_ratio() -> None:
    assert any("warming 130/310s" in row for row in words(symbol_view("GME", "WARMING", window=window(None, 0.5, 130))))
    assert any("no baseline volume" in row for row in words(symbol_view("GME", window=window(None, 0.5, 310))))


def test_held_and_snoozed_stand_in_the_panel() -> None:
    held = recommendation("KO", status="held", header="held 13.85, now -4c, 2:10 left, 3 more signals")
    assert any("held 13.85, now -4c, 2:10 left" in row for row in words(symbol_view("KO", recommendation=held)))


def test_walls_are_marked_by_letters_on_their_side() -> None:
    price = 138_500
    walls = (
        WallMark("bid", price, "hit", 12_400, NOW_NS),
        WallMark("bid", price - 100, "pulled", 12_400, NOW_NS),
        WallMark("ask", price + 100, "seen", 12_400, NOW_NS),
    )
    rows = [row.plain for row in ladder_rows(symbol_view("BAC", walls=walls), 60)]
    assert rows[1].startswith("!")
    assert rows[2].startswith("x")
    assert rows[1].rstrip().endswith("W")


def test_sides_of_the_ladder_may_have_different_depths() -> None:
    view = symbol_view("BAC")
    uneven = replace(view, asks=view.asks[:2], bids=view.bids[:5])
    rows = [row.plain for row in ladder_rows(uneven, 60)]
    assert len(rows) == 6
    assert rows[5].rstrip().endswith("│")
    assert [row.plain for row in ladder_rows(replace(view, bids=(), asks=()), 60)][1] == " no book yet"


def test_a_crossed_stop_is_in_the_position_row() -> None:
    crossed = replace(position(1_000, 13.9, -400.0), stop_words="STOP HIT at 13.50")
    view = symbol_view("BAC", position=crossed, leave=None)
    assert any("STOP HIT at 13.50" in row for row in words(view))


def test_a_hypothetical_position_is_marked() -> None:
    assumed = replace(position(1_000, 13.9, 0.0), hypothetical=True)
    assert any(row.startswith(" hypothetical LONG 1,000") for row in words(symbol_view("BAC", position=assumed)))


@pytest.mark.parametrize(
    ("width", "words"), [(60, ("↓", "your size", "cost ↑")), (80, ("falling", "cost 1 min ago $170"))]
)
def test_thin_coverage_that_falls_and_a_cost_that_rises_are_alarming(width: int, words: tuple[str, ...]) -> None:
    view = symbol_view("BAC", leave=leave(1_000, coverage=1.4, falling=True))
    frame = PanelSize(width, 24, 1, selected=False, pinned=False, zone=Zone())
    row = next(row for row in panel_rows(view, frame) if row.plain.startswith(" depth"))
    assert all(word in row.plain for word in words)
    assert {span.text.strip() for span in row.spans if span.token == "alert"} >= {"1.4x", words[0]}
    assert len(row.plain) <= width


def test_a_figure_of_leaving_is_shown_whole_or_not_at_all() -> None:
    view = symbol_view("BAC", leave=replace(leave(1_000), cost_60s_ago=123_456.0))
    for width in range(2, 90):
        frame = PanelSize(width, 24, 1, selected=False, pinned=False, zone=Zone())
        row = next((row.plain for row in panel_rows(view, frame) if row.plain.startswith(" depth")), "")
        assert "$" not in row or "cost 1 min ago $123,456" in row
        assert "14" not in row or "14 s at 10% vol" in row


@pytest.mark.parametrize("width", [43, 60, 80])
@pytest.mark.parametrize("quantity", [1_000, -1_000])
def test_the_cost_of_leaving_stands_once(width: int, quantity: int) -> None:
    text = "\n".join(words(symbol_view("BAC", quantity=quantity), width, 24))
    assert text.count("$212") == 1
    assert text.count("all now") == 1


def test_the_depth_is_named_once_and_while_the_row_above_says_something_else_above_the_book() -> None:
    calm = words(symbol_view("BAC"), 80, 24)
    held = recommendation("BAC", status="held", header="KEPT at 13.85 (now -4c), muted 2:10")
    kept = words(symbol_view("BAC", recommendation=held), 80, 24)
    for rows in (calm, kept):
        assert sum("10 levels" in row for row in rows) == 1
    assert [row.startswith(" BIDS ─") for row in calm] == [row.startswith(" BIDS ─") for row in kept]


def test_who_has_no_stop_is_told_the_key_that_sets_one() -> None:
    view = symbol_view("BAC")
    assert view.position is not None
    open_ended = replace(view, position=replace(view.position, stop=None, stop_words=""))
    for selected, key, said in ((True, "e", " No stop set (e sets one)"), (True, "", " No stop set")):
        frame = PanelSize(60, 20, 1, selected=selected, pinned=False, zone=Zone(), edit_key=key)
        assert panel_rows(open_ended, frame)[2].plain == said
    assert words(open_ended)[2] == " No stop set"


def test_a_figure_of_volume_names_its_unit() -> None:
    text = "\n".join(words(symbol_view("BAC"), 60, 24))
    assert re.search(r" peak [\d,.]+k? sh/\ds\n", text)
    assert re.search(r"[\d,.]+k? sh/\d+s\n", text)


def test_a_wall_tells_its_life() -> None:
    mark = WallMark("bid", 138_300, "hit", 12_400, NOW_NS - 130 * NS, 21_500, 9_100, 300, 2_000, in_sight=False)
    pulled = WallMark("ask", 138_600, "pulled", 15_000, NOW_NS - 99 * NS, 15_000, 0, 0, 0, gone_ns=NOW_NS - 7 * NS)
    rows = words(symbol_view("BAC", walls=(mark, pulled)), 100, 30)
    assert " x ask 15,000 at 13.86 PULLED 7s ago" in rows
    assert " ! bid 12,400 at 13.83 hit, 2:10, out of sight, 9,100 sold, 2,000 cancelled, 300 added" in rows
    narrow = words(symbol_view("BAC", walls=(mark,)), 48, 30)
    assert any(row.startswith(" ! bid 12,400 at 13.83 hit, 2:10") for row in narrow)


def test_a_halt_is_loud_and_says_that_nobody_can_leave() -> None:
    line = "CANNOT LEAVE, LULD pause; the last book says -$1.00 (1.0 bp) for all 100"
    view = symbol_view("BAC", "HALTED", detail="LULD pause", halted_ns=NOW_NS, leave=replace(leave(100), facts=(line,)))
    rows = panel_rows(view, PanelSize(100, 20, 1, selected=False, pinned=False, zone=Zone()))
    assert "[HALTED]" in rows[0].plain
    assert rows[1].spans[0] == (f" {line}", "exit-line")


def test_muted_after_exited_is_said() -> None:
    rows = words(symbol_view("BAC", muted="muted: you said exited; quiet until the quantity changes"), 100, 20)
    assert " ■ muted: you said exited; quiet until the quantity changes" in rows


def test_context_is_told_quietly_and_only_what_is_known() -> None:
    assert any(
        "CVD -12.4k ±2,100  VWAP -8 bp  queue -0.32  OFI -0.8" in row for row in words(symbol_view("BAC"), 60, 26)
    )
    bare = ContextView(None, None, 300, 20.0, None, None, None)
    assert any(row == " CVD 300 ±20" for row in words(symbol_view("BAC", context=bare), 60, 26))
    assert not any("CVD" in row for row in words(symbol_view("BAC", stale=True), 60, 26))


@pytest.mark.parametrize("width", [1, 2, 30, 80, 117, 118, 200])
def test_the_detail_says_everything(width: int) -> None:
    monitor = busy_market()
    view, frame = monitor.views()["BAC"], DetailFrame(width, Zone(), TapeFilter())
    rows = detail_rows(view, monitor.details["BAC"], monitor.alert_lines(), frame)
    text = "\n".join(row.plain for row in rows)
    if width >= 80:
        for expected in (
            "Sell all now",
            "at 13.83 hit, 8s",
            "Large 31,600+",
            "live: bid_wall",
            "late prints",
            "Bid wall hit: 9,100 of 12,400 @ 13.83",
            "effective prints",
            "Why the last alert, 10:35:20 ET",
            "would not have fired with n eff at 22.4",
            "300/300",
        ):
            assert expected in text, expected
        assert max(cell_len(row.plain) for row in rows) <= width


def test_the_detail_of_a_symbol_that_has_nothing_says_so() -> None:
    frame = DetailFrame(80, Zone(), TapeFilter())
    bare = detail_rows(symbol_view("X", walls=(), prints=(), counters=None, live_rules=()), None, (), frame)
    assert sum(row.plain == " none" for row in bare) == 5


def test_the_tape_is_filtered_by_size_side_and_venue() -> None:
    lines = (
        PrintLine(1, 1, 100, "sell"),
        PrintLine(2, 1, 5_000, "buy", tier=1),
        PrintLine(3, 1, 20_000, "sell", off_exchange=True, tier=2),
        PrintLine(4, 1, 300, "unknown"),
    )

    def kept(chosen: TapeFilter) -> list[int]:
        return [line.time_ns for line in chosen.keep(lines)]

    everything = TapeFilter()
    assert kept(everything) == [1, 2, 3, 4]
    assert (kept(everything.next("size")), kept(everything.next("size").next("size"))) == ([2, 3], [3])
    assert (kept(everything.next("side")), kept(everything.next("side").next("side"))) == ([1, 3], [2])
    assert (kept(everything.next("venue")), kept(everything.next("venue").next("venue"))) == ([1, 2, 4], [3])
    assert everything.next("size").next("side").words == "large +, sells, all venues"
    assert everything.next("size").next("size").next("size") == everything


@pytest.mark.parametrize("price", [10_000, 1_262_300, 1_262_319, 12_345_600])
@pytest.mark.parametrize("size", [1, 9_900, 12_400, 123_456, 1_234_567])
@pytest.mark.parametrize("width", [27, 29, 30, 40])
def test_a_print_fills_its_width_and_its_figures_stand_apart(price: int, size: int, width: int) -> None:
    spans = print_spans(PrintLine(NOW_NS, price, size, "buy"), Zone(), 1, width)
    text = "".join(span.text for span in spans)
    assert len(text) == min(width, 32)
    assert text.split()[:3] == ["10:35:20", "B", price_text(price)]
    assert len(text.split()) == 4


@pytest.mark.parametrize("width", [27, 29, 30, 40])
def test_a_print_at_six_figures_is_whole(width: int) -> None:
    spans = print_spans(PrintLine(NOW_NS, 7_123_456_700, 40, "sell"), Zone(), 1, width)
    assert "".join(span.text for span in spans).split()[1:] == ["S", "712345.67", "40"]


def test_gauges_keep_their_marks_and_their_width() -> None:
    assert gauge(2.0, 4.0, 8, ((3.0, "|"),)) == "━━━━─|──"
    assert gauge(99.0, 4.0, 4, ()) == "━━━━"
    assert gauge(1.0, 0.0, 4, ()) == gauge(1.0, 1.0, 0, ()) == ""


def test_bins_keep_the_newest_whole() -> None:
    assert bins([1, 1, 1, 1, 1], 2) == ([2, 3], 3)
    assert bins([], 5) == bins([1], 0) == ([], 1)


def test_sparks_survive_odd_numbers() -> None:
    assert spark([]) == ""
    assert spark([0, 0]) == "  "
    assert spark([1, float("inf")]) == "  "
    assert spark([0, 1, 8]) == " ▁█"


@pytest.mark.parametrize(
    ("sold", "bought", "letter"),
    [(0, 0, "?"), (2, 3, "?"), (5, 0, "?"), (0, 6, "b"), (6, 0, "s"), (0, 8, "B"), (8, 0, "S"), (3, 3, "·")],
)
def test_volume_of_unknown_side_is_nobodys(sold: int, bought: int, letter: str) -> None:
    assert side_letters([10], [sold], [bought]) == letter
    view = replace(symbol_view("BAC"), spark=(10,), spark_sell=(sold,), spark_buy=(bought,))
    assert f"{letter}         S = sold" in "\n".join(row.plain for row in spark_rows(view, 49))


def test_side_letters_and_trend() -> None:
    assert side_letters([10, 10, 10, 10, 10, 0], [9, 6, 5, 4, 1, 0], [1, 4, 5, 6, 9, 0]) == "Ss·bB "
    assert trend([1.0] * 7) == ""
    assert (trend([4.0] * 10 + [1.0] * 10), trend([1.0] * 10 + [4.0] * 10), trend([1.0] * 20)) == (
        "falling",
        "rising",
        "flat",
    )
