"""What the journal's tests share."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from copy import copy
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import msgspec

from orderflow_tui.core.model.capabilities import SourceClass
from orderflow_tui.core.model.data_models import OrderFlowAlert
from orderflow_tui.core.model.units import datetime_ns
from orderflow_tui.journal.make_records import alert_record
from orderflow_tui.journal.records import RECORDS, AlertRecord, Record
from orderflow_tui.journal.writer import JournalWriter

NOON = datetime_ns(datetime(2025, 10, 22, 12, 0, 0, 123456, tzinfo=UTC))
DAY_NS = 86_400_000_000_000


class Clock:
    """A settable clock."""

    def __init__(self, now: int = NOON) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now


def writer(directory: Path, **arguments: Any) -> JournalWriter:
    source_class: SourceClass = arguments.pop("source_class", "simulated")
    arguments.setdefault("clock", Clock())
    return JournalWriter(
        directory,
        data_source=arguments.pop("data_source", "simulator"),
        source_class=source_class,
        profile=arguments.pop("profile", "guarded"),
        run_id=arguments.pop("run_id", "run1"),
        **arguments,
    )


def put(journal: JournalWriter, number: int = 0, event: str = "order_flow_alert", **fields: Any) -> str:
    """A record with a number: a whole alert of that size, or any other event with `n` alone."""
    whole = alert_record(alert(order_size=number)).fields() if event == "order_flow_alert" else {}
    return journal.write(bare(event, **{"n": number, **whole, **fields}), NOON, time.monotonic_ns())


class Bare(Record, kw_only=True):
    """A record of any name with any fields."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"none"})  # so that its fields are asked for
    name: str
    held: dict[str, Any]

    @property
    def event(self) -> str:
        return self.name

    def fields(self) -> dict[str, object]:
        return self.held


def bare(event: str, **fields: Any) -> Bare:
    return Bare(name=event, held=fields)


def records(directory: Path) -> list[dict[str, Any]]:
    """Every line of every day, each of which must be JSON."""
    return [json.loads(line) for path in sorted(directory.glob("*.jsonl")) for line in path.read_bytes().splitlines()]


def numbers(directory: Path) -> list[int]:
    return [record["n"] for record in records(directory)]


def whole(event: str, /, **fields: Any) -> dict[str, Any]:
    """The JSON of a record with these fields; what else it must have is empty, false or 0."""
    found: dict[str, Any] = {"event": event}
    for name, required, empty in _shape(event):
        if name in fields or required:
            found[name] = fields[name] if name in fields else copy(empty)
    return found | fields


def made(event: str, /, **fields: Any) -> Record:
    """The same as a record."""
    return msgspec.convert(whole(event, **fields), RECORDS[event])


@cache
def _shape(event: str) -> tuple[tuple[str, bool, object], ...]:
    """The fields of a record: name, whether it must be there, what it is where it is empty."""
    fields = msgspec.structs.fields(RECORDS[event])
    return tuple((one.name, one.required, _empty(one.type) if one.required else None) for one in fields)


def _empty(kind: Any) -> object:
    candidates: tuple[object, ...] = (None, "", False, 0, [], {}, "open", "long", "hold", "shows")
    for value in candidates:
        with suppress(msgspec.ValidationError):
            msgspec.convert(value, kind)
            return value
    raise AssertionError(kind)


def numbers_of(found: Iterable[object]) -> list[int]:
    """The numbers of `put`, of records that were read."""
    return [record.order_size or 0 for record in found if isinstance(record, AlertRecord)]


def alert(**fields: Any) -> OrderFlowAlert:
    values: dict[str, Any] = {
        "symbol": "BAC",
        "alert_type": "large_seller",
        "severity": "critical",
        "order_size": 15_000,
        "price_level": Decimal("150.2500"),
        "volume_ratio": None,
        "timestamp_utc": datetime(2025, 10, 22, 14, 35, 20, 123456, tzinfo=UTC),
    }
    return OrderFlowAlert(**(values | fields))
