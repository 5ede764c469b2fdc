"""Text from outside, decoded: what JSON can fail with, and TOML bounded before its parser sees it."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Annotated, Any, Final

import msgspec

NO_JSON: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON of the wanted form: deep nesting is a RecursionError."""
Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number that every program can keep: a larger one is as malformed as a word."""
MOST_WHOLE: Final = 2**62
"""In nanoseconds the year 2116."""
MOST_CHARACTERS: Final = 1_000_000
MOST_DOTS: Final = 1_000
"""In one line: the parser's memory grows with the square of a dotted key's parts."""


class TomlError(ValueError):
    """Text that is no TOML, or too much of it: the reason in one line."""


def refuse_absurd(value: object) -> None:
    """Refuse what was decoded where a whole number in it is beyond any price, size or instant.

    Raises:
        msgspec.ValidationError: One is below -2**62 or above 2**62.
    """
    if isinstance(value, int) and abs(value) > MOST_WHOLE:
        raise msgspec.ValidationError("a number is out of range")
    if isinstance(value, msgspec.Struct):
        value = [getattr(value, name) for name in value.__struct_fields__]
    elif isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for one in value:
            refuse_absurd(one)


def parse_toml(text: str, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
    """A TOML document's tables.

    Args:
        text: The whole document.
        parse_float: Makes a float of its text.

    Raises:
        TomlError: It is not valid, larger than a million characters, or has a key of more than a thousand parts.
    """
    if len(text) > MOST_CHARACTERS:
        raise TomlError(f"more than {MOST_CHARACTERS:,} characters")
    if any(line.count(".") > MOST_DOTS for line in text.splitlines()):
        raise TomlError(f"a line with more than {MOST_DOTS:,} dots")
    try:
        return tomllib.loads(text, parse_float=parse_float)
    except tomllib.TOMLDecodeError as error:
        raise TomlError(ascii(str(error))[1:-1][:160]) from None
    except RecursionError:
        raise TomlError("nested too deeply") from None
    except (ValueError, ArithmeticError):
        raise TomlError("a number with too many digits, or an invalid date") from None
