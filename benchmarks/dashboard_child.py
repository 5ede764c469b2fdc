"""The app that `dashboard.py` looks at: `ours`, `naive`, `quiet` (ours, nothing happening) or `bare`."""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path

SYMBOLS = 12
UPDATES = 20
FPS = 20.0
MARK_EVERY = 0.25
ALARM_EVERY = 1.0
VARIANTS = 40
CALM_SECONDS = 2.0
NAMES = ("AAPL", "BAC", "MSFT", "NVDA", "F", "KO", "GME", "BRK.B", "SPY", "QQQ", "IWM", "XLF")


class Stats:
    """What the process knows of itself."""

    def __init__(self) -> None:
        self.published: dict[int, float] = {}
        self.alarmed: dict[int, float] = {}
        self.updates = self.looks = 0
        self.acknowledged: list[float] = []
        self.cpu_from = self.wall_from = 0.0

    def begin(self) -> None:
        self.cpu_from, self.wall_from = time.process_time(), time.monotonic()

    def write(self, path: Path) -> None:
        wall = max(1e-9, time.monotonic() - self.wall_from)
        resident = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS"))
        found = {
            "cpu": 100 * (time.process_time() - self.cpu_from) / wall,
            "updates": self.updates / wall,
            "looks": self.looks / wall,
            "acknowledged": self.acknowledged,
            "rss": int(resident.split()[1]) / 1_024,
            "published": self.published,
            "alarmed": self.alarmed,
        }
        path.write_text(json.dumps(found))


