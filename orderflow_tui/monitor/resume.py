"""What earlier runs left: open recommendations and standing answers are taken up where their journal ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from msgspec import Struct

from orderflow_tui.core.model.outputs import ExitResolved
from orderflow_tui.core.model.units import datetime_ns, iso_utc
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.journal.make_records import answer_of, recommendation_of
from orderflow_tui.journal.recommendations import JournaledRecommendation
from orderflow_tui.journal.records import GapRecord
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore


class EarlierRuns(Struct, frozen=True):
    """What they left, and where this run keeps the same for the next.

    Attributes:
        recommendations: Of the last days, with their answers.
        unwatched_ns: Since when nobody watched, where the run before did not end in order.
        learned: Where what each symbol teaches is kept between sessions; None keeps nothing.
        followed: Where alerts are kept whose outcome is not known yet; None keeps nothing.
    """

    recommendations: Sequence[JournaledRecommendation] = ()
    unwatched_ns: int | None = None
    learned: LearnedStore | None = None
    followed: FollowUpStore | None = None


def resume_into(
    cores: Mapping[str, SymbolCore], earlier: Iterable[JournaledRecommendation], now_ns: int
) -> list[ExitResolved]:
    """Give each core its recommendations back.

    Args:
        cores: By symbol.
        earlier: In the order in which they opened; a later one of a kind stands for the earlier.
        now_ns: The start of this run, nanoseconds UTC.

    Returns:
        What concerns nothing held any more, to be journaled as resolved.
    """
    over: list[ExitResolved] = []
    for item in earlier:
        if item.resolved:
            continue
        recommendation = recommendation_of(item.record)
        core = cores.get(recommendation.symbol)
        held = core is not None and core.holding.quantity and core.mirror.against == recommendation.against
        answered = item.answer is not None and item.answer.answer == "exited"
        if core is None or not held:
            if not answered:
                over.append(ExitResolved(replace(recommendation, status="resolved"), now_ns, "position closed"))
            continue
        latch = core.holding.stop_latch if item.record.kind == "stop" else core.holding.flow
        if item.answer is None:
            latch.resume_journaled(recommendation, None, 0, None, core.holding.quantity)
            continue
        answer, price = answer_of(item.answer)
        answered_ns = datetime_ns(datetime.fromisoformat(item.answer.timestamp_utc))
        status = replace(recommendation, status=item.answer.status)
        latch.resume_journaled(status, answer, answered_ns, price, abs(item.answer.quantity))
    return over


def unwatched(from_ns: int, to_ns: int) -> GapRecord:
    """That nobody watched between two instants, nanoseconds UTC: the run before ended without a word."""
    reason = "not watched: the last run did not end cleanly"
    return GapRecord(symbol=None, reason=reason, channel="connection", from_utc=iso_utc(from_ns), to_utc=iso_utc(to_ns))
