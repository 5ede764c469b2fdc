"""The options of every command: names, defaults, what a wrong one is answered with."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final, NoReturn, TypeAlias

from orderflow_tui.commands.run_command import EXIT_USE
from orderflow_tui.support.console import print_note

# What the command line may set of the configuration: option, field, metavar, help.
SETTINGS: Final = (
    ("--data-source", "data_source", "SOURCE", "source of market data (default polygon)"),
    ("--profile", "profile", "NAME", "guarded (default) or plan"),
    ("--large-order-size", "large_order_size_threshold", "SHARES", "large size T in shares (default 10000)"),
    ("--volume-spike", "volume_spike_threshold", "RATIO", "minimum volume ratio of a red burst (default 3.0)"),
    ("--red-burst", "red_burst_threshold", "RATIO", "volume ratio that recommends an exit by itself (default 4.0)"),
    ("--alert-window", "alert_window_seconds", "SECONDS", "how far back alerts count (default 120)"),
    ("--bucket-seconds", "bucket_seconds", "SECONDS", "burst window B (default 10)"),
    ("--mode", "monitoring_mode", "MODE", "positions_only or watchlist"),
    ("--requests-per-second", "requests_per_second", "N", "request budget (default 5)"),
    ("--base-url", "polygon_base_url", "URL", "another REST host"),
    ("--log-dir", "log_dir", "DIR", "where the journal goes"),
    ("--positions", "positions", "FILE", "positions file (default positions.toml)"),
    ("--record", "record", "DIR", "record rule inputs to DIR, so that replay --alert can reproduce alerts"),
)
_SCENARIOS: Final = ("calm", "seller", "burst", "mixed", "bad-day")
_PLANS: Final = ("basic", "starter", "developer", "advanced")
_WIRES: Final = ("polygon", "alpaca", "databento", "ibkr")
_ANSWERS: Final = ("hold", "sold", "exited", "trimmed", "snooze", "undo")
_SHELLS: Final = ("bash", "zsh", "fish")
ZONE: Final = "America/New_York"
_RECORDINGS: Final = (
    "common prefix of a .trades/.book.csv.gz pair, a LOBSTER file, a flat file as trades.csv.gz:AAPL, a .dbn file, "
    "or a run of --record"
)
JOURNAL: Final = "logs/order_flow"
SCREEN: Final = ("fps", "tz", "theme", "ascii", "no_mouse", "no_bell", "sounds", "no_title", "notify", "on_quit")


class _Parser(argparse.ArgumentParser):
    """One line for a wrong use, exit code 2."""

    def error(self, message: str) -> NoReturn:
        print_note(f"{self.prog}: {message} (see {self.prog} --help)")
        raise SystemExit(EXIT_USE)


class _Help(argparse.HelpFormatter):
    """Names in the usage what must be given; the options are listed below it."""

    def add_usage(
        self, usage: str | None, actions: Iterable[argparse.Action], groups: Iterable[Any], prefix: str | None = None
    ) -> None:
        """As argparse, without the options."""
        super().add_usage(usage, [one for one in actions if not one.option_strings], groups, prefix)


def _command(commands: _Commands, name: str, words: str) -> argparse.ArgumentParser:
    sentence = f"{words[0].upper()}{words[1:]}."
    return commands.add_parser(name, help=words, description=sentence, formatter_class=_Help)


class _FirstLook(argparse.ArgumentParser):
    """Knows the dashboard's options alone; what it does not take is for the whole parser."""

    def error(self, message: str) -> NoReturn:
        raise _NotTakenError(message)


class _NotTakenError(Exception):
    """Another command, a wrong use, or a question for help."""


_Commands: TypeAlias = "argparse._SubParsersAction[_Parser]"  # noqa: SLF001 argparse gives it no other name


