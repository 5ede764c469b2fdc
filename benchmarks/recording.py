"""What `--record` costs the monitor's thread, how large a recording is, and how fast it plays.

python -m benchmarks.recording
"""

from __future__ import annotations

import itertools
import tempfile
import time
from decimal import Decimal
from pathlib import Path

from benchmarks.markets import SOURCE, Rules, market
from benchmarks.measuring import Figure, emit, interleaved, median
from orderflow_tui.core.model.data_models import Position
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import Begin, play
from orderflow_tui.recordings.run_files import RawReader
from orderflow_tui.recordings.writer import Recorder

EVENTS = 60_000
ROUNDS = 5
PIECES = (1, 10, 100)
"""Events in a call: a frame of the stream, a poll, a back-fill."""
HELD = Position("TEST", 1_000, Decimal("100.00"))


def _recorder(directory: str, run_id: str) -> Recorder:
    return Recorder(
        Path(directory), run_id, profile="guarded", source_class="live", data_source="polygon", journal=Path(directory)
    )


def _cost(piece: int, *, recorded: bool) -> float:
    """Nanoseconds an event of the thread that calls the core."""
    events = list(itertools.islice(market(1_000), EVENTS))
    calls = [events[start : start + piece] for start in range(0, EVENTS, piece)]
    with tempfile.TemporaryDirectory() as directory:
        recorder = _recorder(directory, "run")
        core = recorder.core("TEST", Rules(), SOURCE, HELD) if recorded else SymbolCore("TEST", Rules(), SOURCE, HELD)
        began = time.thread_time_ns()
        for call in calls:
            core.process(call)
        took = time.thread_time_ns() - began
        recorder.close(10)
    return took / EVENTS


def costs() -> list[Figure]:
    jobs = {
        f"{piece}{'r' if recorded else ''}": (lambda piece=piece, recorded=recorded: _cost(piece, recorded=recorded))
        for piece in PIECES
        for recorded in (False, True)
    }
    found = interleaved(ROUNDS, jobs)
    more = {p: median([a - b for a, b in zip(found[f"{p}r"], found[str(p)], strict=True)]) for p in PIECES}
    alone = ", ".join(f"{median(found[str(piece)]):,.0f} in calls of {piece}" for piece in PIECES)
    return [
        Figure(
            "recording", "ns an event that recording adds to the monitor's thread, calls of 1, 10, 100",
            ", ".join(f"{more[piece]:,.0f}" for piece in PIECES), f"the core alone: {alone}",
            "<= 5,000 in calls of 1", more[1] <= 5_000,
        )
    ]  # fmt: skip


def size_and_speed() -> list[Figure]:
    with tempfile.TemporaryDirectory() as directory:
        recorder = _recorder(directory, "run")
        core = recorder.core("TEST", Rules(), SOURCE, HELD)
        events = list(itertools.islice(market(100), EVENTS))
        for start in range(0, EVENTS, 10):
            core.process(events[start : start + 10])
        recorder.close(10)
        run = Path(directory) / "run"
        size = sum(path.stat().st_size for path in run.glob("*.raw")) / EVENTS
        began = time.process_time()
        frames = RawReader(run, "TEST").frames()
        first = next(frames)
        assert isinstance(first, Begin)
        again = first.core()
        for frame in frames:
            again, _ = play(frame, again)
        took = time.process_time() - began
    return [
        Figure("recording", "bytes an event on disk", f"{size:.1f}", "calls of 10, NBBO", "<= 40", size <= 40),
        Figure(
            "recording", "thousand events a second, read and played", f"{EVENTS / took / 1_000:,.0f}",
            f"{took:.2f} s for {EVENTS:,}",
        ),
    ]  # fmt: skip


if __name__ == "__main__":
    emit([*costs(), *size_and_speed()])
