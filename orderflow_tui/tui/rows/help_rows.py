"""The help: every key with what it does, made from the bindings, and what the signs on the screen mean."""

from __future__ import annotations

from collections.abc import Callable

from textual.binding import Binding

from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.look.formatting import left, wrap
from orderflow_tui.tui.look.styled_lines import Row, Span, make_row

SIGNS = (
    ("[EXIT] [STOP]", "an exit is recommended; your stop is hit; F2 answers"),
    ("[BLIND]", "the data cannot be trusted; nothing derived is shown"),
    ("ALERT WATCH", "a counting alert stands; a wall is watched"),
    ("calm warming thin", "nothing; the baseline is not full yet; too few prints for the burst rule"),
    ("W ! x", "beside a level: a wall stands; it is being hit; it was pulled"),
    ("S B ?", "the aggressor of a print: seller, buyer, not known"),
    ("+ # o", "after a print: large for this name; above the threshold; off-exchange"),
    ("S s · b B ?", "under the tape: sold from 80%, from 60%, neither, bought, bought from 80%; side not known"),
    ("┃ E", "on the vol gauge: the spike threshold; the exit ratio"),
    ("!! !", "in the alerts: critical; a warning"),
    ("depth 1.8x your size", "shares bid near the best price over your shares (offered, for a short)"),
    ("sh", "shares"),
    ("CVD VWAP queue OFI", "buys less sells ± its error; price against it; bid over ask size; order-flow imbalance"),
    ("pace, 10k moves", "prints a second against usual; cents that 10,000 shares of one side move the price"),
    ("--", "not known, or no longer true"),
    ("* > #", "a panel is pinned; selected; both"),
)
IN_BROWSER = (
    ("?", "this help; most browsers keep F1"),
    ("a", "answer, where F2 does not reach the screen"),
    (":", "command palette; Ctrl+P prints"),
    ("P", "picture; F12 opens the browser's tools"),
    ("q", "quit; Ctrl+Q and Ctrl+W close the browser or its tab, the watch goes on"),
    ("F5, F11", "the browser's: load the page anew, full screen"),
)
"""Keys for those that a browser keeps for itself."""
KEY_WIDTH = 20


def help_rows(
    width: int, keys: Callable[[Binding], list[str]], first: str = "Dashboard", *, browser: bool = False
) -> list[Row]:
    """All rows of the help, the scope the reader came from first; in a browser, before it, what the browser keeps."""
    rows: list[Row] = []
    if browser:
        rows.append(make_row(" In a browser", base="bar"))
        for key, words in IN_BROWSER:
            rows += _entry(key, words, width)
    for scope in sorted(SCOPES, key=lambda name: (name != first, name != "Everywhere")):
        rows.append(make_row(f" {scope}", base="bar"))
        for binding in named(SCOPES[scope]):
            if binding.id == "select-1":
                rows += _entry("1 to 9", "Select a symbol by its number", width)
            elif not (binding.id or "").removeprefix("select-").isdigit():
                rows += _entry(", ".join(keys(binding)), binding.tooltip, width)
    rows.append(make_row(" Signs", base="bar"))
    for sign, words in SIGNS:
        rows += _entry(sign, words, width)
    return rows


def _entry(key: str, words: str, width: int) -> list[Row]:
    lines = wrap(words, max(10, width - KEY_WIDTH - 2), 3)
    rows = [make_row(Span(f" {left(key, KEY_WIDTH)} ", "strong"), lines[0])]
    return [*rows, *(make_row(" " * (KEY_WIDTH + 2), line) for line in lines[1:])]
