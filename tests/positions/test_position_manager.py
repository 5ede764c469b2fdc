from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Position, WorkingOrder
from orderflow_tui.core.model.units import datetime_ns
from orderflow_tui.positions import PositionManager, PositionsError, PositionsMissing, event_instant_ns

GOOD = """
watchlist = ["SPY", "brk/a"]

[[position]]
symbol = "BAC"
quantity = 1000
average_cost = 13.8610
stop = 13.5
working = [{side = "sell", price = 14.10, size = 300}]
events = ["2026-01-29 after"]

[[position]]
symbol = "brk-b"
quantity = -20
average_cost = 480

[[position]]
symbol = "OLD"
quantity = 0
average_cost = 1.0
"""


def write(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "positions.toml"
    fresh = tmp_path / "positions.new"
    fresh.write_bytes(text.encode() if isinstance(text, str) else text)
    fresh.replace(path)
    return path


def refusal(tmp_path: Path, text: str | bytes) -> str:
    with pytest.raises(PositionsError) as caught:
        PositionManager(write(tmp_path, text))
    assert not isinstance(caught.value, PositionsMissing)
    assert str(caught.value).isprintable()
    return str(caught.value).removeprefix(str(tmp_path) + "/")


def test_a_good_file(tmp_path: Path) -> None:
    manager = PositionManager(write(tmp_path, GOOD))
    assert manager.get_active_positions() == [
        Position(
            symbol="BAC",
            quantity=1000,
            average_cost=Decimal("13.8610"),
            stop=Decimal("13.5"),
            working=(WorkingOrder("sell", Decimal("14.10"), 300),),
            events=("2026-01-29 after",),
        ),
        Position(symbol="BRK.B", quantity=-20, average_cost=Decimal(480)),
    ]
    assert manager.get_watchlist() == ["SPY", "BRK.A"]
    assert manager.message == ""
    assert str(manager.get_active_positions()[0].average_cost) == "13.8610"


def test_what_is_handed_out_is_the_callers_own(tmp_path: Path) -> None:
    manager = PositionManager(str(write(tmp_path, GOOD)))
    manager.get_active_positions().clear()
    manager.get_watchlist().clear()
    assert len(manager.get_active_positions()) == 2
    assert len(manager.get_watchlist()) == 2


def test_fractions_no_cost_and_funds_are_taken_as_from_an_export(tmp_path: Path) -> None:
    text = """
    watchlist = ["SPY", "VTSAX"]
    [[position]]
    symbol = "BACpL"
    quantity = 100.75
    [[position]]
    symbol = "AMpB"
    quantity = -10.5
    average_cost = 20.0
    [[position]]
    symbol = "BRK.A"
    quantity = 0.4
    average_cost = 500000
    [[position]]
    symbol = "FXAIX"
    quantity = 10
    average_cost = 150
    """
    manager = PositionManager(write(tmp_path, text))
    assert manager.get_active_positions() == [
        Position("BACpL", 100, Decimal(0)),
        Position("AMpB", -10, Decimal("20.0")),
    ]
    assert manager.get_watchlist() == ["SPY"]
    assert manager.notes == (
        "BACpL: 100.75 shares held, whole ones counted (100)",
        "BACpL: no average cost, so no P&L",
        "AMpB: -10.5 shares held, whole ones counted (-10)",
        "BRK.A: 0.4 shares held, whole ones counted (0)",
        "left out, funds, which trade nowhere during the day: FXAIX, VTSAX",
    )


def test_an_empty_file_means_flat(tmp_path: Path) -> None:
    manager = PositionManager(write(tmp_path, ""))
    assert manager.get_active_positions() == []
    assert manager.get_watchlist() == []


HEAD = '[[position]]\nsymbol = "BAC"\nquantity = 1\naverage_cost = 2.0\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (HEAD.replace("= 1", "= nan"), "positions.toml:3: position 1 (BAC): quantity = NaN refused: must be a number"),
        (HEAD.replace("= 1", "= 1e1000000"), "quantity = 1E+1000000 refused: must be a number of shares"),
        (HEAD.replace("= 1", "= true"), "positions.toml:3: position 1 (BAC): quantity = True refused"),
        (HEAD.replace("= 1", "= '1'"), "positions.toml:3: position 1 (BAC): quantity = '1' refused"),
        (HEAD.replace("= 1", "= " + "9" * 40), "quantity = (a number of more than 30 digits) refused"),
        (HEAD.replace("2.0", "0"), "positions.toml:4: position 1 (BAC): average_cost = 0 refused: must be a price"),
        (HEAD.replace("2.0", "-3.5"), "average_cost = -3.5 refused"),
        (HEAD.replace("2.0", "nan"), "average_cost = NaN refused"),
        (HEAD.replace("2.0", "inf"), "average_cost = Infinity refused"),
        (HEAD.replace("2.0", "1e-999999"), "average_cost = 1E-999999 refused"),
        (HEAD.replace("2.0", "1e999999999999999999999"), "positions.toml"),
        (HEAD.replace("2.0", "true"), "average_cost = True refused"),
        (HEAD + "stop = 0.0", "positions.toml:5: position 1 (BAC): stop = 0.0 refused"),
        (HEAD.replace('"BAC"', '"../x"'), "positions.toml:2: position 1 (../x): '../x' is not a ticker"),
        (HEAD.replace('"BAC"', "7"), "positions.toml:2: position 1: 7 is not a ticker"),
        (HEAD.replace("quantity = 1\n", ""), "positions.toml:1: position 1 (BAC): quantity is missing"),
        (HEAD + "quantty = 5", "positions.toml:5: position 1 (BAC): unknown key 'quantty'; did you mean quantity?"),
        ("watchlst = []\n" + HEAD, "positions.toml:1: unknown key 'watchlst'; did you mean watchlist?"),
        ('watchlist = ["SPY", "SPY"]', "positions.toml:1: watchlist: SPY is listed twice"),
        ("watchlist = [5]", "positions.toml:1: watchlist: 5 is not a ticker"),
        ("watchlist = 'SPY'", "positions.toml:1: watchlist must be a list"),
        ("\n[position]\nsymbol = 'A'", "positions.toml:2: position must be [[position]] tables"),
        ("position = [1]", "positions.toml:1: position must be [[position]] tables"),
        (HEAD + "\n" + HEAD, "positions.toml:7: position 2 (BAC): BAC is listed twice"),
        (HEAD + HEAD.replace("BAC", "b-a"), None),
        (HEAD + "working = 5", "working must be a list"),
        (HEAD + "working = [{side = 'sell', price = 1.0}]", "positions.toml:5: position 1 (BAC): each order must be"),
        (HEAD + "working = [{side = 'hold', price = 1.0, size = 1}]", "side = 'hold' refused: must be buy or sell"),
        (HEAD + "working = [{side = 'buy', price = 0, size = 1}]", "price = 0 refused"),
        (HEAD + "working = [{side = 'buy', price = 1, size = 0}]", "size = 0 refused: must be a whole number of sh"),
        (
            HEAD + "events = ['tomorrow']",
            "positions.toml:5: position 1 (BAC): events: 'tomorrow' refused: must be like",
        ),
        (HEAD + "events = ['2026-02-31 after']", "no such date"),
        (HEAD + "events = [2026-01-29]", "events: datetime.date(2026, 1, 29) refused: must be like"),
        (HEAD + "symbol = 'X'", "positions.toml: not valid TOML"),
        ("[[position x", "(at line 1, column"),
        ("a = " + "[" * 9999, "not valid TOML"),
        (b"\xff\xfe", "positions.toml: not UTF-8 text"),
        (b"#" * 1_000_001, "larger than 1,000,000 bytes"),
        ('"\\u001b]0;x" = 1', "unknown key '\\x1b]0;x'"),
        ('position = [{symbol = "BAC", quantity = nan, average_cost = 1}]', "positions.toml: position 1 (BAC): quant"),
    ],
)
def test_a_bad_file_names_line_and_reason(tmp_path: Path, text: str | bytes, expected: str | None) -> None:
    if expected is None:
        assert len(PositionManager(write(tmp_path, text)).get_active_positions()) == 2
    else:
        assert expected in refusal(tmp_path, text)


