"""Tickers as typed and as brokers write them, in the data vendor's spelling."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.model.validators import SYMBOL
from orderflow_tui.feeds.polygon.endpoints import snapshot, snapshots
from orderflow_tui.monitor.learned_store import LearnedStore


@pytest.mark.parametrize(
    ("symbol", "spellings"),
    [
        ("AAPL", ("AAPL", " aapl ", "Aapl")),
        ("BRK.B", ("BRK.B", "brk-b", "BRK/B", "Brk.b", "BRK B", "BRK  B", "BRK_B")),
        ("BACpL", ("BACpL", "BAC-PL", "BAC PRL", "BAC.PR.L", "BAC PR L", "BAC/PRL", "BAC.PRL", "BAC-PR-L", "BAC^L")),
        ("BACpL", ("BACPRL", "BAC PL", "BAC/PL", "BAC$L", "bac-pl", "BAC PFD L")),
        ("AMpB", ("AMpB", "AM PRB", "AM-PB")),
        ("XYZp", ("XYZp", "XYZ PR", "XYZ.PR")),
        ("AMPB", ("AMPB", "ampb")),
        ("SPRB", ("SPRB",)),
        ("TPRA", ("TPRA",)),
        ("XYZ.WS", ("XYZ.WS", "XYZ WS", "XYZ/WS")),
        ("XYZ.U", ("XYZ/U", "XYZ.U")),
        ("XYZr", ("XYZr",)),
        ("XYZw", ("XYZw",)),
    ],
)
def test_every_spelling_becomes_the_vendors(symbol: str, spellings: tuple[str, ...]) -> None:
    assert {normalise_symbol(spelling) for spelling in spellings} == {symbol}


@pytest.mark.parametrize(
    "written",
    [
        "",
        "1A",
        "../etc",
        "ABCDEFGHIJK",
        "Ä",
        "ß",
        "[/]",
        "AMpb",
        "BACPl",
        "BACxL",
        "BACppL",
        "BAC\nL",
        "BAC^",
        "a^l b",
        "no symbol",
    ],
)
def test_what_is_no_ticker_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a ticker: up to 10 capitals") as refused:
        normalise_symbol(written)
    assert str(refused.value).isprintable()


@given(st.one_of(st.text(max_size=12), st.from_regex(re.compile(r"[A-Za-z./ ^-]{1,12}"), fullmatch=True)))
def test_a_spelling_is_one_that_reaches_a_url_or_it_is_refused(written: str) -> None:
    try:
        symbol = normalise_symbol(written)
    except ValueError:
        return
    assert SYMBOL.fullmatch(symbol)
    assert normalise_symbol(symbol) == symbol


def test_a_preferred_share_is_asked_for_as_it_is_spelt() -> None:
    assert snapshots(["AMpB", "BACpL"]).params == {"tickers": "AMpB,BACpL"}
    assert "/AMpB" in snapshot("AMpB").path


def test_what_a_name_taught_is_kept_apart_from_its_capitals(tmp_path: Path) -> None:
    """A disk that does not tell capitals from small letters would make one file of the two."""
    store = LearnedStore(tmp_path)
    for symbol in ("AMpB", "AMPB", "AM.B"):
        store.save(symbol, SessionStats(date(2026, 11, 20), "regular", resting=len(symbol)))
    names = [path.name.lower() for path in (tmp_path / "learned").iterdir()]
    assert len(set(names)) == 3
