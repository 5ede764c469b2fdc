"""Every key: one place that the footer, the help, the palette and the user's keymap are made from."""

from __future__ import annotations

from textual.binding import Binding, BindingType


def _key(
    keys: str, action: str, label: str, tooltip: str, name: str, *, show: bool = False, priority: bool = False
) -> Binding:
    return Binding(keys, action, label, tooltip=tooltip, id=name, show=show, priority=priority)


APP_BINDINGS: list[BindingType] = [
    _key("f1", "help", "Help", "All keys and symbols", "help", show=True, priority=True),
    _key("question_mark", "help", "Help", "Same as F1", "help-letter"),
    _key("colon", "command_palette", "Palette", "Same as Ctrl+P: every action by name", "palette"),
    _key(
        "f2", "acknowledge", "Answer", "Answer the exit recommendation, from any screen", "acknowledge",
        show=True, priority=True,
    ),
    _key("a", "acknowledge", "Answer", "Same as F2", "acknowledge-letter"),
    _key("u", "take_back", "Undo", "Take your last answer back", "take-back"),
    _key("h", "history", "History", "Journal history, all days", "history", show=True),
    _key(
        "comma", "settings", "Settings", "Settings: thresholds, theme, refresh rate, sound", "settings",
        show=True,
    ),
    _key("T", "next_theme", "Theme", "The next theme", "next-theme"),
    _key("M", "mute", "Mute", "Bell off, or on again, on this screen until you quit", "mute"),
    _key("r", "recover", "Retry", "Retry a BLIND symbol now; restart a dead engine", "recover"),
    _key("m", "mine", "Mine", "Mark your own orders: the rules ignore them", "mine"),
    _key("space", "pause", "Pause", "Pause or resume a replay", "pause"),
    _key("full_stop", "step('event')", "Next event", "Pause a replay and play the next event", "step-event"),
    _key(
        "greater_than_sign", "step('second')", "Next second", "Pause a replay and play one second", "step-second"
    ),
    _key("plus,equals_sign", "faster", "Faster", "Replay at twice the speed", "faster"),
    _key("minus", "slower", "Slower", "Replay at half the speed", "slower"),
    _key("left_square_bracket,shift+left", "seek_by(-60)", "Back 1 min", "A replay one minute back", "seek-back"),
    _key("right_square_bracket,shift+right", "seek_by(60)", "On 1 min", "A replay one minute on", "seek-on"),
    _key(
        "left_curly_bracket,ctrl+left", "seek_by(-600)", "Back 10 min", "A replay ten minutes back", "seek-back-far"
    ),
    _key("right_curly_bracket,ctrl+right", "seek_by(600)", "On 10 min", "A replay ten minutes on", "seek-on-far"),
    _key(
        "f12", "save_picture", "Picture", "Save any screen as SVG in the journal folder", "picture",
        priority=True,
    ),
    _key("P", "save_picture", "Picture", "Same as F12", "picture-letter"),
    _key("q", "quit", "Quit", "Quit now (the journal is already saved)", "quit-letter", show=True),
    _key("ctrl+q", "quit", "Quit", "Quit now, from any screen", "quit", priority=True),
]  # fmt: skip

MAIN_BINDINGS: list[BindingType] = [
    _key("enter", "detail", "Detail", "Details of the selected symbol or alert", "detail", show=True),
    _key("d", "drill", "Planner", "Exit planner: cost now and in slices, per symbol and total", "drill", show=True),
    _key("left,up,k", "select(-1)", "Previous", "Select the previous symbol", "select-previous"),
    _key("right,down,j,l", "select(1)", "Next", "Select the next symbol", "select-next"),
    _key("escape", "urgent", "Urgent", "Select the most urgent symbol now", "select-urgent"),
    _key("o", "sort", "Sort", "Sort: positions file, urgency, P&L, distance to stop, symbol", "sort", show=True),
    _key(
        "e", "position", "Edit", "Change shares, cost or stop of the selected symbol in positions.toml", "position-edit"
    ),
    _key("n", "position(True)", "New", "Add a position to positions.toml", "position-new"),
    _key("w", "welcome", "Welcome", "Show the welcome page, or what keeps the watch from working, again", "welcome"),
    _key("t", "table", "Table", "All symbols as a table, or as panels", "table", show=True),
    _key("p", "pin", "Pin", "Pin or unpin the selected symbol", "pin", show=True),
    _key("tab", "next_card", "Next card", "Show the next open recommendation", "next-card"),
    _key("v", "alerts", "Alerts", "Choose an alert; Enter opens it", "alerts"),
    _key("pageup", "feed_page(-1)", "Newer alerts", "Scroll the alerts up", "feed-up"),
    _key("pagedown", "feed_page(1)", "Older alerts", "Scroll the alerts down", "feed-down"),
    _key("home", "feed_newest", "Newest alerts", "Back to the newest alert", "feed-newest"),
    *(
        _key(str(number), f"select_number({number})", f"Symbol {number}", f"Select symbol {number}", f"select-{number}")
        for number in range(1, 10)
    ),
]

