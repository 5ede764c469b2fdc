"""What the screens have in common: the newest snapshot, the order of the panels, what is selected and what is asked.

No widget and no clock of its own: the app feeds it and the screens read it.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from orderflow_tui.core.model.holder import TOGETHER_NS
from orderflow_tui.tui.look.formatting import clean
from orderflow_tui.tui.state.order import SORT_WORDS, Sort, placed, ranked
from orderflow_tui.tui.state.view_choice import Layout, ViewChoice
from orderflow_tui.views.frozen_views import AlertLine, MonitorPort, RecommendationView, StatusView, SymbolView, asked

SILENT_AFTER_SECONDS = 5.0
"""A monitor publishes each second; after this long without a word nothing on the screen is current."""


def card_title(card: RecommendationView) -> str:
    """`EXIT? BAC`, `YOUR STOP BAC`, `EXIT? 2 of your 4 positions: BAC, NIO`: also the terminal's title."""
    return title_in(card, 1_000)


def title_in(card: RecommendationView, width: int) -> str:
    """The title in so many cells: of a card of several symbols as many as fit, the rest counted."""
    if card.kind != "market":
        return f"{'YOUR STOP' if card.kind == 'stop' else asked(card.weight)} {clean(card.symbol, 40)}"
    names = [clean(name, 12) for name in card.symbol.split()]
    title = f"{asked(card.weight)} {len(names)} of your {max(card.held, len(names))} positions: "
    for shown in range(len(names), 0, -1):
        more = f" +{len(names) - shown}" if shown < len(names) else ""
        words = f"{title}{', '.join(names[:shown])}{more}"
        if len(words) <= width:
            return words
    return title.rstrip(": ")


def asked_ids(card: RecommendationView) -> set[str]:
    """The recommendations a card holds: those of each of its symbols, or its own."""
    return {one.recommendation_id for one in card.names} or {card.recommendation_id}


def blind_holding(view: SymbolView) -> bool:
    """Shares are held and nothing on the panel can be trusted."""
    return view.chip == "BLIND" and view.position is not None and view.position.quantity != 0


def _is_known(view: SymbolView) -> bool:
    """Nothing that is sorted by is still to come."""
    return view.data_age_s is not None and (view.position is None or view.position.pnl is not None)


