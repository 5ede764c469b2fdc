"""From a record's parts to its line: compact JSON, the header first, exact prices as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Final, Literal, get_args, get_origin

import msgspec
from msgspec.structs import fields

from orderflow_tui.core.model.units import NS, iso_utc
from orderflow_tui.journal.records import HEADER, Record

_COUNTED_KEYS: Final = frozenset({"event", "error_type"})
_PLAIN: Final = frozenset({str, int, float, bool, type(None)})
_VALUE_LIKE_KEY: Final = re.compile(rb'"error_type"(?!:)')


def _encode_other(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Path):
        return str(value)
    message = f"a journal record cannot hold a {type(value).__name__}"
    raise TypeError(message)


_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=_encode_other).encode


def quoted(text: str) -> str:
    """A text as a JSON string."""
    return _encode(text).decode()


class Stamps:
    """Writes `2025-10-22T14:35:20.123456Z`; the second's part is kept while it lasts."""

    __slots__ = ("_prefix", "_second")

    def __init__(self) -> None:
        self._second = -1
        self._prefix = ""

    def text(self, time_ns: int) -> str:
        """An instant in nanoseconds UTC, cut to microseconds."""
        second, rest = divmod(time_ns, NS)
        if second != self._second:
            self._prefix = iso_utc(second * NS)[:-7]
            self._second = second
        return f"{self._prefix}{rest // 1_000:06d}Z"


class Bodies:
    """Records as JSON: what follows the header, without the opening brace.

    Most are encoded in one step, once their values are known to be sound: only those fields are looked at whose type
    allows a number that is none, or a nested key.
    """

    def __init__(self) -> None:
        self._forms: dict[type[Record], tuple[bytes, tuple[str, ...]]] = {}

    def of(self, record: Record) -> bytes:
        """One record's. Raises as `body`."""
        head, doubtful = self._forms.get(type(record)) or self._learn(record)
        if record.OMITTED or not _all_sound(getattr(record, name) for name in doubtful):
            return body(record.fields())
        try:
            line = _encode(record)
        except UnicodeEncodeError:
            return body(record.fields())
        if not line.startswith(head) or b'"error_type"' in line:
            return body(record.fields())
        return line[len(head) :]

    def _learn(self, record: Record) -> tuple[bytes, tuple[str, ...]]:
        """The bytes of an empty header with the comma that follows, and the fields to look at."""
        empty = {"event": record.event, **dict.fromkeys(HEADER[1:], ""), "latency_ms": None}
        doubtful = tuple(one.name for one in fields(type(record)) if not _is_plain(one.type))
        form = self._forms[type(record)] = (_encode(empty)[:-1] + b",", doubtful)
        return form


def _is_plain(kind: object) -> bool:
    """Whether no value of a type can be unsound."""
    parts = get_args(kind)
    if get_origin(kind) in (Annotated, Literal):
        return get_origin(kind) is Literal or _is_plain(parts[0])
    return all(map(_is_plain, parts)) if parts else kind in _PLAIN


def body(values: Mapping[str, object]) -> bytes:
    """A record's fields as JSON without the opening brace.

    Floats and decimals that are not finite become null; a text that is no Unicode is escaped.

    Raises:
        ValueError: A nested object has a key `event` or `error_type`: the greps over the journal would count it.
        TypeError: A value has no place in JSON.
    """
    plain = values if _all_sound(values.values()) else _finite(values)
    try:
        encoded = _encode(plain)
    except UnicodeEncodeError:
        encoded = _encode(_escaped(plain))
    if b'"error_type"' in encoded:
        encoded = _VALUE_LIKE_KEY.sub(rb'"error\\u005ftype"', encoded)
    return encoded[1:]


def _sound(value: object) -> bool:
    """Whether a value can be encoded as it is. Raises ValueError for a nested key the greps count."""
    if isinstance(value, Decimal):
        return value.is_finite()
    if isinstance(value, dict | Mapping):  # dict first: asking the abstract class is slow
        if not _COUNTED_KEYS.isdisjoint(value):
            raise ValueError("a nested object must not hold a key `event` or `error_type`")
        return _all_sound(value.values())
    return _all_sound(value) if isinstance(value, list | tuple) else True


def _all_sound(values: Iterable[object]) -> bool:
    sound = True
    for value in values:
        if type(value) not in _PLAIN:
            sound = _sound(value) and sound
    return sound


def _finite(value: object) -> object:
    """The same with null for each decimal that is not finite (the encoder does it for floats)."""
    if isinstance(value, Decimal):
        return value if value.is_finite() else None
    if isinstance(value, Mapping):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(entry) for entry in value]
    return value


def _escaped(value: object) -> object:
    """The same with lone surrogates written out, as a backslash, `u` and four digits."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_escaped(key): _escaped(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_escaped(entry) for entry in value]
    return value
