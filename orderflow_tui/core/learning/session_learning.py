"""What the sessions of one symbol taught, and the thresholds that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.core.learning.exit_ratio import ratio_in_force
from orderflow_tui.core.learning.learned_sizes import SPLIT, SessionStats, SizeLearner, split_of, split_words
from orderflow_tui.core.market.sessions import Session, session_at
from orderflow_tui.core.market.state import MarketState
from orderflow_tui.core.market.timers import Timers
from orderflow_tui.core.model.outputs import StatusKind
from orderflow_tui.core.model.units import NS, price_text
from orderflow_tui.core.rules.burst_window import BurstWindow
from orderflow_tui.core.rules.terms import SymbolTerms
from orderflow_tui.core.short_as_long import Mirror

_BELIEVED_NS: Final = 100 * 3_600 * NS


class SessionLearning:
    """The session one symbol is in, and what it and earlier ones taught.

    Args:
        terms: Thresholds in force; sizes are fitted there.
        market: The symbol's market.
        timers: Where it stands in event time.
        span: The window of bursts: how high a living one has risen.
        mirror: Turns prices back for a short position.
        taught: What the last session of each name (`pre`, `regular`, ...) taught; used in `guarded` alone.
    """

    __slots__ = (
        "_known_split", "_market", "_mirror", "_span", "_terms", "_timers", "finished", "learner", "session",
        "taught", "unpriced",
    )  # fmt: skip

    def __init__(
        self,
        terms: SymbolTerms,
        market: MarketState,
        timers: Timers,
        span: BurstWindow,
        *,
        mirror: Mirror,
        taught: Mapping[str, SessionStats] | None = None,
    ) -> None:
        self._terms = terms
        self._market = market
        self._timers = timers
        self._span = span
        self._mirror = mirror
        self.taught = dict(taught or {})
        self.finished: list[SessionStats] = []
        """What sessions that ended have taught, for whoever keeps it."""
        self.learner = SizeLearner()
        self.session: Session | None = None
        self.unpriced = True
        """No print of this session has had a price yet."""
        self._known_split = (0.0, 0)

    def know_split(self, parts: float) -> None:
        """The holdings say that one share became so many: the price of the next print decides whether it has by now.

        It may come days before the price does: it is believed over a long weekend.
        """
        self._known_split = (parts, self._timers.now_ns + _BELIEVED_NS)
        self.unpriced = True

    def _known(self) -> float:
        parts, until_ns = self._known_split
        return parts if self._timers.now_ns <= until_ns else 0.0

    def set_taught(self, taught: Mapping[str, SessionStats]) -> None:
        """Other figures were learned of what the source shows now; this session begins to learn anew."""
        self.taught = dict(taught)
        last = self.taught.get(self.session.name) if self.session is not None else None
        price = self._market.last_price
        known = last if last is None or price is None else last.at_price(self._mirror.price(price), self._known())
        self._begin(known, self._timers.now_ns)

    def fit_sizes(self) -> None:
        """The sizes that count as large follow what was learnt."""
        self._terms.fit_sizes(self.learner.learnt_resting, self.learner.learnt_print)

    def fit_exit_ratio(self, time_ns: int) -> None:
        """The exit ratio of this instant: it grows with what today's bursts pass, at the pace of the session."""
        terms, learner, session = self._terms, self.learner, self.session
        threshold = terms.thresholds.red_burst_threshold
        if not terms.guarded:
            terms.exit_ratio = threshold
            return
        part = (time_ns - session.start_ns) / (session.end_ns - session.start_ns) if session is not None else 1.0
        earlier = learner.last.burst_ratios if learner.last is not None else ()
        terms.exit_ratio = ratio_in_force(earlier, learner.burst_peaks, part, threshold)

    def whole_second(self) -> None:
        """Learn from the book in force."""
        market = self._market
        if market.bids or market.asks:
            self.learner.whole_seconds(1, market.bids, market.asks)
        self.fit_sizes()

    def learn_print(self, size: int) -> None:
        """A reconstructed print on an exchange is whole."""
        if self._terms.guarded:
            self.learner.prints.add(size)

    def learn_burst(self, time_ns: int, peak: float) -> None:
        """A burst is over: how high it rose, 0 for one that was mostly one print."""
        if peak:
            self.learner.burst_peaked(peak)
        self.fit_exit_ratio(time_ns)

    def finish(self, session: Session) -> None:
        """A session is over: keep what it taught."""
        done = self.taught_now(session)
        self.finished.append(done)
        self.taught[session.name] = done

    def enter(self, session: Session, time_ns: int) -> None:
        """A session begins with what earlier ones of its name taught."""
        self.session = session
        self.unpriced = True
        self._begin(self.taught.get(session.name), time_ns)

    def _begin(self, last: SessionStats | None, time_ns: int) -> None:
        self.learner = SizeLearner(last)
        self._market.start_session(last.typical("usual_range") if last else 0)
        self.fit_exit_ratio(time_ns)
        self.fit_sizes()

    def first_price(self, time_ns: int, price: int) -> tuple[StatusKind, str] | None:
        """The session's first price: where a stock was split overnight, what it taught is rescaled; says so."""
        market, last, real = self._market, self.learner.last, self._mirror.price(price)
        if market.bids and market.asks:
            middle = self._mirror.price(market.bids[0][0] + market.asks[0][0]) / 2
            if max(middle, real) > SPLIT * min(middle, real):
                return None  # no price of this book: the next one may be
        self.unpriced = False
        if self._known() and self.session is not None:
            last = self.taught.get(self.session.name)  # sizes forgotten at the first price, when nobody knew of a split
        if last is None or not last.price:
            return None
        parts = split_of(abs(last.price), abs(real), self._known())
        forgotten = self.learner.last is None or not self.learner.last.price
        if parts == 1 or (not parts and forgotten):
            return None
        self._begin(last.at_price(real, self._known()), time_ns)
        change = f"price {price_text(real)}, {price_text(last.price)} last session"
        if not parts:
            return "new_price", f"{change}, no split known: sizes and ranges of earlier sessions are forgotten"
        return "split", f"{change}: {split_words(parts)}"

    def taught_now(self, session: Session | None = None) -> SessionStats:
        """What the current session (or one that has just ended) has taught."""
        session = session or self.session or session_at(self._timers.now_ns, sessions=self._terms.capabilities.sessions)
        market = self._market
        return self.learner.taught(
            session.day,
            session.name,
            market.usual_range,
            self._span.peak_ratio,
            self._mirror.price(market.last_price or 0),
        )
