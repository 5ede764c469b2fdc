"""The only writer of the journal: one line a record, nothing lost that can still be kept."""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.units import NS, iso_utc
from orderflow_tui.journal.directory import (
    LOCK_SECONDS,
    JournalError,
    LockedError,
    append_alone,
    append_line,
    claim,
    open_day,
    repair_days,
)
from orderflow_tui.journal.encode import Bodies, Stamps, quoted
from orderflow_tui.journal.file_lines import packed_tail
from orderflow_tui.journal.histogram import DurationHistogram
from orderflow_tui.journal.presence import Presence
from orderflow_tui.journal.records import Record
from orderflow_tui.journal.sync import GroupSync
from orderflow_tui.support.bounded_file import UnfitFileError

QUEUE_RECORDS: Final = 10_000
"""Records that wait while the disk cannot take them; then `write` waits."""
_RETRY_SECONDS: Final = 0.05
_PROVE_NS: Final = NS // 1_000
"""What is written is proved to stand in a file that has a name at the next record or tick, at most so often."""
_LOOK_NS: Final = NS // 10
"""How often a writer looks whether it is still alone."""
_MOST_REMOVALS: Final = 2
_NOTICE_NS: Final = 60 * NS
_DAY_NS: Final = 86_400 * NS
_sync_data: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)  # macOS has only fsync


_TOUCHES: Final = os.utime in os.supports_fd


def new_run_id(wall_ns: int) -> str:
    """An id for a run that starts at this instant: `20251022T143520-9f3a61`."""
    return f"{iso_utc(wall_ns)[:19].replace('-', '').replace(':', '')}-{secrets.token_hex(3)}"