def publish(monitor: object, variants: Mapping[str, list[object]], stats: Stats, stop: threading.Event) -> None:
    """Book updates one by one, evenly spread, a marked one every quarter second."""
    from msgspec.structs import replace

    from tests.tui.fake import recommendation

    stop.wait(CALM_SECONDS)
    stats.begin()
    stats.looks = 0
    gap = 1 / (SYMBOLS * UPDATES)
    due, next_mark, number = time.monotonic(), time.monotonic(), 0
    next_alarm, alarm = time.monotonic() + ALARM_EVERY / 2, 0
    while not stop.is_set():
        name = NAMES[stats.updates % SYMBOLS]
        view = variants[name][stats.updates // SYMBOLS % VARIANTS]
        if name == NAMES[1]:
            # The mark stays until the next one: a look that comes late still shows it, late.
            if time.monotonic() >= next_mark:
                next_mark += MARK_EVERY
                number += 1
                stats.published[number] = time.monotonic()
            view = replace(view, chip_detail=f"mark{number:06d}")  # type: ignore[type-var]
        monitor.put(view)  # type: ignore[attr-defined]
        if time.monotonic() >= next_alarm:
            next_alarm += ALARM_EVERY
            alarm += 1
            named = recommendation(NAMES[1], reason=f"alarm{alarm:06d}", recommendation_id=f"{NAMES[1]}:exit:{alarm}")
            stats.alarmed[alarm] = time.monotonic()
            monitor.put(recommendations=(named,))  # type: ignore[attr-defined]
            monitor.ring()  # type: ignore[attr-defined]
        stats.updates += 1
        due += gap
        stop.wait(max(0.0, due - time.monotonic()))


def market(turns: int) -> tuple[object, dict[str, list[object]]]:
    """The fake monitor of the screen's tests and what its books will look like."""
    from msgspec.structs import replace

    from tests.tui.fake import ALERT_TEXTS, FakeMonitor, alert, ladder, recommendation, symbol_view

    monitor = FakeMonitor()
    variants: dict[str, list[object]] = {}
    for index, name in enumerate(NAMES):
        chip = "EXIT" if index == 1 else "CALM"
        view = symbol_view(name, chip, price=138_500 + 10_000 * index, seed=index + 3, detail="READY")  # type: ignore[arg-type]
        price = view.last_price or 0
        variants[name] = [
            replace(
                view,
                bids=ladder(price - 100 * (turn % 3), -100, 10, index + turn * 7, 2),
                asks=ladder(price + 100 - 100 * (turn % 3), 100, 10, index + turn * 5),
                last_price=price - 100 * (turn % 3),
                chip_detail="",
            )
            for turn in range(turns)
        ]
        monitor.put(view)
    lines = tuple(alert(NAMES[index % 6], index, ALERT_TEXTS[index % 6]) for index in range(30))
    monitor.put(alerts=lines, recommendations=(recommendation(NAMES[1]),))
    return monitor, variants


def count_looks(stats: Stats) -> None:
    """Count the looks at the monitor that had something to paint, and note when the acknowledge key acts."""
    from orderflow_tui.tui.state.screen_model import ScreenModel

    poll = ScreenModel.poll

    def counted(self: ScreenModel, *args: object) -> bool:
        found = poll(self, *args)  # type: ignore[arg-type]
        stats.looks += found
        return found

    ScreenModel.poll = counted  # type: ignore[assignment, method-assign]


def run_ours(monitor: object, stats: Stats) -> None:
    from orderflow_tui.tui.app import OrderFlowApp
    from orderflow_tui.tui.run_dashboard import run_dashboard
    from orderflow_tui.tui.state.attention import Attention

    acknowledge = OrderFlowApp.action_acknowledge

    def noted(self: OrderFlowApp) -> None:
        stats.acknowledged.append(time.monotonic())
        acknowledge(self)

    OrderFlowApp.action_acknowledge = noted  # type: ignore[method-assign]
    run_dashboard(monitor, fps=FPS, attention=Attention(bell=False))  # type: ignore[arg-type]


def run_naive(monitor: object, stats: Stats) -> None:
    """The same rows, each panel one `Static.update` a look."""
    from rich.text import Text
    from textual.app import App
    from textual.binding import Binding
    from textual.containers import Grid
    from textual.screen import ModalScreen
    from textual.widgets import Static

    from orderflow_tui.tui.look.formatting import NEW_YORK, Zone
    from orderflow_tui.tui.look.layout import card_height, plan
    from orderflow_tui.tui.rows.bar_rows import status_row, strip_rows
    from orderflow_tui.tui.rows.card_rows import CardFrame, card_rows
    from orderflow_tui.tui.rows.feed_rows import alert_row
    from orderflow_tui.tui.rows.panel_rows import Frame, panel_rows
    from orderflow_tui.tui.state.screen_model import ScreenModel

    zone = Zone(NEW_YORK)
    styles = {
        "bid": "green",
        "ask": "red",
        "buy": "green",
        "sell": "red",
        "bold": "bold",
        "strong": "bold",
        "dim": "dim",
    }

    def text(rows: list[object]) -> Text:
        found = Text(no_wrap=True)
        for row in rows:
            for span in row.spans:  # type: ignore[attr-defined]
                found.append(span.text, " ".join(styles[token] for token in span.token.split() if token in styles))
            found.append("\n")
        return found

    class Answer(ModalScreen[None]):
        BINDINGS = [Binding("escape", "dismiss", "Back")]  # noqa: RUF012

        def compose(self):
            yield Static("e exited\nt trimmed\nh hold\ns snooze\nesc decide later")

    class Naive(App[None]):
        CSS = "Grid { grid-size: 4; height: 1fr; } .bar { height: auto; }"
        BINDINGS = [Binding("f2", "acknowledge", priority=True), Binding("ctrl+q", "quit", priority=True)]  # noqa: RUF012
        ENABLE_COMMAND_PALETTE = False

        def compose(self):
            yield Static(id="card", classes="bar")
            yield Static(id="strip", classes="bar")
            with Grid():
                for index in range(SYMBOLS):
                    yield Static(id=f"panel{index}")
            yield Static(id="feed", classes="bar")
            yield Static(id="status", classes="bar")

        def on_mount(self) -> None:
            self.model = ScreenModel()
            self.look()
            self.set_interval(1 / FPS, self.look)

        def look(self) -> None:
            model = self.model
            if not model.poll(monitor, time.monotonic()):  # type: ignore[arg-type]
                return
            width, height = self.size
            shared = plan(width, height - 12, height, SYMBOLS, card_open=model.card is not None)
            card = model.card
            if card is not None:
                frame = CardFrame(1, 1, model.status.now_ns, zone, width, card_height(height), "F2")
                self.query_one("#card", Static).update(text(card_rows(card, frame)))
            self.query_one("#strip", Static).update(text(strip_rows(model, zone, width)))
            for index, name in enumerate(model.order):
                place = Frame(width // 4, shared.panel_height, index + 1, name == model.selected, False, zone)
                self.query_one(f"#panel{index}", Static).update(text(panel_rows(model.views[name], place)))
            rows = [alert_row(line, zone, width) for line in model.alerts[: shared.feed_height]]
            self.query_one("#feed", Static).update(text(rows))
            self.query_one("#status", Static).update(text([status_row(model, zone, width)]))

        def action_acknowledge(self) -> None:
            stats.acknowledged.append(time.monotonic())
            if not isinstance(self.screen, Answer):
                self.push_screen(Answer())

    Naive().run()


def run_bare() -> None:
    from textual.app import App
    from textual.binding import Binding
    from textual.widgets import Static

    class Bare(App[None]):
        BINDINGS = [Binding("ctrl+q", "quit", priority=True)]  # noqa: RUF012

        def compose(self):
            yield Static("READY")

    Bare().run()


def main() -> None:
    mode, report = sys.argv[1], Path(sys.argv[2])
    stats = Stats()
    stats.begin()
    if mode == "bare":
        run_bare()
        stats.write(report)
        return
    monitor, variants = market(0 if mode == "quiet" else VARIANTS)
    stop = threading.Event()
    if mode == "quiet":
        threading.Timer(CALM_SECONDS, stats.begin).start()
    else:
        threading.Thread(target=publish, args=(monitor, variants, stats, stop), daemon=True).start()
    count_looks(stats)
    (run_naive if mode == "naive" else run_ours)(monitor, stats)
    stop.set()
    stats.write(report)


if __name__ == "__main__":
    main()
