"""The faults of the scenario `bad-day`, minute by minute: what a person should have seen once before it is real."""

from __future__ import annotations

from typing import Final

from orderflow_tui.feeds.simulator.faults import Fault

_MANY: Final = 100_000

BAD_DAY: Final[tuple[Fault, ...]] = (
    # The stream is pushed out once, drops once, falls silent once.
    Fault("stream", "max_connections", frames=150, times=1, until_seconds=60),
    Fault("stream", "close", frames=200, times=1, from_seconds=100, until_seconds=240, code=1011),
    Fault("stream", "silence", frames=100, times=1, from_seconds=240, until_seconds=420),
    # Too many requests, twice with a number of seconds to wait.
    Fault("trades", "status", status=429, retry_after=4.0, times=2, from_seconds=60, until_seconds=90),
    # One name's prints cannot be read for a while; the others go on.
    Fault("trades", "malformed_row", symbol="DYNO", times=_MANY, from_seconds=90, until_seconds=105),
    Fault("books", "crossed", symbol="DYNO", times=_MANY, from_seconds=120, until_seconds=128),
    Fault("snapshot", "crossed", symbol="DYNO", times=_MANY, from_seconds=120, until_seconds=128),
    # The host answers with its proxy's page, hangs, cuts bodies short, and is gone for some seconds.
    Fault("books", "html", status=502, times=3, from_seconds=140, until_seconds=160),
    Fault("snapshot", "html", status=502, times=3, from_seconds=140, until_seconds=160),
    Fault("trades", "hang", seconds=8.0, times=2, from_seconds=170, until_seconds=200),
    Fault("trades", "cut", times=3, from_seconds=200, until_seconds=220),
    *(
        Fault(endpoint, "reset", times=_MANY, from_seconds=260, until_seconds=272)
        for endpoint in ("books", "snapshot", "trades", "status", "universal", "nbbo")
    ),
    Fault("status", "clock_skew", seconds=7.0, times=2, from_seconds=300, until_seconds=460),
    Fault("trades", "status", status=503, probability=0.3, times=_MANY, from_seconds=330, until_seconds=360),
)
