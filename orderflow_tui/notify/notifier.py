"""Says records through the channels, from threads of its own: neither the journal nor the screen ever waits for it."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from orderflow_tui.config.notify import LEVELS, NotifySettings
from orderflow_tui.core.model.units import NS, datetime_ns, utc_datetime
from orderflow_tui.journal.records import AlertRecord, AnswerRecord, ExitRecord, Record, ResolvedRecord
from orderflow_tui.notify.channels import Channel, ChannelError
from orderflow_tui.notify.message import Message, message_of, weighed
from orderflow_tui.track_record.evidence_kinds import Weight

_WAITING: Final = 200
_TICK_SECONDS: Final = 1.0
_LONGEST_ESCALATION: Final = 900.0


class _Open(Struct):
    """An unanswered recommendation."""

    message: Message
    since: float
    next_at: float
    wait: float


class _Lane(Struct):
    """One channel with its queue, its thread and what it said last of each symbol."""

    channel: Channel
    least: int
    waiting: queue.Queue[Message | None] = field(default_factory=lambda: queue.Queue(_WAITING))
    said: dict[str, tuple[float, int]] = field(default_factory=dict)
    held_back: dict[str, int] = field(default_factory=dict)
    problem: str = ""
    thread: threading.Thread | None = None


class Notifier:
    """A monitor's listener.

    Args:
        settings: Quiet hours, rates, escalation.
        channels: Each with its least level's name.
        tz: The zone of the quiet hours.
        clock: Seconds that only grow.
        wall_ns: Nanoseconds UTC, for the quiet hours.
        demoted: Whether a rule, or this kind of its evidence, has done worse than chance here: its messages
            say so.
        worth: What a recommendation's kind of evidence was worth, in words, and its weight.
    """

    def __init__(
        self,
        settings: NotifySettings,
        channels: Iterable[tuple[Channel, str]],
        *,
        tz: str,
        clock: Callable[[], float] = time.monotonic,
        wall_ns: Callable[[], int] = time.time_ns,
        demoted: Callable[[str, str], bool] = lambda *_: False,
        worth: Callable[[ExitRecord], tuple[str, Weight]] = lambda _: ("", "leads"),
    ) -> None:
        self._worth = worth
        self._demoted = demoted
        self._settings = settings
        self._zone = ZoneInfo(tz)
        self._clock = clock
        self._wall_ns = wall_ns
        self._lanes = [_Lane(channel, LEVELS[least]) for channel, least in channels]
        self._records: queue.SimpleQueue[tuple[Record, int] | None] = queue.SimpleQueue()
        self._open: dict[str, _Open] = {}
        self._thread: threading.Thread | None = None
        self.dropped = 0
        """Messages for which a channel had no room: it is far slower than the market."""

    @property
    def problem(self) -> str:
        """What the newest message of some channel met with, in one line; empty when all is said."""
        return "; ".join(lane.problem for lane in self._lanes if lane.problem)

    def start(self) -> None:
        """Start the threads."""
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()
        for lane in self._lanes:
            lane.thread = threading.Thread(
                target=self._speak, args=(lane,), name=f"notify-{lane.channel.name}", daemon=True
            )
            lane.thread.start()

    def close(self, timeout: float = 0.2) -> None:
        """End; what a channel is still at is left to its daemon thread after `timeout` seconds."""
        until = time.monotonic() + timeout
        self._records.put(None)
        if self._thread is not None:  # what the last record says goes to the channels first
            self._thread.join(max(0.0, until - time.monotonic()))
        for lane in self._lanes:
            with contextlib.suppress(queue.Full):
                lane.waiting.put_nowait(None)
        for lane in self._lanes:
            if lane.thread is not None:
                lane.thread.join(max(0.0, until - time.monotonic()))

    def on_record(self, record: Record, happened_ns: int) -> None:
        """Called by the monitor for each record; returns at once."""
        self._records.put((record, happened_ns))

    def _run(self) -> None:
        while True:
            try:
                arrived = self._records.get(timeout=_TICK_SECONDS)
            except queue.Empty:
                self.escalate()
                continue
            if arrived is None:
                return
            self.take(*arrived)
            self.escalate()

    def take(self, record: Record, happened_ns: int) -> None:
        """Decide about one record and hand it to the channels."""
        if isinstance(record, AnswerRecord | ResolvedRecord):
            self._open.pop(record.recommendation_id, None)
            return
        message = message_of(record, happened_ns)
        if message is None:
            return
        if isinstance(record, AlertRecord) and self._demoted(
            record.evidence or "none", str(record.details.get("basis", ""))
        ):
            message = replace(message, body=f"{message.body} (worse than chance here)")
        if isinstance(record, ExitRecord):
            message = weighed(message, *self._worth(record))
            self._wait_for(message, record)
        self._send(message)

    def remember(self, unanswered: Iterable[ExitRecord]) -> None:
        """Recommendations an earlier run left open: they are said again when nobody answers now."""
        for record in unanswered:
            message = message_of(record, datetime_ns(datetime.fromisoformat(record.timestamp_utc)))
            if message is not None:
                self._wait_for(weighed(message, *self._worth(record)), record)

    def _wait_for(self, message: Message, record: ExitRecord) -> None:
        now, wait = self._clock(), self._settings.escalate_after_seconds
        self._open[record.recommendation_id] = _Open(message, now, now + wait, wait)

    def escalate(self) -> None:
        """Say again what nobody has answered, at growing distances."""
        now = self._clock()
        for waiting in self._open.values():
            if now < waiting.next_at:
                continue
            waiting.wait = min(2 * waiting.wait, _LONGEST_ESCALATION)
            waiting.next_at = now + waiting.wait
            minutes, seconds = divmod(round(now - waiting.since), 60)
            title = f"UNANSWERED {minutes}:{seconds:02d}: {waiting.message.title}"
            self._send(replace(waiting.message, title=title), again=True)

    def _send(self, message: Message, *, again: bool = False) -> None:
        local = utc_datetime(self._wall_ns()).astimezone(self._zone).time()
        if self._settings.quiet_at(local):
            return
        for lane in self._lanes:
            if message.level >= lane.least:
                self._offer(lane, message, again=again)

    def _offer(self, lane: _Lane, message: Message, *, again: bool) -> None:
        """Put a message on a channel's queue unless it has said as much about the symbol a moment ago."""
        now, symbol = self._clock(), message.symbol
        said_at, level = lane.said.get(symbol, (-1e9, 0))
        if not again and now - said_at < self._settings.per_symbol_seconds and message.level <= level:
            lane.held_back[symbol] = lane.held_back.get(symbol, 0) + 1
            return
        more = lane.held_back.pop(symbol, 0)
        if more:
            message = replace(message, body=f"{message.body} ({more} more since the last message)")
        try:
            lane.waiting.put_nowait(message)
        except queue.Full:
            self.dropped += 1
            lane.problem = f"{lane.channel.name}: {self.dropped} messages dropped, it is too slow"
            return
        lane.said[symbol] = (now, message.level)

    def _speak(self, lane: _Lane) -> None:
        while (message := lane.waiting.get()) is not None:
            try:
                lane.channel.say(message)
                lane.problem = ""
            except ChannelError as failed:
                lane.problem = str(failed)
            except Exception as defect:  # noqa: BLE001 - a channel's defect is told and must not silence the next message
                lane.problem = f"{lane.channel.name}: failed: {type(defect).__name__}"


def try_out(channels: Iterable[tuple[Channel, str]]) -> list[tuple[str, str]]:
    """Say a test message through each channel now; `(channel, what went wrong or "")` each."""
    message = Message(
        LEVELS["exit"],
        "TEST",
        "TEST orderflow-tui",
        "This is a test: nothing happened.",
        time.time_ns() // NS * NS,
        None,
    )
    results: list[tuple[str, str]] = []
    for channel, _ in channels:
        try:
            channel.say(message)
            results.append((channel.name, ""))
        except ChannelError as failed:
            results.append((channel.name, str(failed)))
    return results
