"""The one place that takes keys and passwords out of text from outside, whoever echoed them.

Whoever holds a secret names it here; whatever shows or keeps text from outside asks here before it cuts the text, for a
key that is cut first is no longer recognised.
"""

from __future__ import annotations

import re
from typing import Final

MASK: Final = "***"
LEAST: Final = 6
"""So many characters of a secret in a row are masked, wherever in it they stand; fewer tell nothing."""
WORD: Final = 2
"""A secret shorter than `LEAST` is masked as a whole word; one shorter than this is part of too many texts."""
_parts: set[str] = set()
_short: set[str] = set()


def hide(secret: str) -> None:
    """From now on this secret is masked in every text; safe from any thread."""
    secret = secret.strip()
    if len(secret) >= LEAST:
        _parts.update(secret[at : at + LEAST] for at in range(len(secret) - LEAST + 1))
    elif len(secret) >= WORD:
        _short.add(secret)


def masked(text: str) -> str:
    """The text with every known secret, and every part of one, replaced by `***`."""
    parts = _parts
    if not parts and not _short:
        return text
    kept: list[str] = []
    hidden_to = 0
    for at, character in enumerate(text):
        if text[at : at + LEAST] in parts:
            if at >= hidden_to:
                kept.append(MASK)
            hidden_to = at + LEAST
        elif at >= hidden_to:
            kept.append(character)
    shown = "".join(kept)
    for secret in tuple(_short):
        shown = re.sub(rf"(?<!\w){re.escape(secret)}(?!\w)", MASK, shown)
    return shown
