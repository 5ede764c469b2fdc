"""Makes the README's recording and pictures anew, from the demo as it runs: `make pictures`, a minute and a half."""

from __future__ import annotations

import asyncio
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from orderflow_tui.commands.assembly import LiveSettings, monitor_of_source
from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import source_named
from orderflow_tui.feeds.simulator import DEMO_POSITIONS_TOML
from orderflow_tui.feeds.simulator.process import SimulatorProcess
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.positions import PositionManager
from orderflow_tui.positions.toml_file import read_text
from orderflow_tui.tui.app import OrderFlowApp
from tests.docs.pages import ROOT

SIZE = (100, 30)
SECONDS = 15
LIMIT = 120.0
DOCS = ROOT / "docs"


def animated(frames: list[tuple[str, float]]) -> str:
    """One SVG that shows the frames in turn, for ever; still on its most telling one where motion is not wanted.

    Args:
        frames: SVG and seconds.
    """
    total = sum(seconds for _, seconds in frames)
    box = re.search(r'viewBox="([^"]+)"', frames[0][0])
    assert box is not None
    rules, begins = [".f { visibility: hidden }"], 0.0
    for number, (_, seconds) in enumerate(frames):
        ends = begins + seconds
        steps = [(0.0, "hidden"), (begins, "visible"), (ends, "hidden")]
        keys = " ".join(f"{at / total:.2%} {{ visibility: {state} }}" for at, state in dict(steps).items())
        rules.append(
            f"@keyframes f{number} {{ {keys} }} .f{number} {{ animation: f{number} {total:g}s step-end infinite }}"
        )
        begins = ends
    telling = max(range(len(frames)), key=lambda number: frames[number][1])
    rules.append(
        f"@media (prefers-reduced-motion: reduce) {{ .f {{ animation: none }} .f{telling} {{ visibility: visible }} }}"
    )
    groups = "\n".join(f'<g class="f f{number}">{svg}</g>' for number, (svg, _) in enumerate(frames))
    return (
        f'<svg class="rich-terminal" viewBox="{box[1]}" xmlns="http://www.w3.org/2000/svg">\n'
        f"<style>{' '.join(rules)}</style>\n{groups}\n</svg>\n"
    )


def small(svg: str) -> str:
    """A picture that fetches nothing from elsewhere, without what only an editor needs."""
    alone = re.sub(r"<!--.*?-->|@font-face \{.*?\}", "", svg, flags=re.DOTALL).replace("Fira Code, ", "")
    return re.sub(r"\n\s*", "\n", alone).strip()


async def _until(pilot: Pilot[Any], true: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT):
        while not true():
            await pilot.pause(0.1)
    await pilot.pause(0.3)


async def _shoot(app: OrderFlowApp) -> dict[str, str]:
    """The screens worth a picture, by name."""
    found: dict[str, str] = {}

    def keep(name: str) -> None:
        found[name] = small(app.export_screenshot(title="orderflow-tui demo"))

    async with app.run_test(size=SIZE) as pilot:
        await _until(pilot, lambda: len(app.model.views) > 3 and all(v.last_price for v in app.model.views.values()))
        keep("calm")
        await _until(pilot, lambda: app.model.alerts)
        keep("alert")
        await _until(pilot, lambda: any(card.symbol == "BOLT" for card in app.model.open_cards))
        keep("card")
        await pilot.press("f2")
        await pilot.pause(0.5)
        keep("answer")
        await pilot.press("h")
        await pilot.pause(1.5)
        await pilot.press("escape")
        await pilot.pause(0.5)
        keep("kept")
        app.model.choose("BOLT")
        for key, name in (("d", "drill"), ("enter", "detail"), ("h", "history")):
            await pilot.press(key)
            await pilot.pause(1.5)
            keep(name)
            await pilot.press("escape")
            await pilot.pause(0.5)
    return found


def main() -> int:
    """Run the demo and write the pictures."""
    with tempfile.TemporaryDirectory() as folder, SimulatorProcess(seed=7, scenario="mixed") as market:
        given, env = source_named("simulator").reach(market.reached)
        settings = {"requests_per_second": 20.0, "log_dir": folder, **given}
        loaded = load_config(settings, env=env, files=False)
        positions = PositionManager.fixed(*read_text(DEMO_POSITIONS_TOML, "demo"))
        unwatched = LiveSettings(loaded, {}, None, watch=False)
        monitor, directory = monitor_of_source(
            loaded, positions, unwatched, publish_hz=20.0, take_up=False, simulated=True
        )
        monitor.start()
        history = HistoryStore(directory)
        try:
            found = asyncio.run(_shoot(OrderFlowApp(monitor, history=history)))
        finally:
            history.close()
            monitor.stop(timeout=2.0)
    shown = (("calm", 2.0), ("alert", 3.0), ("card", 4.5), ("answer", 3.0), ("kept", 2.5))
    written = {"demo": animated([(found[name], seconds) for name, seconds in shown])}
    written |= {name: found[name] for name in ("card", "drill", "detail", "history")}
    for name, svg in written.items():
        path = DOCS / f"{name}.svg"
        path.write_text(svg, encoding="utf-8")
        print(f"{path.relative_to(Path.cwd())}: {len(svg):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
