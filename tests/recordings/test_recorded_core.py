"""A recorded core says what an unrecorded one says, and its frames make another say it again."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Mapping
from decimal import Decimal

import pytest
from msgspec.structs import replace

from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.learning.outcomes import Outcomes
from orderflow_tui.core.market.series import Series
from orderflow_tui.core.market.sessions import session_at
from orderflow_tui.core.model.capabilities import Capabilities
from orderflow_tui.core.model.data_models import Answer, Position
from orderflow_tui.core.model.outputs import ExitTriggered, Output, SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.rules.alert_writer import Thresholds
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import Begin, CoreCall, decode, encode, play
from orderflow_tui.journal.make_records import record_of
from orderflow_tui.recordings.recorded_core import RecordedCore
from tests.core.kit import NOON, Rules, drawn_market, held, source


def lived(core: SymbolCore, seed: int, rules: Rules, position: Position, capabilities: Capabilities) -> list[Output]:
    """A market in calls of some events each, with answers and changes between them."""
    draw = random.Random(seed)
    events = drawn_market(seed, given=seed % 2 == 0)
    out: list[Output] = []
    opened: list[str] = []
    while events:
        some = draw.randrange(1, 60)
        said = core.process(events[:some], news_from_ns=events[0].time_ns - draw.choice((0, 30)) * NS)
        del events[:some]
        out += said
        opened += [one.recommendation.recommendation_id for one in said if isinstance(one, ExitTriggered)]
        while opened:
            kind = draw.choice(("exited", "hold", "snooze"))
            answered = core.answer(core.timers.now_ns, opened.pop(), Answer(kind, minutes=1))  # type: ignore[arg-type]
            out += [answered] if answered is not None else []
        match draw.randrange(12):
            case 0:
                core.set_thresholds(
                    dataclasses.replace(rules, large_order_size_threshold=draw.randrange(4_000, 16_000))
                )
            case 1:
                core.holding.set_position(
                    dataclasses.replace(position, quantity=draw.randrange(1, 9) * position.quantity)
                )
            case 2:
                core.set_capabilities(replace(capabilities, depth_levels=draw.choice((1, 3))))
            case 3 if core.announcer.outcomes is not None:
                core.announcer.outcomes.seen = not core.announcer.outcomes.seen
            case 6:
                core.holding.alone = not core.holding.alone
            case 4:
                core.learning.set_taught(
                    {"regular": SessionStats(session_at(NOON).day, "regular", draw.randrange(9, 9_000))}
                )
            case 5:
                core.terms.event_times_ns = (NOON + draw.randrange(0, 7_200) * NS,)
    return out


@pytest.mark.parametrize("short", [False, True])
@pytest.mark.parametrize("profile", ["guarded", "plan"])
@pytest.mark.parametrize("seed", range(6))
def test_the_same_is_said_recorded_unrecorded_and_again(seed: int, profile: str, *, short: bool) -> None:
    rules = Rules(profile=profile)  # type: ignore[arg-type]
    position = held(-1_000 if short else 1_000, stop="99.50" if seed % 3 else None)
    capabilities = source(depth_levels=3)
    taught = {"regular": SessionStats(session_at(NOON).day, "regular", 12_000, 4_000, 3.5, 900)}
    frames: list[bytes] = []

    def record(frame: CoreCall) -> None:
        frames.append(encode(frame))

    def new(make: type[SymbolCore], **more: object) -> SymbolCore:
        core = make("TEST", rules, capabilities, position, taught, **more)
        core.announcer.outcomes = Outcomes()
        return core

    plain = lived(new(SymbolCore), seed, rules, position, capabilities)
    recorded = lived(new(RecordedCore, record=record), seed, rules, position, capabilities)
    begin = decode(frames[0])
    assert isinstance(begin, Begin)
    core = begin.core()
    again: list[Output] = []
    for frame in frames[1:]:
        core, said = play(decode(frame), core)
        again += said
    assert again
    assert written(plain) == written(recorded) == written(again)


def written(outputs: list[Output]) -> list[object]:
    return [
        output if isinstance(output, SideCheckRequested) else (record_of(output), output.time_ns) for output in outputs
    ]


def test_a_core_that_began_anew_is_another_one() -> None:
    """A name that was turned from long to short, or came back, begins again in the same file."""
    frames: list[bytes] = []

    def make(
        thresholds: Thresholds, position: Position | None, taught: Mapping[str, SessionStats] | None = None
    ) -> RecordedCore:
        return RecordedCore(
            "TEST", thresholds, source(), position, taught, record=lambda frame: frames.append(encode(frame))
        )

    for position in (held(), held(-1_000), None):
        make(Rules(), position).process(drawn_market(1, seconds=5))
    begins = [frame for frame in map(decode, frames) if isinstance(frame, Begin)]
    assert [begin.position and begin.position.quantity for begin in begins] == [1_000, -1_000, None]
    core = begins[0].core(charts=True)
    assert core.series is not None
    turned, said = play(begins[1], core)
    assert (turned is core, turned.mirror.short, said) == (False, True, [])
    assert isinstance(turned.series, Series)
    assert play(begins[2], core)[0].holding.position is None
    assert turned.holding.position == Position("TEST", -1_000, Decimal("100.00"))


def test_what_no_recording_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="a recording cannot hold a object"):
        encode({"x": object()})