ANSWER_BINDINGS: list[BindingType] = [
    _key("e", "exited", "Sold all", "You closed the position", "answer-exited"),
    _key("t", "trimmed", "Sold some", "You sold part of it; asks how many shares", "answer-trimmed"),
    _key("h", "hold", "Keep", "You keep it; muted for 5 minutes unless the price goes on against it", "answer-hold"),
    _key("s", "snooze", "Snooze", "Muted for 1, 5 or 15 minutes", "answer-snooze"),
    _key("up,k", "cursor(-1)", "Up", "The symbol before, on a card of several", "answer-up"),
    _key("down,j", "cursor(1)", "Down", "The next symbol, on a card of several", "answer-down"),
    _key("A", "all", "All", "The next answer is for all symbols, or for one", "answer-all"),
    _key("u", "take_back", "Undo", "Take your last answer back", "answer-take-back"),
    _key("1", "minutes(1)", "1 minute", "Snooze for 1 minute", "snooze-1"),
    _key("5", "minutes(5)", "5 minutes", "Snooze for 5 minutes", "snooze-5"),
    _key("f", "minutes(15)", "15 minutes", "Snooze for 15 minutes", "snooze-15"),
    _key("n", "note", "Note", "Add a note to the answer", "answer-note"),
    _key("escape", "back", "Back", "Go back one step, then close without an answer", "answer-back"),
]

DETAIL_BINDINGS: list[BindingType] = [
    _key("escape,enter", "close", "Back", "Back to the dashboard", "detail-close", show=True),
    _key("d", "drill", "Planner", "Exit planner: exit cost now and in slices", "detail-drill", show=True),
    _key("c", "next_chart", "Chart", "Next chart, if not all fit", "detail-chart", show=True),
    _key("v", "tape('size')", "Sizes", "The tape: all sizes, large and up, above T", "tape-size", show=True),
    _key("s", "tape('side')", "Sides", "The tape: both sides, sells, buys", "tape-side", show=True),
    _key("o", "tape('venue')", "Venues", "The tape: everything, on exchange, off exchange", "tape-venue", show=True),
    _key("left", "select(-1)", "Previous", "The symbol before", "detail-previous"),
    _key("right", "select(1)", "Next", "The symbol after", "detail-next"),
    _key("pageup", "scroll(-1)", "Up", "Scroll up", "detail-up"),
    _key("pagedown", "scroll(1)", "Down", "Scroll down", "detail-down"),
]

DRILL_BINDINGS: list[BindingType] = [
    _key("escape,d", "close", "Back", "Go back", "drill-close", show=True),
    _key("pageup", "scroll(-1)", "Up", "Scroll up", "drill-up"),
    _key("pagedown", "scroll(1)", "Down", "Scroll down", "drill-down"),
]

HISTORY_BINDINGS: list[BindingType] = [
    _key("escape,h", "close", "Back", "Back to the dashboard", "history-close", show=True),
    _key("enter,l", "record", "Record", "All fields of the record", "history-record", show=True),
    _key("slash", "search", "Search", "Search the text of the records", "history-search", show=True),
    _key("s", "filter('symbol')", "Symbol", "Next symbol only", "filter-symbol", show=True),
    _key("e", "filter('kind')", "Kind", "Next kind of record only", "filter-kind", show=True),
    _key("v", "filter('severity')", "Severity", "Only critical, only warnings, only info, all", "filter-severity"),
    _key("d", "filter('day')", "Day", "Next day only", "filter-day", show=True),
    _key("w", "filter('answered')", "Answered", "Only answered, only unanswered, all", "filter-answered"),
    _key("x", "clear", "Clear", "Clear filters and search", "filter-clear", show=True),
    _key("c", "export", "CSV", "Export the rows as CSV to the journal folder", "history-export", show=True),
    _key("y", "copy", "Copy", "Copy the record under the cursor", "history-copy"),
    _key("up,k", "cursor(-1)", "Up", "One row up", "history-up"),
    _key("down,j", "cursor(1)", "Down", "One row down", "history-down"),
    _key("pageup", "page(-1)", "Page up", "A page up", "history-page-up"),
    _key("pagedown", "page(1)", "Page down", "A page down", "history-page-down"),
    _key("ctrl+u", "half_page(-1)", "Half up", "Half a page up", "history-half-up"),
    _key("ctrl+d", "half_page(1)", "Half down", "Half a page down", "history-half-down"),
    _key("home,g", "newest", "Newest", "Newest row, and follow new ones", "history-newest"),
    _key("end,G", "oldest", "Oldest", "The oldest row", "history-oldest"),
]

