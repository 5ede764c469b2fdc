"""When the trader is told what to do next on a page of its own: nothing to watch yet, or a trouble that stays."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

from msgspec import Struct

from orderflow_tui.views.frozen_views import StatusView, SymbolView

Kind = Literal["no_positions_file", "nothing_held", "message", "market_closed", "not_in_plan", "key_refused", "no_data"]
_NO_DATA: Final = ("BLIND", "NO DATA")


class FirstRun(Struct, frozen=True):
    """Why there is nothing to watch, or less than there might be.

    Attributes:
        kind: No file, a file without positions, a closed market, a plan that lacks something, a refused key, no data
            since the start, or what `message` says.
        path: The positions file that was looked for.
        message: The reason, in a line of its own; may be empty.
        missing: What the plan lacks.
    """

    kind: Kind
    path: Path = Path("positions.toml")
    message: str = ""
    missing: tuple[str, ...] = ()


def notice(status: StatusView, views: Mapping[str, SymbolView], told: set[Kind]) -> FirstRun | None:
    """What a dashboard says once of its own accord; `told` keeps what was said."""
    if status.source_class == "replayed" or (status.market == "unknown" and not status.exit_code):
        return None
    found = trouble(status, views)
    if found is not None and found.kind in told:
        return None
    if found is None:
        told.difference_update(("key_refused", "no_data"))  # one that comes back is news
    if found is None and status.source_class == "live":
        first = "market_closed" not in told
        told.add("market_closed")  # a market that closes later needs no page
        found = FirstRun("market_closed") if first and status.market == "closed" else None
    if found is not None:
        told.add(found.kind)
    return found


def trouble(status: StatusView, views: Mapping[str, SymbolView]) -> FirstRun | None:
    """What keeps the watch from doing its work and does not pass by itself."""
    if status.exit_code and not _has_data(views):
        return FirstRun("key_refused", message=status.ended or status.detail)
    nothing = status.market != "closed" and _never_saw(views)
    reason = (status.detail or next(iter(views.values())).chip_detail) if nothing else ""
    if status.missing_features:
        since = f"no data has come since the start{f': {reason}' if reason else ''}" if nothing else ""
        return FirstRun("not_in_plan", message=since, missing=status.missing_features)
    return FirstRun("no_data", message=reason) if nothing else None


def _has_data(views: Mapping[str, SymbolView]) -> bool:
    return any(view.last_price is not None and not view.stale for view in views.values())


def _never_saw(views: Mapping[str, SymbolView]) -> bool:
    """Whether nothing came of any symbol, and one has waited long enough to be BLIND."""
    states = [view.chip for view in views.values()]
    return (
        "BLIND" in states
        and all(state in _NO_DATA for state in states)
        and all(view.last_price is None for view in views.values())
    )
