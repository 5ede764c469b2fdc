"""What one screen does not have yet: the newest state as a difference from what it was sent last."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping

from orderflow_tui.engine.protocol import SettingValue, State
from orderflow_tui.views.frozen_views import AlertLine, DetailView, MonitorPort, SymbolView


class Unsent:
    """Keeps what was sent to one screen, and makes the next message from it."""

    def __init__(self) -> None:
        self._views: Mapping[str, SymbolView] = {}
        self._lines: tuple[AlertLine, ...] = ()
        self._detail: DetailView | None = None
        self._records: dict[str, str] = {}

    def state(
        self,
        port: MonitorPort,
        *,
        news: bool = False,
        detail: DetailView | None = None,
        rule_records: Mapping[str, str] | None = None,
        screens: tuple[str, ...] = (),
        settings: Mapping[str, SettingValue] | None = None,
        answers: tuple[str, ...] = (),
    ) -> State:
        """The next message: what has changed since the last one.

        Args:
            port: What the engine's monitor publishes.
            news: Whether something in it does not wait.
            detail: The newest of the symbol this screen shows.
            rule_records: How each rule has done; None where nobody looked.
            screens: Who looks.
            settings: What other screens have changed.
            answers: What was answered on them.
        """
        version = port.version  # first: what is published meanwhile is sent again, never skipped
        views, lines, status, cards = port.views(), port.alert_lines(), port.status(), port.recommendations()
        before = self._views
        changed = tuple(view for symbol, view in views.items() if before.get(symbol) is not view)
        fresh, everything = _lines_since(self._lines, lines)
        told = dict(rule_records) if rule_records is not None and dict(rule_records) != self._records else {}
        shown = detail if detail is not self._detail else None
        self._views, self._lines, self._detail = views, lines, detail
        self._records = told or self._records
        return State(
            version=version,
            status=status,
            symbols=tuple(views),
            views=changed,
            lines=fresh,
            all_lines=everything,
            line_count=len(lines),
            cards=cards,
            detail=shown,
            rule_records=told,
            news=news,
            screens=screens,
            settings=dict(settings or {}),
            answers=answers,
        )


def _lines_since(before: tuple[AlertLine, ...], lines: tuple[AlertLine, ...]) -> tuple[tuple[AlertLine, ...], bool]:
    """The lines to send, and whether they replace all there were."""
    if lines == before:
        return (), False
    added = next((at for at, line in enumerate(lines) if line is before[0]), 0) if before else 0
    if added + len(before) == len(lines) and lines[added:] == before:  # the usual case, which builds nothing
        return lines[:added], False
    known = {line.episode_id: line for line in before}
    changed = tuple(line for line in lines if known.get(line.episode_id) is not line)
    if [line.episode_id for line in with_lines(before, changed, len(lines))] == [line.episode_id for line in lines]:
        return changed, False
    return lines, True


def with_lines(before: Iterable[AlertLine], changed: Iterable[AlertLine], count: int) -> tuple[AlertLine, ...]:
    """Alert lines, newest first, with changed ones in the place of the old and new ones before them.

    Args:
        before: What there was.
        changed: New and changed ones, newest first.
        count: How many there are now.
    """
    lines = {line.episode_id: line for line in before}
    new: deque[AlertLine] = deque()
    for line in changed:
        if line.episode_id in lines:
            lines[line.episode_id] = line
        else:
            new.append(line)
    return (*new, *lines.values())[:count]
