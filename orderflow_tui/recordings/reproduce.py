"""Makes one record of the journal again from the recording of its run, and says whether it is the same."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from orderflow_tui.core.model.outputs import AlertUpdated, Output, SideCheckRequested
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.symbol import SymbolCore
from orderflow_tui.core.transcript import Begin, data_time, play
from orderflow_tui.journal.encode import Stamps, body
from orderflow_tui.journal.make_records import core_bytes, record_of
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.records import (
    ALERT,
    ALERT_OUTCOME,
    ALERT_UPDATED,
    ANSWER_TAKEN_BACK,
    EXIT_ACKNOWLEDGED,
    EXIT_RESOLVED,
    EXIT_TRIGGERED,
    STOP_ALERT,
    Record,
)
from orderflow_tui.recordings.run_files import RawError, RawReader, Run, read_run, runs
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.support.version import __version__

PRE_ROLL_NS: Final = 60 * NS
_MADE_BY_CORES: Final = frozenset(
    {
        ALERT,
        ALERT_UPDATED,
        STOP_ALERT,
        EXIT_TRIGGERED,
        EXIT_ACKNOWLEDGED,
        ANSWER_TAKEN_BACK,
        EXIT_RESOLVED,
        ALERT_OUTCOME,
    }
)
_NAMES: Final = ("episode_id", "recommendation_id", "subject", "evidence")
_WORDING: Final = frozenset({"text", "reason"})
"""What a record says in words, as an exit its evidence; a later version may say it in others."""
_SHOWN: Final = 60
_decode: Final = msgspec.json.Decoder(dict[str, object]).decode

Said = tuple[Record, int]
"""What a core said, and when it happened (ns)."""


class Recorded(Struct, frozen=True):
    """A record of a journal and the recording of its run."""

    record: Mapping[str, object]
    run: Path
    about: Run

    @property
    def symbol(self) -> str:
        """Whose recording it is."""
        return str(self.record["symbol"])


class Remade(Struct, frozen=True):
    """What came of playing a recording up to a record.

    Attributes:
        same: Whether the same record came, byte for byte or but for its words.
        verdict: That in a few words.
        words: In one line, with ids and, where it differs, the fields.
        at_ns: When it came, by the data's time.
        lately: What was said within the pre-roll before it, and it.
    """

    same: bool
    verdict: str
    words: str
    at_ns: int
    lately: tuple[Said, ...]


def find(name: str, directory: Path, journals: Iterable[Path] = ()) -> Recorded:
    """Find a journal's record and its recording.

    Args:
        name: An alert's `episode_id`, a `recommendation_id`, or any record's `event_id`.
        directory: Where recordings are kept, or one run of them.
        journals: Where to look; none is where the recorded runs wrote theirs.

    Raises:
        RawError: There is no such record, or no recording of its run.
    """
    recorded = {about.run_id: (path, about) for path in runs(directory) if (about := read_run(path)) is not None}
    if not recorded:
        raise RawError(f"{directory}: nothing was recorded there")
    places = list(dict.fromkeys(journals)) or list(dict.fromkeys(Path(about.journal) for _, about in recorded.values()))
    elsewhere = ""
    for place in places:
        for record in _records(place, name):
            run_id = str(record["run_id"])
            if run_id not in recorded:
                elsewhere = elsewhere or run_id
            elif record["event"] not in _MADE_BY_CORES:
                raise RawError(f"{name} is not an alert but {record['event']}: nothing to reproduce")
            else:
                return Recorded(record, *recorded[run_id])
    if elsewhere:
        raise RawError(f"{name} is of run {elsewhere}, which was not recorded in {directory}")
    raise RawError(f"{name} is in no journal: looked in {', '.join(map(str, places))}")


def _records(place: Path, name: str) -> Iterator[dict[str, object]]:
    """The records a name may mean, newest first."""
    quoted = msgspec.json.encode(name)
    for line in JournalReader(place).lines(newest_first=True):
        if quoted not in line:
            continue
        try:
            record = _decode(line)
        except NO_JSON:
            continue
        event = record.get("event")
        meant = record.get("event_id") == name
        meant = meant or (event == ALERT and record.get("episode_id") == name)
        meant = meant or (event == EXIT_TRIGGERED and record.get("recommendation_id") == name)
        if meant and isinstance(event, str) and isinstance(record.get("run_id"), str):
            yield record


def reproduce(found: Recorded) -> Remade:
    """Play the run up to the record. Raises RawError where the recording cannot be read."""
    record = found.record
    event, wanted = record["event"], core_bytes(record)
    reader = RawReader(found.run, found.symbol)
    core: SymbolCore | None = None
    lately: deque[Said] = deque()
    like: tuple[int, dict[str, object], int, tuple[Said, ...]] | None = None
    now_ns = 0
    for frame in reader.frames():
        now_ns = data_time(frame, now_ns)
        if core is None:
            if not isinstance(frame, Begin):
                raise RawError(f"{found.run}: what the run recorded of {found.symbol} has no start")
            core = frame.core()
            continue
        core, outputs = play(frame, core)
        for said in _said(outputs):
            lately.append(said)
            while said[1] - lately[0][1] > PRE_ROLL_NS:
                lately.popleft()
            if said[0].event != event:
                continue
            made = _record(said, found.about.profile)
            if core_bytes(made) == wanted:
                return Remade(
                    True,
                    "byte-identical to the journal",
                    f"{_name(record)}: byte-identical to the journal's record {record['event_id']}",
                    now_ns,
                    tuple(lately),
                )
            nearness = sum(made.get(key) == record.get(key) for key in ("timestamp_utc", *_NAMES))
            if made.get("symbol") == record.get("symbol") and (like is None or nearness > like[0]):
                like = nearness, made, now_ns, tuple(lately)
    if like is not None and any(like[1].get(key) == record.get(key) is not None for key in _NAMES[:3]):
        _, made, at_ns, said_lately = like
        keys = _differing_keys(record, made)
        same = all(key in _WORDING or (key, event) == ("evidence", EXIT_TRIGGERED) for key in keys)
        verdict = "as the journal but for its words" if same else "DIFFERS from the journal"
        how = "the same but for its words as" if same else "DIFFERS from"
        fields = _differing(found, made, keys)
        words = f"{_name(record)}: {how} the journal's record {record['event_id']}: {fields}"
        return Remade(same, verdict, words, at_ns, said_lately)
    why = reader.torn or "the whole recording was played"
    return Remade(False, "NOT RAISED again", f"{_name(record)}: NOT RAISED: {why}", now_ns, ())


def _said(outputs: Iterable[Output]) -> list[Said]:
    """What is written of what a core said."""
    return [
        (record_of(output), output.time_ns)
        for output in outputs
        if not isinstance(output, SideCheckRequested) and (not isinstance(output, AlertUpdated) or output.journal)
    ]


def _record(said: Said, profile: str) -> dict[str, object]:
    """The record as a journal would give it back, without what belongs to its run."""
    record, happened_ns = said
    head = {"event": record.event, "timestamp_utc": Stamps().text(happened_ns), "profile": profile}
    return {**head, **_decode(b"{" + body(record.fields()))}


def _name(record: Mapping[str, object]) -> str:
    return str(next(record[key] for key in (*_NAMES, "event") if record.get(key)))


def _differing_keys(record: Mapping[str, object], made: Mapping[str, object]) -> list[str]:
    ours = _decode(core_bytes(record))
    return [key for key in {**ours, **made} if ours.get(key) != made.get(key)]


def _differing(found: Recorded, made: Mapping[str, object], keys: list[str]) -> str:
    ours = found.record
    fields = ", ".join(f"{key} {_short(made.get(key))} (journal: {_short(ours.get(key))})" for key in keys)
    version = found.about.version
    return fields if version == __version__ else f"{fields}; version {version} recorded it, this is {__version__}"


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."
