"""The user's keymap, checked before the screen opens: a mistake could otherwise silence the key that matters."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from textual.binding import Binding
from textual.keys import Keys

from orderflow_tui.tui.keys.bindings import MODAL_SCOPES, SCOPES, named

_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED = frozenset(key.value for key in Keys if not key.value.startswith("<")) | {
    "space", "slash", "plus", "minus", "equals_sign", "comma", "full_stop", "semicolon", "colon", "question_mark",
    "left_square_bracket", "right_square_bracket", "apostrophe", "asterisk",
}  # fmt: skip

_RESERVED = {"ctrl+p": "opens the command palette", "ctrl+c": "copies selected text"}


class KeymapError(ValueError):
    """A keymap that is refused: binding, key and reason in one line."""


def _is_key(key: str) -> bool:
    *modifiers, last = key.split("+")
    if any(modifier not in _MODIFIERS for modifier in modifiers):
        return False
    return key in _NAMED or last in _NAMED or (len(last) == 1 and last.isprintable() and last.isascii())


def _reaches_from_text(key: str) -> bool:
    """Whether a key acts while text is being typed: a letter would be typed instead."""
    last = key.rsplit("+", maxsplit=1)[-1]
    function = len(last) > 1 and last[0] == "f" and last[1:].isdigit()
    return function or key.startswith(("ctrl+", "alt+"))


def _split(binding_id: str, keys: str) -> list[str]:
    parts = [part.strip() for part in keys.split(",")]
    for key in parts:
        if not _is_key(key):
            raise KeymapError(f"keys: {binding_id!r} has {key[:60]!r}, which is not a key")
        if key in _RESERVED:
            raise KeymapError(f"keys: {binding_id!r} has {key!r}, which {_RESERVED[key]}")
    return parts


def _keys_in_force(bindings: list[Binding], keymap: Mapping[str, str]) -> list[tuple[str, str]]:
    """`(key, binding id)` for each binding of a scope under the keymap."""
    pairs: list[tuple[str, str]] = []
    for binding in bindings:
        keys = keymap.get(binding.id or "", binding.key)
        pairs += [(key.strip(), binding.id or "") for key in keys.split(",")]
    return pairs


def check_keymap(keymap: Mapping[str, str]) -> dict[str, str]:
    """The keymap, found fit to use.

    Args:
        keymap: Binding id to one key or several, separated by commas.

    Raises:
        KeymapError: An unknown id, something that is not a key, two bindings on one key, or no way left to acknowledge
            a recommendation while text is being typed.
    """
    known = [binding.id or "" for bindings in SCOPES.values() for binding in named(bindings)]
    for binding_id, keys in keymap.items():
        if binding_id not in known:
            close = difflib.get_close_matches(binding_id, known, 1)
            hint = f", did you mean {close[0]!r}?" if close else ""
            raise KeymapError(f"keys: {binding_id[:60]!r} is not a binding{hint}")
        if not isinstance(keys, str):
            raise KeymapError(f"keys: {binding_id!r} must be text, the keys separated by commas")
        _split(binding_id, keys)
    if not any(_reaches_from_text(key) for key in _split("acknowledge", keymap.get("acknowledge", "f2"))):
        raise KeymapError(
            "keys: 'acknowledge' needs a function key or one with ctrl, so that it works from a text field"
        )
    everywhere = named(SCOPES["Everywhere"])
    for scope, bindings in SCOPES.items():
        reaching = [binding for binding in everywhere if binding.priority or scope not in MODAL_SCOPES]
        _refuse_clashes(keymap, reaching, [] if scope == "Everywhere" else named(bindings))
    return dict(keymap)


def _refuse_clashes(keymap: Mapping[str, str], everywhere: list[Binding], scope: list[Binding]) -> None:
    """A scope's key may stand before one of `Everywhere` as shipped; a remapped one may not hide another."""
    taken: dict[str, str] = {}
    for key, binding_id in _keys_in_force([*everywhere, *scope], keymap):
        other = taken.setdefault(key, binding_id)
        if other != binding_id and (binding_id in keymap or other in keymap):
            raise KeymapError(f"keys: {key!r} is given to both {other!r} and {binding_id!r}")
