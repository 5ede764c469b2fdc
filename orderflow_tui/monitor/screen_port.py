"""What screens and the command line may ask of a run, from any thread; everything returns at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from orderflow_tui.core.model.holder import Answer, WorkingOrder
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.feeds.feed import Arrival, FeedMessage
from orderflow_tui.journal.records import ExitRecord
from orderflow_tui.journal.writer import JournalWriter
from orderflow_tui.monitor.commands import AnswerGiven, Command, OwnOrders, Recover, ScreensLook, WatchDetails
from orderflow_tui.monitor.inbox import Inbox
from orderflow_tui.monitor.publisher import Publisher
from orderflow_tui.track_record.evidence_kinds import Weight
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.views.frozen_views import AlertLine, DetailView, RecommendationView, StatusView, SymbolView


class ScreenPort:
    """Frozen views one way, a handful of commands the other. Implements `views.MonitorPort`."""

    def __init__(
        self,
        inbox: Inbox[FeedMessage, Command],
        publisher: Publisher,
        journal: JournalWriter,
        record: TrackRecord | None,
    ) -> None:
        self._inbox = inbox
        self._publisher = publisher
        self._journal = journal
        self.record = record
        self.problems: list[Callable[[], str]] = []
        """Asked for what the status line should tell of the listeners; they answer at once."""
        self._on_news: Callable[[], None] | None = None
        self._detailed = ""

    @property
    def version(self) -> int:
        """Grows with every publication."""
        return self._publisher.version

    def views(self) -> Mapping[str, SymbolView]:
        """The newest view of each symbol."""
        return self._publisher.views

    def status(self) -> StatusView:
        """The newest status line."""
        return self._publisher.status

    def alert_lines(self) -> tuple[AlertLine, ...]:
        """The newest alert lines, newest first."""
        return self._publisher.lines

    def recommendations(self) -> tuple[RecommendationView, ...]:
        """Open ones first, then those held and snoozed."""
        return self._publisher.cards

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        """Record the trader's answer."""
        self._inbox.ask(AnswerGiven(recommendation_id, answer, Arrival.now()))

    def answer_from(self, screen: str, recommendation_id: str, answer: Answer) -> None:
        """Record an answer that a named screen gave."""
        self._inbox.ask(AnswerGiven(recommendation_id, answer, Arrival.now(), screen))

    def say_again(self, command: AnswerGiven | OwnOrders) -> None:
        """Take a command after the data that came before it and before what comes after: for a replay's own order."""
        self._inbox.put(command)

    def recover(self, symbol: str) -> None:
        """Try a BLIND symbol again now."""
        self._inbox.ask(Recover(symbol, Arrival.now()))

    def own_orders(self, symbol: str, orders: tuple[WorkingOrder, ...]) -> None:
        """These orders in the symbol's book are the holder's, beside those of the positions' source, until the end."""
        self._inbox.ask(OwnOrders(symbol, orders))

    def watch_detail(self, symbol: str) -> None:
        """Make `detail()` for this symbol from now on; an empty one ends it."""
        self._detailed = symbol
        self.watch_details(frozenset([symbol] if symbol else []))

    def watch_details(self, symbols: frozenset[str]) -> None:
        """Make the detail of these symbols, and of no other."""
        self._inbox.ask(WatchDetails(symbols))

    def detail(self) -> DetailView | None:
        """The newest detail of the watched symbol; None until it is made."""
        return self.detail_of(self._detailed)

    def detail_of(self, symbol: str) -> DetailView | None:
        """The newest detail of a symbol; None until it is made."""
        return self._publisher.details.get(symbol)

    def set_screens(self, count: int, fps: float = 0.0) -> None:
        """So many screens look, the fastest of them so many times a second: with none, no views are made."""
        self._inbox.ask(ScreensLook(count, fps))

    def rule_record(self, evidence: str) -> str:
        """How a rule (`exit` for recommendations) has done on this user's data, in one line; empty where not kept."""
        return self.record.words(evidence) if self.record is not None else ""

    def worth_of(self, record: ExitRecord) -> tuple[str, Weight]:
        """What a recommendation's kind of evidence was worth, in words, and how loud that lets it be."""
        return self.record.of_exit(record) if self.record is not None else ("", "leads")

    def rule_records(self) -> Mapping[str, str]:
        """How each rule, and `exit` for recommendations, has done on this user's data; empty where not kept."""
        if self.record is None:
            return {}
        return {name: self.record.words(name) for name in (*(rule.evidence for rule in CATALOGUE), "exit")}

    def on_news(self, listener: Callable[[], None]) -> None:
        """Call back, in the monitor's thread, once news has been published."""
        self._on_news = listener

    @property
    def writes_alone(self) -> bool:
        """No other program writes in the journal."""
        return self._journal.alone

    @property
    def not_logging(self) -> str:
        """Why records wait for the disk, in one line; empty where none does."""
        return "" if self._journal.healthy else f"NOT LOGGING: {self._journal.problem}; records wait"

    @property
    def journal_notice(self) -> str:
        """What befell the journal in the last minute though nothing waits, in one line; or empty."""
        return self._journal.notice

    @property
    def problem(self) -> str:
        """What is wrong beside the run, in one line; empty where nothing is."""
        return " | ".join(filter(None, (told() for told in self.problems)))
