"""From alerts to one recommendation: signals, the exit rule, and the latch that waits for the trader's answer."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from orderflow_tui.core.exits.basis import PRICE_ALARM
from orderflow_tui.core.market.sessions import new_york_day
from orderflow_tui.core.model.data_models import BURST, Answer, ExitRecommendation, OrderFlowAlert
from orderflow_tui.core.model.outputs import (
    AnswerTakenBack,
    ExitAnswered,
    ExitResolved,
    ExitTriggered,
    Output,
)
from orderflow_tui.core.model.units import CENT, NS, datetime_ns, price_text
from orderflow_tui.core.rules.explain import why
from orderflow_tui.core.short_as_long import Mirror

QUIET_NS: Final = 300 * NS
DELAYED_WORDS: Final = r"DELAYED \d+ MIN: "
"""What a recommendation on delayed data begins with, whatever follows."""
_FIRST_WORDS: Final = re.compile(rf"({DELAYED_WORDS})?(?:snooze is over: )?")
DOUBLINGS: Final = 3


class Figures(Struct, frozen=True):
    """The position and the book at the moment a recommendation opens or is answered. Prices in core units."""

    quantity: int
    bid: int | None
    rearm_distance: int
    day: date
    template: Callable[[], ExitRecommendation]
    """Makes a recommendation with the position's figures filled in."""
    mirror: Mirror = Mirror()


LatchKind = Literal["flow", "stop"]


class LatchState(msgspec.Struct, frozen=True, array_like=True):
    """All that a latch knows, as a recording keeps it; fields as `ExitLatch` has them."""

    current: ExitRecommendation | None
    signals: int
    answer_ns: int
    answer_bid: int | None
    quiet_until: int
    last_evidence_ns: int
    muted_quantity: int | None
    muted_day: date | None
    on_walls: bool
    returns: int = 0
    before: LatchState | None = None
    """How it stood before the latest answer, while that can be taken back."""
    answered: Answer | None = None


