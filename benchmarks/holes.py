"""Five minutes cut out of a recorded day at 40 places: how many exits come from the reunion.

    python -m benchmarks.holes [--day 20131008]

Each place is run from 15 minutes before it to 3 minutes after the hole: as it is, with the hole, and with the hole on
rules that know no pause. Counted are places with an exit in those 3 minutes. Also: how many pauses the uncut day has.
"""

from __future__ import annotations

import argparse
from bisect import bisect_left
from collections.abc import Sequence
from decimal import Decimal
from unittest import mock

from benchmarks.measuring import SESSIONS
from orderflow_tui.core import symbol as symbol_core
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.model.events import Event, Gap
from orderflow_tui.core.model.outputs import ExitTriggered, StatusChanged
from orderflow_tui.core.model.units import NEVER_NS, NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.evaluate.symbol_day import Rules
from orderflow_tui.recordings.open_recording import open_recording

PLACES = 40
BEFORE, HOLE, AFTER = 900 * NS, 300 * NS, 180 * NS


def core_of(name: str, shows: Capabilities) -> SymbolCore:
    return SymbolCore(name, Rules(), shows, Position(name, 1_000, Decimal(10)))


def exits_after(core: SymbolCore, events: Sequence[Event], from_ns: int) -> int:
    told = core.process([Gap(events[0].time_ns, "start"), *events])
    return any(isinstance(said, ExitTriggered) and said.time_ns >= from_ns for said in told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--day", default="20131008")
    day = parser.parse_args().day
    print("| symbol | pauses in the day | exits without a hole | with it | with it, no pause known |")
    print("|---|---|---|---|---|")
    for name in ("bac", "aig", "ibm"):
        recording = open_recording(str(SESSIONS / f"{name}_{day}"))
        events, shows = list(recording.events()), recording.capabilities()
        times = [event.time_ns for event in events]
        first, last = times[0] + BEFORE, times[-1] - HOLE - AFTER
        counts = [0, 0, 0]
        for place in range(PLACES):
            begin = first + (last - first) * place // (PLACES - 1)
            end = begin + HOLE
            start, cut, back, over = (bisect_left(times, at) for at in (begin - BEFORE, begin, end, end + AFTER))
            holed = events[start:cut] + events[back:over]
            counts[0] += exits_after(core_of(name, shows), events[start:over], end)
            counts[1] += exits_after(core_of(name, shows), holed, end)
            with mock.patch.object(symbol_core, "PAUSE_NS", NEVER_NS):
                counts[2] += exits_after(core_of(name, shows), holed, end)
        whole = core_of(name, shows).process([Gap(times[0], "start"), *events])
        pauses = sum(isinstance(said, StatusChanged) and said.kind == "pause" for said in whole)
        print(f"| {name} | {pauses} | {' | '.join(f'{count} of {PLACES}' for count in counts)} |", flush=True)


if __name__ == "__main__":
    main()
