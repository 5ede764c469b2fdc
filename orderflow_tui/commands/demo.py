"""`demo`: the dashboard on a simulated market of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from orderflow_tui.commands.assembly import LiveSettings, monitor_of_source
from orderflow_tui.commands.dashboard_in_process import show
from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import source_named
from orderflow_tui.positions import PositionManager
from orderflow_tui.support.memory import spare_memory

_DEMO_REQUESTS: Final = 20.0


def run_demo(
    *,
    scenario: str,
    seed: int,
    depth: str,
    plan: str | None,
    wire: str,
    overrides: Mapping[str, object],
    screen: Mapping[str, object],
) -> int:
    """The dashboard on a simulated market of its own; the user's key, positions and journal are not touched.

    Each demo is another market, so nothing an earlier one left open is taken up. `wire` is the source it looks like.
    """
    from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML  # noqa: PLC0415
    from orderflow_tui.feeds.simulator.process import SimulatorProcess  # noqa: PLC0415
    from orderflow_tui.positions.toml_file import read_text  # noqa: PLC0415

    spare_memory()
    source = source_named("simulator" if wire == "polygon" else wire)
    with SimulatorProcess(seed=seed, scenario=scenario, depth=depth, plan=plan, wire=wire) as market:
        given, env = source.reach(market.reached)
        settings = {"requests_per_second": _DEMO_REQUESTS, **overrides, **given}
        loaded = load_config(settings, env=env, files=False)
        positions = PositionManager.fixed(*read_text(DEMO_POSITIONS_TOML, "demo"))
        unwatched = LiveSettings(loaded, {}, None, watch=False)
        monitor, directory = monitor_of_source(
            loaded, positions, unwatched, publish_hz=20.0, take_up=False, simulated=True
        )
        return show(monitor, directory, screen, loaded)
