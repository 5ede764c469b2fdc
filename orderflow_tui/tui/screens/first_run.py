"""What to do next, when there is nothing to watch yet."""

from __future__ import annotations

import os
from dataclasses import replace as replace_field
from typing import Final

from msgspec.structs import replace
from textual.app import ComposeResult

from orderflow_tui.support.open_flags import NEW
from orderflow_tui.tui.keys.bindings import APP_BINDINGS, FIRST_RUN_BINDINGS, named
from orderflow_tui.tui.look.formatting import Zone, clean, wrap
from orderflow_tui.tui.look.styled_lines import LineWidget, Row, Span, make_row
from orderflow_tui.tui.rows.bar_rows import title_row
from orderflow_tui.tui.screens import lazy
from orderflow_tui.tui.screens.base import ModelScreen
from orderflow_tui.tui.state.first_run import FirstRun, Kind, trouble
from orderflow_tui.tui.widgets.keybar import KeyBar
from orderflow_tui.tui.widgets.pending_bar import AskBar
from orderflow_tui.views.session_words import opens_words

_HEADLINES: dict[Kind, str] = {
    "no_positions_file": "No positions yet: tell the dashboard what you hold",
    "nothing_held": "Nothing is held and nothing is on the watchlist",
    "message": "Before you start",
    "market_closed": "The market is closed",
    "not_in_plan": "Your key's plan leaves something out",
    "key_refused": "NOTHING IS WATCHED: the source refused your key",
    "no_data": "NOTHING IS WATCHED: no data has come since the start",
}
_NOTHING_IN_PLAN: Final = "NOTHING IS WATCHED: your key's plan leaves something out"
_EXAMPLE = (
    'watchlist = ["SPY"]',
    "",
    "[[position]]",
    'symbol = "BAC"',
    "quantity = 1000            # negative for a short position",
    "average_cost = 13.90",
    "stop = 13.50               # may be left out",
)
SAMPLE = "# What you hold, one [[position]] each; uncomment these lines and enter your own positions.\n" + "".join(
    f"# {line}\n" if line else "#\n" for line in _EXAMPLE
)
_CLOSED = (
    "The rules are paused; the panels show each symbol's last known state.",
    "US stocks trade from 4:00 to 20:00 ET; the regular session is 9:30 to 16:00.",
    "Leave this running: it starts by itself and closes this page.",
)
_WITHOUT = {
    "quotes": "quotes: no bid, no ask, no cost of leaving, no walls; rules of the tape go on",
    "trades": "trades: no tape, no bursts, no sellers; walls and the cost of leaving go on",
}

_TROUBLES: Final[tuple[Kind, ...]] = ("key_refused", "no_data")
_WELCOMES: Final[tuple[Kind, ...]] = ("no_positions_file", "nothing_held")
_RETRY: Final = next(one for one in named(APP_BINDINGS) if one.id == "recover")
_STEPS: Final[dict[Kind, tuple[str, ...]]] = {
    "key_refused": (
        "1. Look your key up on the source's page: is it whole, and not deleted?",
        "2. Store it again: `orderflow-tui init` in another terminal asks for it unseen and tries it.",
        "3. A key set in the environment wins over the stored one: `orderflow-tui config` shows which is read.",
        "4. Press {retry}: the watch starts again with the key that is stored then.",
    ),
    "no_data": (
        "1. Is this machine online? `orderflow-tui doctor` in another terminal asks the source and says what it heard.",
        "2. Are the symbols spelled as the exchange spells them? Press {edit} to change one.",
        "3. Press {retry} to ask again now; it is also asked again by itself, and this page closes when data comes.",
    ),
    "not_in_plan": (
        "1. Compare plans: Alpaca's is $99 a month for every US trade and quote, Polygon's Stocks Advanced $199.",
        "2. Alpaca's free key shows one exchange, IEX, in real time: `orderflow-tui init` sets it up in two minutes.",
        "3. After a change of plan do nothing: it is asked again every 15 minutes. {retry} asks the blind symbols now.",
    ),
}