def parse(words: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line; without words, this process's. Raises SystemExit for a wrong use and for `--help`.

    A dashboard and its engine start sooner than the other commands' options are made.
    """
    first = _FirstLook(add_help=False, allow_abbrev=False)
    first.add_argument("--version", action="store_true")
    _add_settings(first, None)
    _add_screen(first, None)
    first.add_subparsers(dest="command", parser_class=_FirstLook).add_parser("engine", add_help=False)
    try:
        return first.parse_args(words)
    except _NotTakenError:
        return make_parser().parse_args(words)


def make_parser() -> argparse.ArgumentParser:
    """The whole command line."""
    parser = _Parser(
        prog="orderflow-tui",
        description="Watches the order flow of the stocks you hold. Without a command: the dashboard.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="store_true", help="print the version")
    _add_settings(parser, None)
    _add_screen(parser, None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _command(commands, "init", "set up source, key and positions by a few questions, check them, start")
    _add_demo(commands)
    _add_replay(commands)
    headless = _command(commands, "headless", "run without a screen; print one line per alert")
    headless.add_argument("--duration", type=_positive, metavar="SECONDS", help="stop after SECONDS")
    headless.add_argument("--tz", default=argparse.SUPPRESS, help="time zone of the lines (America/New_York)")
    _add_settings(headless)
    _add_engine_commands(commands)
    _add_simulate(commands)
    _add_serve(commands)
    _add_report(commands)
    doctor = _command(commands, "doctor", "check key, plan, clock, positions, journal and terminal")
    doctor.add_argument("--json", action="store_true", help="JSON on stdout")
    doctor.add_argument(
        "--stream",
        dest="try_stream",
        action="store_true",
        help="also test the stream; this disconnects a running dashboard",
    )
    _add_settings(doctor)
    _add_evaluate(commands)
    _add_import(commands)
    completion = _command(commands, "completion", "print what your shell completes commands and options with")
    completion.add_argument("shell", choices=_SHELLS, help="whose")
    _command(commands, "man", "print the manual page")
    notify = _command(commands, "notify", "send a test message through every [notify] channel")
    notify.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the orderflow.toml to read")
    config = _command(commands, "config", "show the active settings and where each came from")
    _add_settings(config)
    return parser


def _add_engine_commands(commands: _Commands) -> None:
    attach = _command(commands, "attach", "open a screen on a running watch, from any terminal")
    _add_engine_place(attach)
    attach.add_argument("--plain", action="store_true", help="sentences instead of a screen: for screen readers")
    attach.add_argument("--ssh", metavar="HOST", default="", help="a watch on another machine, through your own ssh")
    _add_screen(attach)
    status = _command(commands, "status", "print what a running watch sees")
    status.add_argument("--json", action="store_true", help="JSON on stdout")
    _add_engine_place(status)
    answer = _command(commands, "answer", "answer a recommendation without a screen, or take it back")
    answer.add_argument("symbol", metavar="SYMBOL", help="whose recommendation")
    answer.add_argument("answer", choices=_ANSWERS, help="what you did; undo takes your last answer back")
    answer.add_argument(
        "amount", type=_count, nargs="?", help="shares you sold (trimmed), minutes (snooze: 1, 5 or 15)"
    )
    answer.add_argument("--note", default="", metavar="TEXT", help="kept with the answer in the journal")
    _add_engine_place(answer)
    _add_engine_place(_command(commands, "stop", "end a running watch"))
    commands.add_parser("engine")  # started by the dashboard, with its settings on stdin


def _add_engine_place(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", default=argparse.SUPPRESS, help="the orderflow.toml to read")
    parser.add_argument(
        "--log-dir", dest="set_log_dir", metavar="DIR", default=argparse.SUPPRESS, help="the journal of the watch"
    )


def _add_evaluate(commands: _Commands) -> None:
    evaluate = _command(commands, "evaluate", "measure rules and thresholds on recorded days")
    evaluate.add_argument("files", nargs="+", metavar="PREFIX", help="recordings, as for replay")
    evaluate.add_argument(
        "--profile", action="append", choices=("guarded", "plan"), help="repeat for both (default: both)"
    )
    evaluate.add_argument("--grid", action="append", default=[], metavar="NAME=A,B", help="thresholds to try")
    evaluate.add_argument("--budget", type=_positive, metavar="N", help="propose thresholds within N alarms a day")
    evaluate.add_argument("--no-mirror", action="store_true", help="skip the mirrored tape")
    evaluate.add_argument(
        "--held-back", type=_count, default=0, metavar="N", help="hold back the last N days of each symbol"
    )
    evaluate.add_argument("--workers", type=_port, default=0, metavar="N", help="processes (one a core)")
    evaluate.add_argument("--cluster", default="", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port")
    evaluate.add_argument(
        "--keep", default="", metavar="DIR", help="store there what is read from day files, as import does"
    )
    evaluate.add_argument("--html", type=Path, metavar="FILE", help="also write a page with plots there")
    form = evaluate.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSON on stdout")
    form.add_argument("--csv", action="store_true", help="CSV on stdout")


def _add_import(commands: _Commands) -> None:
    taken = _command(commands, "import", "take symbols out of vendors' day files, once, as compact recordings")
    taken.add_argument("files", nargs="+", metavar="FILE:SYM,SYM", help="a flat file of trades or a .dbn file")
    taken.add_argument("--to", required=True, metavar="DIR", help="where the recordings go")
    taken.add_argument("--workers", type=_port, default=0, metavar="N", help="processes (one a core)")
    taken.add_argument("--cluster", default="", metavar="ADDRESS", help="a Dask scheduler, tcp://host:port")


def _add_demo(commands: _Commands) -> None:
    demo = _command(commands, "demo", "dashboard on a simulated market; needs no key and no positions")
    demo.add_argument("--scenario", choices=_SCENARIOS, default="mixed", help="what the market does (mixed)")
    demo.add_argument("--source", choices=_WIRES, default="polygon", help="what it looks like on this source (polygon)")
    demo.add_argument("--seed", type=int, default=7, help="the market's seed")
    demo.add_argument("--plan", choices=_PLANS, help="show what a key of this plan sees (default: everything)")
    demo.add_argument("--depth", choices=("full", "nbbo"), default="full", help="ten levels, or one as for US stocks")
    for option, field, metavar, text in (
        ("--profile", "profile", "NAME", "guarded (default) or plan"),
        ("--log-dir", "log_dir", "DIR", "where the journal goes (logs/demo)"),
        ("--record", "record", "DIR", "record rule inputs to DIR, so that replay --alert can reproduce alerts"),
    ):
        demo.add_argument(option, dest=f"set_{field}", metavar=metavar, default=argparse.SUPPRESS, help=text)
    _add_screen(demo)


def _add_report(commands: _Commands) -> None:
    report = _command(commands, "report", "summarize journals: alerts, latency, answers, errors, targets")
    report.add_argument(
        "directories", nargs="*", metavar="DIR", help=f"journals' directories (that of your settings, {JOURNAL})"
    )
    report.add_argument("--since", type=_day, metavar="DAY", help="from this day on, e.g. 2026-01-31 (UTC)")
    report.add_argument("--until", type=_day, metavar="DAY", help="until this day")
    span = report.add_mutually_exclusive_group()
    span.add_argument(
        "--day", dest="span", action="store_const", const="day", help="today in a few lines, or --until DAY"
    )
    span.add_argument(
        "--week", dest="span", action="store_const", const="week", help="the last seven days in a few lines"
    )
    report.set_defaults(span="all")
    report.add_argument("--symbol", metavar="SYM", help="only this symbol")
    form = report.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="JSON on stdout")
    form.add_argument("--csv", action="store_true", help="CSV on stdout")
    report.add_argument("--html", type=Path, metavar="FILE", help="also write a page with plots there")


def _add_replay(commands: _Commands) -> None:
    replay = _command(commands, "replay", "replay recorded sessions through the same rules")
    replay.add_argument("files", nargs="*", metavar="PREFIX", help=_RECORDINGS)
    replay.add_argument("--alert", metavar="ID", help="reproduce this journal record from the run's --record")
    replay.add_argument(
        "--journal", type=Path, metavar="DIR", help="journal for --alert (default: where the run wrote it)"
    )
    replay.add_argument("--speed", type=_speed, default=None, help="1 is real time, 0 is as fast as possible")
    replay.add_argument("--headless", action="store_true", help="run without a screen; print one line per alert")
    replay.add_argument("--infer-sides", action="store_true", help="ignore recorded aggressors")
    replay.add_argument("--position", action="append", default=[], metavar="SYM:QTY@PRICE", help="position to assume")
    _add_settings(replay)
    _add_screen(replay)


def _add_simulate(commands: _Commands) -> None:
    simulate = _command(commands, "simulate", "serve a simulated market on 127.0.0.1 in a vendor's wire format")
    simulate.add_argument("--wire", choices=_WIRES, default="polygon", help="whose wire format (polygon)")
    simulate.add_argument("--port", type=_port, default=0, help="0 takes a free one and prints it")
    simulate.add_argument("--symbols", metavar="AAA,BBB:25.10", help="what is traded, with a start price or without")
    simulate.add_argument("--seed", type=int, default=7, help="the market's seed")
    simulate.add_argument("--scenario", choices=_SCENARIOS, default="mixed", help="what the market does (mixed)")
    simulate.add_argument("--depth", choices=("full", "nbbo"), default="full", help="nbbo answers as Polygon does")
    simulate.add_argument("--plan", choices=_PLANS, help="answer as for a key of this plan (default: everything)")
    simulate.add_argument("--faults", type=Path, metavar="FILE", help="a TOML script of faults")


def _add_serve(commands: _Commands) -> None:
    serve = _command(commands, "serve", "the dashboard in a browser, on this machine only")
    serve.add_argument("--host", default="127.0.0.1", help="the address to bind (127.0.0.1)")
    serve.add_argument("--port", type=_port, default=8420, help="the port (8420); 0 takes a free one")
    serve.add_argument("--expose", action="store_true", help="allow a --host that other machines reach, without TLS")
    serve.add_argument(
        "--allow-host", action="append", default=[], metavar="NAME", help="a name a reverse proxy serves it under"
    )
    serve.add_argument("--demo", action="store_true", help="use the simulated market")
    _add_settings(serve)
    _add_screen(serve)


def _add_settings(parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    """A command's own options leave what stood before the command alone unless they are given."""
    group = parser.add_argument_group("settings", "override the environment and orderflow.toml")
    group.add_argument("--config", metavar="FILE", default=default, help="the orderflow.toml to read")
    for option, field, metavar, text in SETTINGS:
        group.add_argument(option, dest=f"set_{field}", metavar=metavar, default=default, help=text)


def _add_screen(parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS) -> None:
    group = parser.add_argument_group("screen")
    group.add_argument(
        "--fps", type=_positive, default=default, help="screen updates per second (default 10; use 2 on slow links)"
    )
    group.add_argument("--tz", default=default, help="time zone shown (America/New_York)")
    group.add_argument("--theme", default=default, help="a theme's name")
    group.add_argument(
        "--ascii",
        action="store_true",
        default=default,
        help="no line drawing: only characters every terminal and font has",
    )
    group.add_argument("--no-mouse", action="store_true", default=default, help="do not use the mouse")
    group.add_argument("--no-bell", action="store_true", default=default, help="no terminal bell")
    group.add_argument("--sounds", metavar="TEXT", default=default, help="bells by kind, as exit=3 calm=1 alert=1")
    group.add_argument("--no-title", action="store_true", default=default, help="do not set the terminal title")
    group.add_argument(
        "--notify",
        choices=("unfocused", "always", "never"),
        default=default,
        help="desktop notification through the terminal (default: while another window has the focus)",
    )
    group.add_argument(
        "--on-quit",
        choices=("ask", "keep", "end"),
        default=default,
        help="what happens to the watch when its last screen closes (ask)",
    )


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a day such as 2026-01-31") from None


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} must be a port from 0 to 65535")
    return int(text)


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} must be a whole number from 0")
    return int(text)


def _positive(text: str) -> float:
    value = _speed(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} must be above 0")
    return value


def _speed(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from None
    if not 0 <= value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} must be 0 or more")
    return value


def overrides(args: argparse.Namespace) -> dict[str, object]:
    """What the command line sets of the configuration, by field."""
    fields = (field for _, field, _, _ in SETTINGS)
    found = {field: getattr(args, f"set_{field}", None) for field in fields}
    return {field: value for field, value in found.items() if value is not None}


def screen(args: argparse.Namespace) -> dict[str, object]:
    """What it sets of the screen, by option."""
    return {name: getattr(args, name) for name in SCREEN if getattr(args, name, None)}