DIALOG_BINDINGS: list[BindingType] = [
    _key("escape", "close", "Close", "Close this", "dialog-close", show=True),
]

QUIT_BINDINGS: list[BindingType] = [
    _key(
        "k,enter",
        "keep",
        "Keep watching",
        "Close this screen; the engine keeps running, `attach` shows it",
        "quit-keep",
    ),
    _key("e", "end", "End the watch", "Stop the engine too: nothing is watched after that", "quit-end"),
    _key("escape", "close", "Stay", "Go back", "quit-stay"),
]

SETTINGS_BINDINGS: list[BindingType] = [
    _key("escape,comma", "close", "Back", "Go back", "settings-close", show=True),
    _key("up,k", "cursor(-1)", "Up", "One line up", "settings-up"),
    _key("down,j", "cursor(1)", "Down", "One line down", "settings-down"),
    _key("left,h", "change(-1)", "Less", "Previous value", "settings-less", show=True),
    _key("right,l", "change(1)", "More", "The next value", "settings-more", show=True),
    _key("enter", "type", "Type", "Type a value", "settings-type", show=True),
    _key("x,delete", "take_back", "Remove", "Remove this setting from the file", "settings-take-back"),
    _key("tab", "next_symbol", "Symbol", "The thresholds of the next symbol", "settings-symbol"),
]

FIRST_RUN_BINDINGS: list[BindingType] = [
    _key("escape,enter", "close", "Dashboard", "To the dashboard", "first-run-close", show=True),
    _key("n", "position", "New", "Type a position; saved in positions.toml", "first-run-new", show=True),
    _key("e", "position", "Edit", "Type a position anew; saved in positions.toml", "first-run-edit", show=True),
    _key(
        "w",
        "write_sample",
        "Write",
        "Write an example file; never overwrites",
        "first-run-write",
        show=True,
    ),
]

PAGER_BINDINGS: list[BindingType] = [
    _key("k", "scroll_up", "Line up", "One line up", "text-up"),
    _key("j", "scroll_down", "Line down", "One line down", "text-down"),
    _key("ctrl+u", "half_page(-1)", "Half up", "Half a page up", "text-half-up"),
    _key("ctrl+d", "half_page(1)", "Half down", "Half a page down", "text-half-down"),
    _key("g", "scroll_home", "Top", "To the first line", "text-top"),
    _key("G", "scroll_end", "Bottom", "To the last line", "text-bottom"),
]

SCOPES: dict[str, list[BindingType]] = {
    "Everywhere": APP_BINDINGS,
    "Dashboard": MAIN_BINDINGS,
    "Answer": ANSWER_BINDINGS,
    "Detail": DETAIL_BINDINGS,
    "Exit planner": DRILL_BINDINGS,
    "History": HISTORY_BINDINGS,
    "Settings": SETTINGS_BINDINGS,
    "Quit": QUIT_BINDINGS,
    "First run": FIRST_RUN_BINDINGS,
    "Dialogs": DIALOG_BINDINGS,
    "Long text": PAGER_BINDINGS,
}
"""Which bindings are alive together: those of one scope and those of `Everywhere`."""

MODAL_SCOPES = frozenset({"Answer", "Settings", "Quit", "Dialogs", "Long text"})
"""Where only the priority keys of `Everywhere` reach."""


def named(bindings: list[BindingType]) -> list[Binding]:
    """The bindings as `Binding` objects; all of ours are."""
    return [binding for binding in bindings if isinstance(binding, Binding)]