def test_a_missing_file_is_its_own_state(tmp_path: Path) -> None:
    with pytest.raises(PositionsMissing, match="no such positions file"):
        PositionManager(tmp_path / "positions.toml")
    manager = PositionManager(tmp_path / "positions.toml", allow_missing=True)
    assert manager.missing
    assert manager.get_active_positions() == []
    assert not manager.refresh()
    write(tmp_path, "broken")
    assert not manager.refresh()
    assert manager.missing
    assert "not valid TOML" in manager.message
    write(tmp_path, GOOD)
    assert manager.refresh()
    assert not manager.missing
    assert len(manager.get_active_positions()) == 2


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PositionsError, match="a directory, not a regular file"):
        PositionManager(tmp_path)


def test_a_change_is_taken_up_and_a_bad_one_is_not(tmp_path: Path) -> None:
    now = 100.0
    path = write(tmp_path, GOOD)
    manager = PositionManager(path, clock=lambda: now)
    assert not manager.refresh()
    write(tmp_path, GOOD.replace("1000", "600"))
    assert manager.refresh()
    assert manager.get_active_positions()[0].quantity == 600
    now = 110.0
    assert manager.age_seconds == 10
    assert not manager.refresh()
    assert manager.age_seconds == 0

    write(tmp_path, GOOD.replace("1000", "lots"))
    assert not manager.refresh()
    assert "the last good positions still apply" in manager.message
    assert manager.get_active_positions()[0].quantity == 600
    now = 150.0
    assert not manager.refresh()
    assert manager.age_seconds == 40

    path.unlink()
    assert not manager.refresh()
    assert "no such positions file" in manager.message
    assert manager.get_active_positions()[0].quantity == 600
    assert not manager.missing

    write(tmp_path, GOOD.replace("1000", "600") + "# a comment\n")
    assert not manager.refresh()
    assert manager.message == ""
    assert manager.age_seconds == 0