class ScreenModel(Struct):
    """The newest published state and the trader's place in it."""

    views: Mapping[str, SymbolView] = field(default_factory=dict)
    status: StatusView | None = None
    alerts: tuple[AlertLine, ...] = ()
    recommendations: tuple[RecommendationView, ...] = ()
    order: tuple[str, ...] = ()
    selected: str = ""
    pinned: tuple[str, ...] = ()
    card_id: str = ""
    silent_seconds: float = 0.0
    _version: int = -1
    _heard_at: float = 0.0
    layout: Layout = "auto"
    sort: Sort = "file"
    """What the panels were last sorted by. They are sorted when the trader asks, and stay where they stand."""
    _rung: frozenset[str] = frozenset()
    muted: bool = False
    """The bell is off."""
    _blind: frozenset[str] = frozenset()
    _alerted: frozenset[str] | None = None
    _silent: bool = False
    _to_sort: bool = False
    """What was chosen at an earlier start is sorted by once all it needs is known."""
    _places: tuple[str, ...] = ()
    """The order a sort put the symbols in; empty for the positions file's."""

    def poll(self, monitor: MonitorPort, monotonic: float) -> bool:
        """Take what was published since the last look.

        Args:
            monitor: Where it is published.
            monotonic: Seconds on a clock that never goes back.

        Returns:
            Whether anything a screen shows has changed.
        """
        version = monitor.version
        if version == self._version:
            return self._watch_silence(monotonic)
        self._version = version
        self._heard_at = monotonic
        self.silent_seconds = 0.0
        self.views, self.status = monitor.views(), monitor.status()
        self.alerts, self.recommendations = monitor.alert_lines(), monitor.recommendations()
        self.arrange()
        return True

    def _watch_silence(self, monotonic: float) -> bool:
        status = self.status
        if status is None or status.paused or status.ended:
            return False
        silent = float(int(monotonic - self._heard_at))
        silent = silent if silent >= SILENT_AFTER_SECONDS else 0.0
        if silent == self.silent_seconds:
            return False
        more = silent - self.silent_seconds
        self.views = {
            name: replace(view, stale=True, data_age_s=None if view.data_age_s is None else view.data_age_s + more)
            for name, view in self.views.items()
        }
        self.silent_seconds = silent
        return True

    def arrange(self) -> None:
        """Place the panels: pinned first, then as last sorted; only what comes and goes changes anything."""
        if self._to_sort and self.views and all(_is_known(view) for view in self.views.values()):
            self._to_sort = False
            self._places = ranked(self.views, self.sort)
        self.pinned = tuple(name for name in self.pinned if name in self.views)
        rest = (name for name in placed(self.views, self._places) if name not in self.pinned)
        self.order = (*self.pinned, *rest)
        if self.selected not in self.views:
            self.selected = next(iter(self.order), "")

    @property
    def choice(self) -> ViewChoice:
        """What is kept for the next start."""
        return ViewChoice(self.layout, self.sort)

    def take_up(self, choice: ViewChoice) -> None:
        """Begin as the trader left it."""
        self.layout, self.sort, self._to_sort = choice.layout, choice.sort, choice.sort != "file"

    def sort_by(self, sort: Sort) -> None:
        """Sort the panels once, by what is known now."""
        self.sort, self._to_sort = sort, False
        self._places = ranked(self.views, sort)
        self.arrange()

    def sort_next(self) -> str:
        """Sort by the next thing there is to sort by; returns what to tell."""
        names = list(SORT_WORDS)
        self.sort_by(names[(names.index(self.sort) + 1) % len(names)])
        return f"sorted by {SORT_WORDS[self.sort]}"

    def choose(self, symbol: str) -> None:
        """The trader looks at this symbol."""
        self.selected = symbol

    def choose_urgent(self) -> None:
        """Select what is most urgent: a position that cannot be seen, what the card is about, the loudest panel."""
        blind, card = self.blind_held, self.card
        if blind:
            self.selected = blind[0].symbol
        elif card is not None and (first := card.symbol.split(" ", 1)[0]) in self.views:
            self.selected = first
        else:
            self.selected = min(self.order, key=lambda name: self.views[name].urgency, default="")

    def toggle_pin(self) -> None:
        """Pin the selected symbol to the front, or let it go."""
        if self.selected in self.pinned:
            self.pinned = tuple(name for name in self.pinned if name != self.selected)
        elif self.selected:
            self.pinned = (*self.pinned, self.selected)
        self.arrange()

    def select_by(self, step: int) -> None:
        """Move the selection along the order, around its ends."""
        if self.order:
            place = self.order.index(self.selected) if self.selected in self.order else 0
            self.choose(self.order[(place + step) % len(self.order)])

    def select_number(self, number: int) -> None:
        """Select the panel at a place counted from 1, if there is one."""
        if 0 < number <= len(self.order):
            self.choose(self.order[number - 1])

    @property
    def open_cards(self) -> list[RecommendationView]:
        """Recommendations that wait for an answer, by rank, oldest first among equals."""
        waiting = [item for item in self.recommendations if item.status == "open"]
        return sorted(waiting, key=lambda item: (item.rank, item.opened_ns))

    @property
    def card(self) -> RecommendationView | None:
        """The recommendation the card shows: the one turned to while it is open, else the first."""
        cards = self.open_cards
        return next((item for item in cards if item.recommendation_id == self.card_id), cards[0] if cards else None)

    def next_card(self) -> None:
        """Show the next open recommendation."""
        cards, shown = self.open_cards, self.card
        if shown is not None:
            self.card_id = cards[(cards.index(shown) + 1) % len(cards)].recommendation_id

    def show_card_of(self, symbol: str) -> None:
        """Show a symbol's open recommendation where it has one."""
        card = next((item for item in self.open_cards if symbol in item.symbol.split()), None)
        if card is not None:
            self.card_id = card.recommendation_id

    def to_answer(self) -> RecommendationView | None:
        """What the acknowledge key is about: the card, else the selected symbol's held or snoozed recommendation."""
        if self.card is not None:
            return self.card
        return next(
            (
                item
                for item in self.recommendations
                if item.symbol == self.selected and item.status in {"held", "snoozed"}
            ),
            None,
        )

    def find(self, recommendation_id: str) -> RecommendationView | None:
        """The newest state of a recommendation, or None when the monitor no longer lists it."""
        every = (one for item in self.recommendations for one in (item, *item.names))
        return next((one for one in every if one.recommendation_id == recommendation_id), None)

    @property
    def last_answered(self) -> list[RecommendationView]:
        """What the latest answer was given to, while it can be taken back: several where one key answered them."""
        answered = [item for item in self.recommendations if item.answered_ns]
        newest = max((item.answered_ns for item in answered), default=0)
        return [item for item in answered if newest - item.answered_ns <= TOGETHER_NS]

    def newly_open(self) -> list[RecommendationView]:
        """Recommendations that have opened since the last call; each is named once per opening."""
        cards = self.open_cards
        fresh = [item for item in cards if not asked_ids(item) <= self._rung]
        self._rung = frozenset(name for item in cards for name in asked_ids(item))
        return fresh

    def newly_blind(self) -> list[SymbolView]:
        """Positions that went blind since the last call; each is named once per blindness."""
        blind = self.blind_held
        fresh = [view for view in blind if view.symbol not in self._blind]
        self._blind = frozenset(view.symbol for view in blind)
        return fresh

    def newly_silent(self) -> bool:
        """Whether the monitor has stopped saying anything since the last call."""
        before, self._silent = self._silent, self.silent_seconds > 0
        return self._silent and not before

    def newly_alerted(self) -> bool:
        """Whether an alert that counts came since the last call; what there was at the start is no news."""
        before = self._alerted
        self._alerted = frozenset(line.episode_id for line in self.alerts if line.counts and not line.late)
        return before is not None and not self._alerted <= before

    @property
    def asks(self) -> str:
        """What waits for the trader, loudest first: `BLIND NVDA, EXIT? BAC +1`; empty when nothing does."""
        blind, cards, card = self.blind_held, self.open_cards, self.card
        words = [f"BLIND {' '.join(view.symbol for view in blind[:3])}"] if blind else []
        if card is not None:
            words.append(card_title(card) + (f" +{len(cards) - 1}" if len(cards) > 1 else ""))
        return ", ".join(words)

    @property
    def blind_held(self) -> list[SymbolView]:
        """Positions nothing can be said about right now."""
        return [view for view in self.views.values() if blind_holding(view)]