class JournalWriter:
    """Appends records to `<directory>/<UTC date of writing>.jsonl`.

    Safe from any thread. A full disk or a vanished directory makes `healthy` False; records then wait in order, up to
    `queue_records`, and are retried with each `write` and `tick`. A full queue makes `write` wait.

    Args:
        directory: Made if missing, owner-only; belongs to one class of source.
        data_source: `polygon`, `simulator`, `replay`.
        source_class: `live`, `simulated` or `replayed`.
        profile: In force; a record may name its symbol's own.
        run_id: From `new_run_id`; event ids are `<run_id>-<n>`.
        clock: Nanoseconds UTC.
        mono: Nanoseconds of the monotonic clock that `caused_mono_ns` is on.
        queue_records: How many records may wait.

    Raises:
        JournalError: The directory belongs to another class of source or cannot be written.
    """

    def __init__(
        self,
        directory: Path,
        *,
        data_source: str,
        source_class: SourceClass,
        profile: str,
        run_id: str,
        clock: Callable[[], int] = time.time_ns,
        mono: Callable[[], int] = time.monotonic_ns,
        queue_records: int = QUEUE_RECORDS,
    ) -> None:
        self.directory = directory
        self.run_id = run_id
        self.problem = ""
        """Why records wait, in a few words; empty when none does."""
        self.write_times = DurationHistogram()
        """How long appending a line took, lock and system calls."""
        self.source_class: SourceClass = source_class
        """Of its records."""
        self._profile = profile
        self._clock, self._mono = clock, mono
        self._queue: deque[bytes] = deque()
        self._queue_records = queue_records
        self._lock = threading.Lock()
        self._room = threading.Condition(self._lock)
        self._stamps, self._happened = Stamps(), Stamps()
        self._bodies = Bodies()
        self._id_prefix = f'"event_id":{quoted(run_id)[:-1]}-'
        self._before_profile = f'"run_id":{quoted(run_id)},"data_source":{quoted(data_source)},"profile":'
        self._after_profile = f',"source_class":"{source_class}"'
        self._written = self._given_up = 0
        self._closing = False
        self._fd = -1
        self._presence = Presence()
        self._look_at = self._prove_at = 0
        self._unproved: list[bytes] = []
        self._path = directory
        self._day_from = self._day_to = 0
        self._retired: list[int] = []
        self._taken_away_ns: int | None = None
        self._locked_out = False
        """Another process keeps the file: nobody waits for it again until it lets go."""
        self._sync_problem = ""
        self._sync = GroupSync(self._sync_files)
        try:
            claim(directory, source_class)
            self._presence.enter(directory)
            repair_days(directory, alone=self._presence.alone)
            self._open(clock())
        except OSError as error:
            where = error.filename if isinstance(error, UnfitFileError) else directory
            raise JournalError(f"{ascii(str(where))[1:-1]} cannot be written: {_reason(error)}") from None

    @property
    def healthy(self) -> bool:
        """Every record so far stands in its file."""
        return not self.problem

    @property
    def alone(self) -> bool:
        """No other process writes in the directory."""
        return self._presence.alone

    @property
    def notice(self) -> str:
        """That the file was taken away, for a minute; or empty."""
        if self._taken_away_ns is None or self._mono() - self._taken_away_ns > _NOTICE_NS:
            return ""
        return "the journal file was removed, moved or packed; a new one was started"

    @property
    def waiting(self) -> int:
        """Records that could not be written yet, and after the end those that never were."""
        return len(self._queue) + self._given_up

    def write(
        self,
        record: Record,
        happened_ns: int,
        caused_mono_ns: int,
        *,
        profile: str | None = None,
        sync: bool = False,
    ) -> str:
        """Append one record.

        Args:
            record: Without its header, which is made here.
            happened_ns: When it happened, nanoseconds UTC.
            caused_mono_ns: When what settled it was in hand (a body's last byte, a key, a timer), monotonic.
            profile: The symbol's own, where it has one.
            sync: Ask for the disk's word at once, without waiting for it.

        Returns:
            The record's `event_id`.

        Raises:
            ValueError: A nested object has a key that the greps over the journal count.
            TypeError: A value has no place in JSON.
            JournalError: The journal was closed, also while this call waited for room.
        """
        with self._lock:
            if self._queue or self._closing:
                self._wait_for_room()
            self._written += 1
            line = self._line(record, happened_ns, caused_mono_ns, profile=profile or self._profile)
            self._queue.append(line)
            self._drain()
            event_id = f"{self.run_id}-{self._written}"
        self._sync.ask(now=sync)
        return event_id

    def tick(self) -> None:
        """Retry what waits and see whether the file is still where it belongs; call it about once a second."""
        with self._lock:
            if self._in_place():
                self._unproved.clear()
                if _TOUCHES:
                    os.utime(self._fd)  # `unwatched_since` reads from it when this run was last alive
            elif not self._closing:
                self._taken_away()
                self._begin_again()
            self._drain()

    def close(self, timeout: float = 2.0) -> tuple[bytes, ...]:
        """Write what waits, sync, and end.

        Args:
            timeout: Seconds to keep trying where the disk does not take it.

        Returns:
            The lines that could not be written, oldest first: the caller must say so.
        """
        deadline = time.monotonic() + timeout
        with self._lock:
            self._closing = True
            self._room.notify_all()
            if self._unproved and not self._in_place():
                self._taken_away()
            self._drain()
            while self._queue and (left := deadline - time.monotonic()) > 0:
                self._room.wait(min(_RETRY_SECONDS, left))
                self._drain()
            self._retire()
            self._presence.leave()
            unwritten = tuple(self._queue)
            self._given_up = len(unwritten)
            self._queue.clear()
        self._sync.ask(now=True)
        self._sync.stop(max(timeout, 0.1))
        return unwritten

    # --- a record's line ----------------------------------------------------------------------------------------

    def _line(self, record: Record, happened_ns: int, caused_mono_ns: int, *, profile: str) -> bytes:
        latency_ms = max(self._mono() - caused_mono_ns, 0) / 1_000_000
        rest = self._bodies.of(record)
        header = (
            f'{{"event":"{record.event}",{self._id_prefix}{self._written}","timestamp":"{self._stamps.text(self._clock())}",'
            f'"timestamp_utc":"{self._happened.text(happened_ns)}","latency_ms":{latency_ms:.3f},'
            f'{self._before_profile}"{profile}"{self._after_profile}{"" if rest == b"}" else ","}'
        )
        return header.encode() + rest + b"\n"

    # --- getting it to the disk ---------------------------------------------------------------------------------

    def _wait_for_room(self) -> None:
        while len(self._queue) >= self._queue_records and not self._closing:
            self._drain()
            if len(self._queue) >= self._queue_records:
                self._room.wait(_RETRY_SECONDS)
        if self._closing:
            raise JournalError(f"the journal is closed{f' ({self.problem})' if self.problem else ''}")

    def _drain(self) -> None:
        removals = 0
        while self._queue:
            began = time.monotonic_ns()
            try:
                if began >= self._prove_at or not self._day_from <= self._clock() < self._day_to:
                    removals += self._prove(began)
                    if removals > _MOST_REMOVALS:
                        self.problem = "the file is removed again and again"
                        return
                line = self._queue[0]
                if self._presence.alone:
                    append_alone(self._fd, line)
                else:
                    append_line(self._fd, line, self._patience)
            except (OSError, JournalError) as error:
                self._refused(error)
                return
            self._locked_out = False
            self._unproved.append(line)
            self._queue.popleft()
            self.write_times.add(time.monotonic_ns() - began)
        if self.problem and self._fd >= 0:
            self.problem = self._sync_problem
            self._room.notify_all()

    def _refused(self, error: OSError | JournalError) -> None:
        """A line could not be written; nothing of it is left in the file."""
        self.problem = _reason(error)
        self._locked_out = isinstance(error, LockedError)
        torn = self._locked_out and self._presence.alone
        if not isinstance(error, JournalError) and self._fd >= 0 and (torn or not self._in_place()):
            self._retire()

    def _prove(self, began: int) -> bool:
        """See that today's file is open and has its name, and who else writes there.

        Returns:
            Whether it was removed: what was not proved waits again.

        Raises:
            OSError: There is no file to write to; JournalError too.
        """
        removed = self._fd >= 0 and not os.fstat(self._fd).st_nlink
        if removed:
            self._taken_away()
        self._unproved.clear()
        now = self._clock()
        if not self._day_from <= now < self._day_to:
            self._reopen(now, self._patience)
        elif began >= self._look_at:
            self._presence.look()
            self._look_at = began + _LOOK_NS
        self._prove_at = began + _PROVE_NS
        return removed

    @property
    def _patience(self) -> float:
        """Seconds to wait for another process that holds the file's lock."""
        return 0.0 if self._locked_out else LOCK_SECONDS

    def _begin_again(self) -> None:
        """Open the file before the next record comes, so that what stands in its way is known by then."""
        try:
            self._reopen(self._clock(), self._patience)
        except (OSError, JournalError) as error:
            self._locked_out = isinstance(error, LockedError)
            self.problem = _reason(error)

    def _reopen(self, now: int, patience: float) -> None:
        self._retire()
        claim(self.directory, self.source_class, starts=False)
        self._open(now, patience)

    def _open(self, now: int, patience: float = LOCK_SECONDS) -> None:
        self._path = self.directory / f"{iso_utc(now)[:10]}.jsonl"
        self._presence.enter(self.directory)
        self._fd = open_day(self._path, patience, alone=self._presence.alone)
        self._day_from = now - now % _DAY_NS
        self._day_to = self._day_from + _DAY_NS

    def _in_place(self) -> bool:
        """The open file is the one its path names."""
        if self._fd < 0:
            return False
        try:
            return os.path.samestat(os.lstat(self._path), os.fstat(self._fd))
        except OSError:
            return False

    def _taken_away(self) -> None:
        if self._fd >= 0:
            self._taken_away_ns = self._mono()
            if self._unproved and not os.fstat(self._fd).st_nlink:
                packed = packed_tail(self._path)
                self._queue.extendleft(line for line in reversed(self._unproved) if line not in packed)
            self._unproved.clear()
        self._retire()

    def _retire(self) -> None:
        """Give the open file to the sync thread, which closes it."""
        if self._fd >= 0:
            self._retired.append(self._fd)
            self._fd = -1
        self._day_from = self._day_to = 0

    def _sync_files(self) -> None:
        """Sync what was written; runs in the sync thread, without the lock while the disk works."""
        with self._lock:
            files, self._retired = self._retired, []
            if self._fd >= 0:
                files.append(os.dup(self._fd))
        problem = ""
        for fd in files:
            try:
                _sync_data(fd)
            except OSError as error:
                problem = f"sync failed: {_reason(error)}"
            finally:
                os.close(fd)
        with self._lock:
            self._sync_problem = problem
            if not self._queue:
                self.problem = problem


def _reason(error: OSError | JournalError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return str(error)