def test_what_a_change_leaves_out_is_news_for_a_minute(tmp_path: Path) -> None:
    now = 100.0
    manager = PositionManager(write(tmp_path, GOOD), clock=lambda: now)
    assert manager.news == ""
    write(
        tmp_path,
        GOOD.replace("quantity = 1000", "quantity = 1000.5").replace("watchlist = [", 'watchlist = ["FXAIX", '),
    )
    assert manager.refresh()
    told = (
        "positions: BAC: 1000.5 shares held, whole ones counted (1,000);"
        " left out, funds, which trade nowhere during the day: FXAIX"
    )
    assert manager.news == told
    now = 159.0
    assert manager.news == told
    now = 160.0
    assert manager.news == ""


def test_fixed_positions() -> None:
    held = Position("AAPL", 5, Decimal(1), hypothetical=True)
    manager = PositionManager.fixed([held, Position("ZVZZT", 0, Decimal(1))], ["SPY"])
    assert manager.get_active_positions() == [held]
    assert manager.get_watchlist() == ["SPY"]
    assert not manager.refresh()


def test_fixed_positions_do_not_age() -> None:
    manager = PositionManager.fixed([Position("AAPL", 5, Decimal(1))])
    manager._good_at -= 500.0
    assert manager.age_seconds == 0.0


def test_events_are_new_york_instants() -> None:
    assert event_instant_ns("2026-01-29 after") == datetime_ns(datetime(2026, 1, 29, 21, tzinfo=UTC))
    assert event_instant_ns("2026-07-29 before") == datetime_ns(datetime(2026, 7, 29, 13, 30, tzinfo=UTC))
    assert event_instant_ns("2026-07-29 14:00") == datetime_ns(datetime(2026, 7, 29, 18, tzinfo=UTC))
    with pytest.raises(ValueError, match="hour"):
        event_instant_ns("2026-07-29 25:00")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.text(st.sampled_from('[]{}=",.-#\n\'" abBps013position symbol quantity average_cost working'), max_size=120))
def test_any_text_is_positions_or_one_printable_line(tmp_path: Path, text: str) -> None:
    line = "fine"
    try:
        PositionManager(write(tmp_path, text))
    except PositionsError as error:
        line = str(error)
    assert line.isprintable()


@given(price=st.decimals(Decimal("0.0001"), 10**6, places=4), quantity=st.integers(-(10**9), 10**9).filter(bool))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_figures_are_exact(tmp_path: Path, price: Decimal, quantity: int) -> None:
    text = f'[[position]]\nsymbol = "A"\nquantity = {quantity}\naverage_cost = {price:f}\n'
    (position,) = PositionManager(write(tmp_path, text)).get_active_positions()
    assert (position.quantity, position.average_cost) == (quantity, price)