class FirstRunScreen(ModelScreen):
    """Explains the next step; goes away by itself when there is something to watch."""

    SCOPE = "First run"
    BINDINGS = FIRST_RUN_BINDINGS
    DEFAULT_CSS = """
    FirstRunScreen > LineWidget { width: 1fr; height: 1; }
    FirstRunScreen > #first-words { height: 1fr; }
    """

    def __init__(self, first_run: FirstRun, zone: Zone) -> None:
        super().__init__()
        self._first_run = first_run
        self._zone = zone

    def compose(self) -> ComposeResult:
        """A title, the words, the keys."""
        yield AskBar()
        yield LineWidget(id="first-title")
        yield LineWidget(id="first-words")
        without = set() if self._can_write else {"first-run-write"}
        without |= {"first-run-edit"} if self._first_run.kind != "no_data" else set()
        without |= {"first-run-new"} if self._first_run.kind not in _WELCOMES else set()
        keys = [binding for binding in named(FIRST_RUN_BINDINGS) if binding.id not in without]
        if self._first_run.kind in _STEPS:
            keys.append(replace_field(_RETRY, show=True))
        yield KeyBar(keys)

    async def update_model(self) -> None:
        """Draw, or leave when there is something to watch."""
        if self._is_over():
            self.dismiss(None)
            return
        now = None if self.model.status is None else trouble(self.model.status, self.model.views)
        if now is not None and now.kind == self._first_run.kind:
            self._first_run = now  # its reason may be another by now
        width = max(10, self.size.width)
        self.query_one("#first-title", LineWidget).show([title_row(self.model, "welcome", self._zone, width)])
        rows = self._rows(width)
        if len(rows) > self.size.height - 2:  # rather all words than the air between them
            rows = [row for row in rows if row.plain.strip()]
        self.query_one("#first-words", LineWidget).show(rows)

    async def on_resize(self) -> None:
        """The words wrap anew."""
        await self.update_model()

    def _is_over(self) -> bool:
        status = self.model.status
        if self._first_run.kind == "not_in_plan":
            return status is not None and not status.missing_features
        if self._first_run.kind == "market_closed":
            return status is not None and status.market != "closed"
        if self._first_run.kind in _TROUBLES:
            now = None if status is None else trouble(status, self.model.views)
            return status is not None and (now is None or now.kind != self._first_run.kind)
        return bool(self.model.views)

    def _rows(self, width: int) -> list[Row]:
        item = self._first_run
        headline = _NOTHING_IN_PLAN if item.kind == "not_in_plan" and item.message else _HEADLINES[item.kind]
        rows = [make_row(""), make_row(Span(f"  {headline}", "strong")), make_row("")]
        if item.message:
            rows += [*_wrapped(clean(item.message), width), make_row("")]
        if item.kind == "market_closed":
            now_ns = self.model.status.now_ns if self.model.status else 0
            opening = f"By the exchange calendar the market {opens_words(now_ns)}."
            rows += [row for words in (*_CLOSED[:2], opening, *_CLOSED[2:]) for row in _wrapped(words, width)]
            rows += [make_row(""), *_wrapped("Until then, try a simulated market:", width)]
        elif item.kind == "not_in_plan":
            for feature in item.missing:
                rows += _wrapped(f"- without {clean(_WITHOUT.get(feature, feature))}", width)
            rows += [make_row(""), *self._steps(width), *_wrapped("To see what a full screen looks like:", width)]
        elif item.kind in _TROUBLES:
            rows += [*self._steps(width), make_row(""), *_wrapped("Meanwhile, on a simulated market:", width)]
        else:
            rows += self._positions_rows(width)
        rows += [make_row(""), make_row(Span("      orderflow-tui demo", "bid")), make_row("")]
        rows.append(make_row(Span("  It recommends; it never sends an order.", "muted")))
        return rows

    def _steps(self, width: int) -> list[Row]:
        """What to do, numbered, with the keys in force."""
        edit = next(one for one in named(FIRST_RUN_BINDINGS) if one.id == "first-run-edit")
        keys = {"edit": self.dashboard.first_key(edit), "retry": self.dashboard.first_key(_RETRY)}
        return [row for step in _STEPS[self._first_run.kind] for row in _wrapped(step.format(**keys), width)]

    def _positions_rows(self, width: int) -> list[Row]:
        path = clean(str(self._first_run.path))
        or_press = f", or press {self._write_key} for a commented example" if self._can_write else ""
        new = self.dashboard.first_key(next(one for one in named(FIRST_RUN_BINDINGS) if one.id == "first-run-new"))
        rows = _wrapped(f"Press {new} to type a position here, or write this to {path}{or_press}:", width)
        rows += [make_row(""), *(make_row(Span(f"      {line}", "bid")) for line in _EXAMPLE), make_row("")]
        rows.append(make_row("  The file is read again when it changes: no need to start anew."))
        rows.append(make_row("  To look around first, on a simulated market:"))
        return rows

    @property
    def _write_key(self) -> str:
        return self.dashboard.first_key(next(one for one in named(FIRST_RUN_BINDINGS) if one.id == "first-run-write"))

    @property
    def _can_write(self) -> bool:
        return self._first_run.kind == "no_positions_file" and self._first_run.path.suffix == ".toml"

    async def action_write_sample(self) -> None:
        """An example in the positions file's place, everything in it commented out; never over a file that is there."""
        if not self._can_write:
            self.dashboard.tell("there is nothing to write here")
            return
        path = self._first_run.path
        try:
            descriptor = os.open(path, NEW, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(SAMPLE)
        except FileExistsError:
            self.dashboard.tell(f"{path} already exists: left unchanged", warning=True)
            return
        except OSError as error:
            self.dashboard.tell(f"{path} cannot be written: {error.strerror}", warning=True)
            return
        message = f"{path} is written: open it in an editor, remove the # and enter what you hold."
        self._first_run = replace(self._first_run, kind="nothing_held", message=message)
        await self.update_model()

    def action_position(self) -> None:
        """Type a position: the first one, or a symbol spelled otherwise."""
        desk = self.dashboard.positions
        if desk.path is None:
            self.dashboard.tell(desk.why, warning=True)
        else:
            self.app.push_screen(lazy.position_screen(desk, ""))

    def action_close(self) -> None:
        """To the empty dashboard."""
        self.dismiss(None)


def _wrapped(words: str, width: int) -> list[Row]:
    return [make_row(f"  {line}") for line in wrap(words, max(10, width - 4), 4)]
