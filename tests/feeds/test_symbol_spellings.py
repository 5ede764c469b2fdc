"""How a ticker is written for each vendor, and that what comes back is known by the name it has inside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from orderflow_tui.config.tickers import normalise_symbol
from orderflow_tui.feeds.feed import Batch, FeedStatus, SymbolNote
from orderflow_tui.feeds.live.symbol_spellings import Spellings, dotted, integrated, spaced
from tests.feeds.alpaca import serving as alpaca
from tests.feeds.databento import serving as databento
from tests.feeds.databento.test_feed import settle
from tests.feeds.ibkr import serving as ibkr

PREFERRED = "BACpL"


@pytest.mark.parametrize(
    ("symbol", "cms", "nasdaq"),
    [
        ("AAPL", "AAPL", "AAPL"),
        ("BRK.B", "BRK B", "BRK.B"),
        ("BACpL", "BAC PRL", "BAC-L"),
        ("TYp", "TY PR", "TY-"),
        ("XYZ.WS", "XYZ WS", "XYZ+"),
        ("XYZ.WS.A", "XYZ WSA", "XYZ+A"),
        ("XYZ.U", "XYZ U", "XYZ="),
        ("XYZr", "XYZ RT", "XYZ^"),
        ("XYZw", "XYZ WI", "XYZ#"),
        ("XYZpAw", "XYZ PRAWI", "XYZ-A#"),
    ],
)
def test_each_convention(symbol: str, cms: str, nasdaq: str) -> None:
    assert (spaced(symbol), dotted(symbol), integrated(symbol)) == (cms, cms.replace(" ", "."), nasdaq)
    assert Spellings(dotted).symbol(dotted(symbol)) == dotted(symbol)
    spelling = Spellings(integrated)
    assert spelling.symbol(spelling.of(symbol)) == symbol


def test_a_preferred_share_is_one_name_at_every_source() -> None:
    assert normalise_symbol(spaced(PREFERRED)) == normalise_symbol(dotted(PREFERRED)) == PREFERRED
    with alpaca.served([PREFERRED], sip=True) as rest, alpaca.running(alpaca.Config(rest.url), [PREFERRED]) as (_, got):
        got.wait(FeedStatus, lambda status: status.stream == "stream")
        got.wait(Batch, lambda one: one.symbol == PREFERRED and one.channel == "book")
    with databento.served([PREFERRED]) as gateway:
        with databento.running(databento.Config(gateway.address), [PREFERRED]) as (_, got):
            settle(got, PREFERRED)
        assert any("symbols=BAC-L|" in line for line in gateway.gateway.log)
    with (
        ibkr.served([PREFERRED]) as tws,
        ibkr.running(replace(tws.config, ibkr_books=0), [PREFERRED]) as (_, got),
    ):
        got.wait(SymbolNote, lambda note: (note.symbol, note.standing) == (PREFERRED, "ok"))
