"""The vendor's time filters and page cursors for trades and quotes."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol, TypeVar
from urllib.parse import parse_qsl, urlencode
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from orderflow_tui.feeds.simulator.market_history import NANOS

EXCHANGE_ZONE = ZoneInfo("America/New_York")
DEFAULT_LIMIT: Final = 1_000
MAX_LIMIT: Final = 50_000

_END_OF_TIME: Final = (1 << 63) - 1
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_RFC3339: Final = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?([Zz]|[+-]\d{2}:\d{2})",
)


class BadQueryError(ValueError):
    """A query parameter the vendor would answer with status 400; its text is for the response."""


class TimeQuery(Struct, frozen=True):
    """Which rows of a symbol's trades or quotes are asked for.

    Attributes:
        first_ns: Earliest SIP time wanted, nanoseconds UTC.
        last_ns: Latest SIP time wanted, nanoseconds UTC.
        ascending: Oldest first.
        limit: Rows a page.
        after: SIP time and sequence number of the last row of the page before, or None.
    """

    first_ns: int = 0
    last_ns: int = _END_OF_TIME
    ascending: bool = False
    limit: int = DEFAULT_LIMIT
    after: tuple[int, int] | None = None


class _Sequenced(Protocol):
    @property
    def sip_timestamp(self) -> int: ...
    @property
    def sequence_number(self) -> int: ...


R = TypeVar("R", bound=_Sequenced)


def parse_time_query(params: Mapping[str, str]) -> TimeQuery:
    """Reads the filters of `/v3/trades` and `/v3/quotes`, or the cursor that stands for them.

    A day (YYYY-MM-DD) is New York's and a filter by it takes or leaves the whole of it.

    Args:
        params: The request's query parameters.

    Returns:
        The query; without filters everything, newest first.

    Raises:
        BadQueryError: A value that cannot be read or is out of bounds.
    """
    cursor = params.get("cursor")
    return _from_cursor(cursor) if cursor is not None else _from_params(params)


def parse_limit(params: Mapping[str, str], *, default: int, maximum: int) -> int:
    """Reads `limit`.

    Raises:
        BadQueryError: Not a number from 1 to `maximum`.
    """
    text = params.get("limit", str(default))
    if not _is_number(text) or not 1 <= int(text) <= maximum:
        raise BadQueryError(f"limit must be a number from 1 to {maximum}")
    return int(text)


def page_of(rows: Sequence[R], query: TimeQuery) -> tuple[Sequence[R], bool]:
    """The page of `rows` a query asks for.

    Args:
        rows: All rows within the query's times, oldest first.
        query: Order, limit and where the page before ended.

    Returns:
        The page in the order asked for, and whether more follows.
    """
    ordered = rows if query.ascending else rows[::-1]
    start = 0
    if query.after is not None:
        after = query.after
        if query.ascending:
            start = sum(1 for row in ordered if (row.sip_timestamp, row.sequence_number) <= after)
        else:
            start = sum(1 for row in ordered if (row.sip_timestamp, row.sequence_number) >= after)
    return ordered[start : start + query.limit], len(ordered) > start + query.limit


def next_cursor(query: TimeQuery, last: _Sequenced) -> str:
    """The cursor of the page after one that ended with `last`, in the vendor's form (a base64 query string)."""
    bound, other = ("gte", "lte") if query.ascending else ("lte", "gte")
    other_ns = query.last_ns if query.ascending else query.first_ns
    fields = {
        "ap": last.sequence_number,
        "as": "",
        "limit": query.limit,
        "order": "asc" if query.ascending else "desc",
        "sort": "timestamp",
        f"timestamp.{bound}": rfc3339(last.sip_timestamp),
        f"timestamp.{other}": other_ns,
    }
    return base64.urlsafe_b64encode(urlencode(fields).encode()).decode().rstrip("=")


