"""Pictures of history, settings, help and the first run; made anew like those of `test_snapshots`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.core.model.units import NS
from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.state.first_run import FirstRun
from orderflow_tui.tui.state.settings_model import SettingsDesk
from orderflow_tui.views.replay_progress import MarkKind, ReplayView
from tests.tui.fake import NOW_NS, FakeMonitor, busy_market
from tests.tui.journal_files import journal

Snap = Callable[..., bool]


def still(folder: Path, theme: str = "dark", monitor: FakeMonitor | None = None, **options: Any) -> OrderFlowApp:
    app = OrderFlowApp(
        monitor or busy_market(),
        history=journal(folder / "journal", 300),
        settings=SettingsDesk(ScreenSettings(), {}, None),
        theme=theme,
        monotonic=lambda: 0.0,
        **options,
    )
    app.model.layout = "panels"
    return app


@pytest.mark.parametrize(
    ("size", "theme"),
    [((80, 24), "dark"), ((120, 36), "colour-blind-light"), ((200, 50), "light"), ((80, 24), "colour-blind")],
    ids=["80x24", "120x36-colour-blind-light", "200x50-light", "80x24-colour-blind"],
)
def test_the_history(snap_compare: Snap, tmp_path: Path, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(still(tmp_path, theme), terminal_size=size, press=["h", "down", "down"])


def test_the_history_without_colour(snap_compare: Snap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert snap_compare(still(tmp_path), terminal_size=(120, 36), press=["h", "s"])


@pytest.mark.parametrize("theme", ["dark", "colour-blind-light"])
def test_the_settings(snap_compare: Snap, tmp_path: Path, theme: str) -> None:
    assert snap_compare(still(tmp_path, theme), terminal_size=(100, 34), press=["comma", "down"])


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=["80x24", "200x50"])
def test_a_replay_that_goes_back(snap_compare: Snap, tmp_path: Path, size: tuple[int, int]) -> None:
    def at(minute: int) -> int:
        return NOW_NS + minute * 60 * NS

    marks: tuple[tuple[int, MarkKind], ...] = ((at(-3), "alert"), (at(-2), "exit"), (at(7), "alert"))
    bar = ReplayView(at(-5), at(0), at(25), at(-3), marks)
    monitor = busy_market()
    monitor.put(source_label="REPLAY bac_20131007", source_class="replayed", replay=bar)
    assert snap_compare(still(tmp_path, monitor=monitor), terminal_size=size)


def test_the_help(snap_compare: Snap, tmp_path: Path) -> None:
    assert snap_compare(still(tmp_path), terminal_size=(80, 24), press=["f1"])


@pytest.mark.parametrize("kind", ["no_positions_file", "nothing_held"])
def test_the_first_run(snap_compare: Snap, tmp_path: Path, kind: Any) -> None:
    app = still(tmp_path, monitor=FakeMonitor(), first_run=FirstRun(kind, Path("positions.toml")))
    assert snap_compare(app, terminal_size=(80, 24))


@pytest.mark.parametrize("changes", [{"market": "closed"}, {"missing_features": ("quotes",)}], ids=["closed", "plan"])
def test_what_is_missing(snap_compare: Snap, tmp_path: Path, changes: dict[str, Any]) -> None:
    monitor = busy_market()
    monitor.put(source_class="live", source_label="LIVE polygon", **changes)
    assert snap_compare(still(tmp_path, "light", monitor), terminal_size=(80, 24))
