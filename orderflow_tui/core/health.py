"""Whether a symbol can be seen: BLIND at the first bad payload, well again after three good ones in a row."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field

GOOD_NEEDED: Final = 3


class _Channel(Struct):
    reason: str = ""
    good: int = 0


class Health(Struct):
    """One symbol's channels (`book`, `tape`, ...); it is blind while any of them is."""

    _channels: dict[str, _Channel] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Why the symbol is blind, empty when it is not."""
        return next((channel.reason for channel in self._channels.values() if channel.reason), "")

    def bad(self, channel: str, reason: str) -> bool:
        """A payload was refused; whether the symbol was seeing until now."""
        was_seeing = not self.reason
        state = self._channels.setdefault(channel, _Channel())
        state.reason, state.good = reason, 0
        return was_seeing

    def good(self, channel: str) -> bool:
        """A good payload came; whether the symbol sees again by it."""
        state = self._channels.get(channel)
        if state is None or not state.reason:
            return False
        state.good += 1
        if state.good < GOOD_NEEDED:
            return False
        state.reason = ""
        return not self.reason

    def clear(self, channel: str | None = None) -> bool:
        """See again without waiting (by a key, or because the cause is gone); whether that changed anything."""
        before = self.reason
        for name, state in self._channels.items():
            if channel in (None, name):
                state.reason = ""
        return bool(before) and not self.reason