def rfc3339(time_ns: int) -> str:
    """Nanoseconds UTC as an RFC3339 text with nine digits of the second."""
    whole = datetime.fromtimestamp(time_ns // NANOS, tz=UTC)
    return f"{whole:%Y-%m-%dT%H:%M:%S}.{time_ns % NANOS:09d}Z"


def offset_cursor(offset: int, limit: int) -> str:
    """The cursor of a list that is paged by position."""
    return base64.urlsafe_b64encode(urlencode({"ap": offset, "limit": limit}).encode()).decode().rstrip("=")


def parse_offset_cursor(cursor: str) -> tuple[int, int]:
    """Position and limit of a cursor made by `offset_cursor`.

    Raises:
        BadQueryError: No such cursor.
    """
    fields = _cursor_fields(cursor)
    try:
        return int(fields["ap"]), int(fields["limit"])
    except (KeyError, ValueError):
        raise BadQueryError("cursor is not valid") from None


def _from_params(params: Mapping[str, str]) -> TimeQuery:
    order = params.get("order", "desc")
    if order not in ("asc", "desc"):
        raise BadQueryError("order must be asc or desc")
    if params.get("sort", "timestamp") not in ("timestamp", "sip_timestamp"):
        raise BadQueryError("sort must be timestamp")
    query = TimeQuery(
        ascending=order == "asc",
        limit=parse_limit(params, default=DEFAULT_LIMIT, maximum=MAX_LIMIT),
    )
    for key, value in params.items():
        name, _, operator = key.partition(".")
        if name == "timestamp":
            query = _narrowed(query, operator, value)
    return query


def _narrowed(query: TimeQuery, operator: str, value: str) -> TimeQuery:
    begin_ns, end_ns = _span(value)
    first_ns, last_ns = query.first_ns, query.last_ns
    match operator:
        case "":
            first_ns, last_ns = max(first_ns, begin_ns), min(last_ns, end_ns)
        case "gte":
            first_ns = max(first_ns, begin_ns)
        case "gt":
            first_ns = max(first_ns, end_ns + 1)
        case "lte":
            last_ns = min(last_ns, end_ns)
        case "lt":
            last_ns = min(last_ns, begin_ns - 1)
        case _:
            raise BadQueryError(f"timestamp.{operator[:16]} is not a filter")
    return replace(query, first_ns=first_ns, last_ns=last_ns)


def _span(value: str) -> tuple[int, int]:
    """The first and last nanosecond that a filter value names: an instant, or a whole day in New York."""
    if _is_number(value):
        return int(value), int(value)
    try:
        if _DAY.fullmatch(value):
            return _day_span(date.fromisoformat(value))
        instant = _RFC3339.fullmatch(value)
        if instant:
            day, clock, fraction, zone = instant.groups()
            whole = datetime.fromisoformat(f"{day}T{clock}{'+00:00' if zone in 'Zz' else zone}")
            time_ns = int(whole.timestamp()) * NANOS + int((fraction or "0").ljust(9, "0"))
            return time_ns, time_ns
    except (ValueError, OverflowError):
        pass
    raise BadQueryError("timestamp must be YYYY-MM-DD, RFC3339 or nanoseconds")


def _is_number(text: str) -> bool:
    """Whether it is a number that 64 bits hold, or nearly."""
    return text.isascii() and text.isdigit() and len(text) <= 19


def _day_span(day: date) -> tuple[int, int]:
    begin = datetime(day.year, day.month, day.day, tzinfo=EXCHANGE_ZONE)
    after = day + timedelta(days=1)
    end = datetime(after.year, after.month, after.day, tzinfo=EXCHANGE_ZONE)
    return int(begin.timestamp()) * NANOS, int(end.timestamp()) * NANOS - 1


def _cursor_fields(cursor: str) -> dict[str, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise BadQueryError("cursor is not valid") from None
    return dict(parse_qsl(text))


def _from_cursor(cursor: str) -> TimeQuery:
    fields = _cursor_fields(cursor)
    if not _is_number(fields.get("ap", "")):
        raise BadQueryError("cursor is not valid")
    sequence = int(fields.pop("ap"))
    query = _from_params(fields)
    return replace(query, after=(query.first_ns if query.ascending else query.last_ns, sequence))
