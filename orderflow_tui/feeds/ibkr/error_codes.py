"""What the broker's error numbers mean here."""

from __future__ import annotations

from typing import Final, Literal

Meaning = Literal[
    "notice", "unknown_symbol", "no_line", "not_subscribed", "delayed", "competing", "reset", "halted", "venues",
    "lost", "back_lost", "back_kept", "farm_broken", "farm_back", "id_taken", "gone", "no_history", "too_fast", "other",
]  # fmt: skip

_MEANINGS: Final[dict[int, Meaning]] = {
    200: "unknown_symbol",
    101: "no_line", 309: "no_line", 322: "no_line", 10190: "no_line",
    354: "not_subscribed", 10089: "not_subscribed", 10090: "not_subscribed", 10092: "not_subscribed",
    10168: "not_subscribed", 10186: "not_subscribed", 10189: "not_subscribed",
    10167: "delayed",
    10197: "competing",
    317: "reset",
    316: "halted",
    2152: "venues",
    1100: "lost", 2110: "lost",
    1101: "back_lost",
    1102: "back_kept",
    2103: "farm_broken", 2105: "notice", 2157: "notice",
    2104: "farm_back", 2106: "notice", 2107: "notice", 2108: "notice", 2158: "notice", 2119: "notice",
    2100: "notice", 2101: "notice", 2102: "notice",
    326: "id_taken",
    300: "gone", 310: "gone",
    162: "no_history", 165: "notice", 366: "notice",
    100: "too_fast",
}  # fmt: skip


def meaning_of(code: int) -> Meaning:
    """What follows from an error; `other` for one that is only told."""
    return _MEANINGS.get(code, "other")
