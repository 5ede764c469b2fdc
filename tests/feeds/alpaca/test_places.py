"""Where the stream has no room for every symbol, each is told what it is."""

from __future__ import annotations

from msgspec.structs import replace

from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.feeds.alpaca.places import Places
from orderflow_tui.feeds.feed import SymbolCapabilities
from tests.feeds.collector import Collector


def test_who_is_polled_beside_a_stream_is_told_and_who_gets_a_place_again() -> None:
    got, source = Collector(), Capabilities("alpaca", "live", "there", streaming=True)
    places = Places(got)
    places.tell(("ACME", "BOLT"), {"ACME", "BOLT"}, source)
    assert not got.of(SymbolCapabilities)
    for streamed in ({"ACME"}, {"ACME"}, {"BOLT"}, {"ACME", "BOLT"}):
        places.tell(("ACME", "BOLT"), streamed, source)
    places.tell(("ACME", "BOLT"), (), replace(source, streaming=False))
    told = [(one.symbol, one.capabilities.streaming, one.capabilities.shows) for one in got.of(SymbolCapabilities)]
    away = (False, "NBBO, 1 level, polled")
    assert told == [
        ("BOLT", *away), ("ACME", *away), ("BOLT", True, ""), ("ACME", True, ""), ("ACME", False, ""), ("BOLT", False, ""),
    ]  # fmt: skip
