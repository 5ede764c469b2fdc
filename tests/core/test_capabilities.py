import pytest
from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.rules.alert_writer import AlertWriter
from orderflow_tui.core.rules.bid_wall_hit import BID_WALL_HIT
from orderflow_tui.core.rules.catalogue import CATALOGUE, live_rules
from orderflow_tui.core.rules.red_burst import RED_BURST
from orderflow_tui.core.rules.rule import Profile
from orderflow_tui.core.rules.sell_print import SELL_PRINT
from orderflow_tui.core.short_as_long import Mirror

from .kit import source

RULES = {rule.evidence: rule for rule in CATALOGUE}


def _rules(profile: Profile, **changes: object) -> set[str]:
    return set(live_rules(source(**changes), profile))


def test_polled_one_level_quotes_know_nothing_of_withdrawals() -> None:
    polled = _rules("guarded", streaming=False)
    assert "bid_wall_pulled" not in polled
    assert polled >= {"bid_wall", "bid_wall_hit", "ask_wall", "sell_print", "red_burst", "block"}
    assert "bid_wall_pulled" in _rules("guarded")
    assert "bid_wall_pulled" in _rules("guarded", streaming=False, depth_levels=2)


def test_what_needs_depth_of_one_venue_or_the_guarded_profile() -> None:
    assert "hidden_seller" in _rules("guarded", depth_levels=10, single_venue=True)
    assert "hidden_seller" not in _rules("guarded", depth_levels=10)
    assert "hidden_seller" not in _rules("guarded", single_venue=True)
    assert "thin_exit" in _rules("guarded", depth_levels=5)
    assert "thin_exit" not in _rules("guarded", depth_levels=4)
    assert not _rules("plan", depth_levels=10, single_venue=True) & {"hidden_seller", "thin_exit", "block"}


def test_what_a_plan_leaves_out_is_not_live() -> None:
    assert not _rules("guarded", quotes=False) & {"bid_wall", "ask_wall", "bid_wall_hit"}
    assert not _rules("guarded", trades=False) & {"sell_print", "red_burst", "block"}


def test_depth_of_best_quotes_only_and_sizes_in_doubt() -> None:
    assert "thin_exit" not in _rules("guarded", depth_levels=10, whole_depth=False)
    unsure = _rules("guarded", depth_levels=10, sizes_unsure="lots?")
    assert not unsure & {"bid_wall", "bid_wall_hit", "bid_wall_pulled", "ask_wall", "sell_print", "block", "thin_exit"}
    assert "red_burst" in unsure


@pytest.mark.parametrize(
    ("changes", "label"),
    [
        ({}, "NBBO, 1 level"),
        ({"single_venue": True}, "one venue's best, 1 level"),
        ({"depth_levels": 10}, "10 levels"),
        ({"quotes": False}, "NO QUOTES"),
        ({"depth_levels": 8, "shows": "smart, 8 levels"}, "smart, 8 levels"),
        ({"shows": "smart, 8 levels", "sizes_unsure": "sizes in lots?"}, "sizes in lots?"),
    ],
)
def test_the_screens_word_for_depth(changes: dict[str, object], label: str) -> None:
    assert source(**changes).depth_label == label


def test_the_table_of_what_counts() -> None:
    assert len(RULES) == len(CATALOGUE) == 10
    assert {kind for kind, rule in RULES.items() if rule.counts("plan")} == {"bid_wall", "red_burst"}
    assert {kind for kind, rule in RULES.items() if rule.counts("guarded")} == {
        "bid_wall_hit", "bid_wall_pulled", "ask_wall", "sell_print", "red_burst",
    }  # fmt: skip
    assert {kind for kind, rule in RULES.items() if not rule.enabled("plan")} == {
        "hidden_seller", "block", "slow_bleed", "thin_exit",
    }  # fmt: skip
    assert all(rule.enabled("guarded") for rule in CATALOGUE)


@pytest.mark.parametrize(
    ("evidence", "name", "side"),
    [
        ("bid_wall", "ask_wall", "ask"), ("bid_wall_hit", "ask_wall_hit", "ask"),
        ("bid_wall_pulled", "ask_wall_pulled", "ask"), ("ask_wall", "bid_wall", "bid"),
        ("sell_print", "buy_print", "ask"), ("hidden_seller", "hidden_buyer", "bid"),
        ("block", "block", "buy"), ("red_burst", "red_burst", "buy"),
    ],
)  # fmt: skip
def test_for_a_short_everything_goes_by_its_mirrored_name(evidence: str, name: str, side: str) -> None:
    writer = AlertWriter("TEST", "guarded", Mirror(short=True))
    assert (writer.evidence_name(RULES[evidence]), writer.side_name(RULES[evidence])) == (name, side)
    assert AlertWriter("TEST", "guarded").evidence_name(RULES[evidence]) == evidence


def test_a_writer_names_the_real_market_for_a_short() -> None:
    writer = AlertWriter("TEST", "guarded", Mirror(short=True))
    assert writer.episode_id(BID_WALL_HIT, -1_000_000, 7) == "TEST:ask_wall_hit:ask:100.00:7"
    assert writer.episode_id(SELL_PRINT, -1_000_000, 7) == "TEST:buy_print:ask:100.00:7"
    assert writer.episode_id(RED_BURST, -1_000_000, 7) == "TEST:red_burst:buy:100.00:7"
    assert AlertWriter("TEST", "guarded").episode_id(RED_BURST, 1_000_000, 7) == "TEST:red_burst:sell:100.00:7"


def test_how_good_the_sides_are_is_said_in_words() -> None:
    base = Capabilities("t", "live", "t", streaming=True)
    polled = Capabilities("t", "live", "t", side_check="refused")
    several = (base, replace(base, sides_given=True), replace(base, quotes=False), replace(base, trades=False), polled)
    assert [one.sides_label for one in several] == [
        "sides from quotes", "sides from the exchange", "sides by tick test", "", "sides unsure",
    ]  # fmt: skip