class ExitLatch:
    """One recommendation of one kind for one symbol: opened, latched, answered, quiet, re-armed, resolved."""

    __slots__ = (
        "_answer_bid", "_answer_ns", "_answered", "_before", "_kind", "_last_evidence_ns", "_muted_day",
        "_muted_quantity", "_on_walls", "_quiet_until", "_returns", "current", "signals",
    )  # fmt: skip

    def __init__(self, kind: LatchKind) -> None:
        self._kind: LatchKind = kind
        self.current: ExitRecommendation | None = None
        self.signals = 0
        self._answer_ns = 0
        self._answer_bid: int | None = None
        self._quiet_until = 0
        self._last_evidence_ns = 0
        self._muted_quantity: int | None = None
        self._muted_day: date | None = None
        self._on_walls = False
        self._returns = 0
        """How often the price alone has brought it back since its evidence was new."""
        self._before: LatchState | None = None
        self._answered: Answer | None = None

    @property
    def quiet_until(self) -> int:
        """Until when a held or snoozed recommendation stays quiet, ns UTC."""
        return self._quiet_until

    @property
    def answer_bid(self) -> int | None:
        """The bid at the answer, core units."""
        return self._answer_bid

    def evidence(self, time_ns: int) -> None:
        """Counted evidence came, enough for a recommendation or not."""
        self._last_evidence_ns = max(self._last_evidence_ns, time_ns)
        if self.current is not None and self.current.status != "open":
            self.signals += 1

    def attach(self, alert: OrderFlowAlert, prints: int) -> None:
        """New evidence joins the open recommendation."""
        current = self.current
        if current is None or current.status != "open" or alert.episode_id in current.episode_ids:
            return
        self.current = replace(
            current,
            evidence=(*current.evidence, alert.text),
            episode_ids=(*current.episode_ids, alert.episode_id or ""),
            prints=current.prints + prints,
            shares=current.shares + (alert.order_size or 0 if prints else 0),
        )

    def opens(self, time_ns: int, figures: Figures, *, burst: bool) -> bool:
        """Whether `trigger` would make a recommendation now."""
        if figures.quantity == 0:
            return False
        self.position_is(figures.quantity)
        if self.muted_day == figures.day:
            return False
        current = self.current
        if current is None:
            return True
        early = burst and self._on_walls and current.status != "snoozed"
        return current.status != "open" and (time_ns >= self._quiet_until or early)

    def trigger(
        self, time_ns: int, recommendation: ExitRecommendation, figures: Figures, *, burst: bool
    ) -> Output | None:
        """The rule is met; opens, re-opens or stays latched."""
        if not self.opens(time_ns, figures, burst=burst):
            return None
        follows = "" if self.current is None else self.current.recommendation_id
        self._returns = 0
        return self._open(time_ns, recommendation, burst=burst, follows=follows)

    def _open(self, time_ns: int, recommendation: ExitRecommendation, *, burst: bool, follows: str) -> Output:
        self.current, self.signals = recommendation, 0
        self.keep_answer()
        self._on_walls = not burst and self._kind == "flow"
        self._last_evidence_ns = time_ns
        return ExitTriggered(recommendation, self._kind, time_ns, follows)

    def position_is(self, quantity: int) -> None:
        """The position as it stands; any change of its quantity ends the silence after `exited`."""
        if quantity != self._muted_quantity:
            self._muted_quantity = None

    @property
    def muted_day(self) -> date | None:
        """The New York day on which `exited` keeps it quiet, None when nothing does."""
        return self._muted_day if self._muted_quantity is not None else None

    def answer(self, time_ns: int, answer: Answer, figures: Figures) -> Output | None:
        """The trader answered; None when there is nothing to answer."""
        current = self.current
        if current is None or current.status in ("exited", "resolved"):
            return None
        self._before, self._answered = self._bare_state(), answer
        self._answer_ns, self._answer_bid = time_ns, figures.bid
        self.signals = 0
        status: Literal["exited", "trimmed", "held", "snoozed"]
        if answer.kind == "exited":
            status = "exited"
            self._muted_quantity, self._muted_day = figures.quantity, figures.day
            self._quiet_until = 0
        else:
            status = {"hold": "held", "trimmed": "trimmed", "snooze": "snoozed"}[answer.kind]  # type: ignore[assignment]
            quiet = answer.minutes * 60 * NS if answer.kind == "snooze" else QUIET_NS
            self._quiet_until = time_ns + quiet
        said = replace(current, status=status)
        self.current = None if status == "exited" else said
        return ExitAnswered(said, answer, time_ns, figures.bid)

    @property
    def answered(self) -> tuple[ExitRecommendation, Answer, int] | None:
        """What the latest answer was given to, the answer, and when, ns UTC; None where none can be taken back."""
        before = self._before
        if before is None or before.current is None or self._answered is None:
            return None
        return before.current, self._answered, self._answer_ns

    def keep_answer(self) -> None:
        """The latest answer can no longer be taken back: something new has come of it."""
        self._before = self._answered = None

    def take_back(self, time_ns: int, figures: Figures) -> Output | None:
        """Be as before the latest answer; evidence that has grown old meanwhile opens nothing again."""
        before, answer, newest_ns = self._before, self._answered, self._last_evidence_ns
        if before is None or (back := before.current) is None or answer is None or not figures.quantity:
            return None
        self.resume(before)
        self._last_evidence_ns = max(newest_ns, before.last_evidence_ns)
        if self._kind == "flow" and time_ns - self._last_evidence_ns >= QUIET_NS:
            self.current, back = None, replace(back, status="resolved")
        return AnswerTakenBack(back, answer, time_ns, figures.bid)

    def on_clock(self, time_ns: int, figures: Figures, *, stop_crossed_ns: int = 0) -> list[Output]:
        """Let time and price act: re-arm a hold, end a snooze, resolve what is over."""
        current = self.current
        if current is not None and figures.quantity == 0:
            return [self._resolve(time_ns, current, "position closed")]
        if current is None or current.status == "open":
            return []
        snoozed = current.status == "snoozed"
        if time_ns < self._quiet_until:
            if not snoozed and self._against(figures, stop_crossed_ns):
                return [self._reopen(time_ns, current, figures)]
        elif snoozed and self.signals:
            return [self._reopen(time_ns, current, figures)]
        elif time_ns - max(self._last_evidence_ns, self._answer_ns) >= QUIET_NS:
            self.keep_answer()
            return [self._resolve(time_ns, current, "no counted evidence for 300 s")]
        return []

    def _against(self, figures: Figures, stop_crossed_ns: int) -> bool:
        return (self._kind == "flow" and stop_crossed_ns > self._answer_ns) or self._price_went(figures)

    def _price_went(self, figures: Figures) -> bool:
        """Whether the price has gone on against the answer far enough to be an alarm by itself."""
        if figures.bid is None or self._answer_bid is None:
            return False
        return self._answer_bid - figures.bid >= self._distance(figures)

    def _distance(self, figures: Figures) -> int:
        """How far the price has to go on: each return by price alone needs twice the way of the one before."""
        return figures.rearm_distance << min(self._returns, DOUBLINGS)

    def _reopen(self, time_ns: int, current: ExitRecommendation, figures: Figures) -> Output:
        """Ask again: after a snooze with what is known, by the price as an alarm of the price alone."""
        first = _FIRST_WORDS.match(current.reason)
        assert first is not None
        words, evidence, details = current.reason[first.end() :], current.evidence, current.details
        if current.status == "snoozed":
            words = f"snooze is over: {words}"
        else:
            words, details = self._price_words(figures)
            evidence = (words,)
            self._returns += self._price_went(figures)
        reopened = replace(
            figures.template(),
            recommendation_id=f"{current.symbol}:{'stop' if self._kind == 'stop' else 'exit'}:{time_ns}",
            reason=f"{first[1] or ''}{words}",
            evidence=evidence,
            episode_ids=current.episode_ids,
            status="open",
            prints=current.prints,
            shares=current.shares,
            details=details,
        )
        return self._open(time_ns, reopened, burst=not self._on_walls, follows=current.recommendation_id)

    def _price_words(self, figures: Figures) -> tuple[str, dict[str, Any]]:
        """What the price did since the answer, in words and as details."""
        then, now = self._answer_bid, figures.bid
        mirror = figures.mirror
        touch, beyond = mirror.words("bid", "ask"), mirror.words("under", "above")
        if then is None or now is None or not self._price_went(figures):
            at = "" if now is None else f", {touch} {price_text(mirror.price(now))}"
            return f"price alarm: your stop was crossed{at}", {"basis": PRICE_ALARM}
        moved, distance = (then - now) / CENT, self._distance(figures) / CENT
        at, answered_at = price_text(mirror.price(now)), price_text(mirror.price(then))
        words = f"price alarm: {touch} {at}, {moved:.4g}c {beyond} your answer at {answered_at}"
        return words, {"basis": PRICE_ALARM, **why(("cents_since_answer", moved, distance))}

    def _resolve(self, time_ns: int, current: ExitRecommendation, reason: str) -> Output:
        self.current = None
        return ExitResolved(replace(current, status="resolved"), time_ns, reason)

    def resume_journaled(
        self,
        recommendation: ExitRecommendation,
        answer: Answer | None,
        answered_ns: int,
        bid: int | None,
        quantity: int,
    ) -> None:
        """Take up after a restart where the journal left it."""
        self.current = recommendation
        self._muted_quantity = None
        self._last_evidence_ns = datetime_ns(recommendation.opened_utc)
        self._on_walls = self._kind == "flow" and not any(f":{BURST}:" in one for one in recommendation.episode_ids[:1])
        if answer is None:
            return
        opened = replace(recommendation, status="open")
        self._before, self._answered = msgspec.structs.replace(self._bare_state(), current=opened), answer
        self._answer_ns, self._answer_bid = answered_ns, bid
        if answer.kind == "exited":
            self.current = None
            self._muted_quantity = quantity
            self._muted_day = new_york_day(answered_ns)
            return
        minutes = answer.minutes if answer.kind == "snooze" else QUIET_NS // (60 * NS)
        self._quiet_until = answered_ns + minutes * 60 * NS

    def state(self) -> LatchState:
        """What `resume` takes up."""
        return msgspec.structs.replace(self._bare_state(), before=self._before, answered=self._answered)

    def _bare_state(self) -> LatchState:
        return LatchState(
            self.current, self.signals, self._answer_ns, self._answer_bid, self._quiet_until, self._last_evidence_ns,
            self._muted_quantity, self._muted_day, self._on_walls, self._returns,
        )  # fmt: skip

    def resume(self, state: LatchState) -> None:
        """Be as another latch of this kind was."""
        self.current, self.signals = state.current, state.signals
        self._answer_ns, self._answer_bid = state.answer_ns, state.answer_bid
        self._quiet_until, self._last_evidence_ns = state.quiet_until, state.last_evidence_ns
        self._muted_quantity, self._muted_day = state.muted_quantity, state.muted_day
        self._on_walls, self._returns = state.on_walls, state.returns
        self._before, self._answered = state.before, state.answered
