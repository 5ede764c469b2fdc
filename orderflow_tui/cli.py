"""The command line: parse, wire, exit. One short function a command; imports wait until a command needs them."""

from __future__ import annotations

import gc
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal

from orderflow_tui.commands.run_command import run_command
from orderflow_tui.support.console import prepare_streams, print_lines
from orderflow_tui.support.terminal import SCREEN_STREAMS, hang_up

if TYPE_CHECKING:
    import argparse


def _dashboard(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.options import overrides, screen

    return _live(overrides(args), args.config, screen(args))


def _live(given: Mapping[str, object], config_file: str | None, shown: Mapping[str, Any]) -> int:
    hang_up.watch(*SCREEN_STREAMS)
    gc.disable()  # on again after the first paint, which it would hold up
    from orderflow_tui.commands.live import run_live

    return run_live(given, config_file, shown)


def _attach(args: argparse.Namespace) -> int:
    hang_up.watch(*SCREEN_STREAMS)
    gc.disable()
    from orderflow_tui.commands.attach import run_attach
    from orderflow_tui.commands.options import overrides, screen

    return run_attach(overrides(args), args.config, screen(args), ssh=args.ssh, plain=args.plain)


def _engine() -> int:
    from orderflow_tui.commands.engine import run_engine

    return run_engine()


def _status(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.options import overrides
    from orderflow_tui.commands.status import run_status

    return run_status(overrides(args), args.config, as_json=args.json)


def _answer(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.answer import run_answer
    from orderflow_tui.commands.options import overrides

    return run_answer(
        overrides(args), args.config, symbol=args.symbol, word=args.answer, amount=args.amount, note=args.note
    )


def _stop(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.options import overrides
    from orderflow_tui.commands.stop import run_stop

    return run_stop(overrides(args), args.config)


def _demo(args: argparse.Namespace) -> int:
    hang_up.watch(*SCREEN_STREAMS)
    gc.disable()
    from orderflow_tui.commands.demo import run_demo
    from orderflow_tui.commands.options import overrides, screen

    return run_demo(
        scenario=args.scenario,
        seed=args.seed,
        depth=args.depth,
        plan=args.plan,
        wire=args.source,
        overrides=overrides(args),
        screen=screen(args),
    )


def _replay(args: argparse.Namespace) -> int:
    _watch_lines() if args.headless else hang_up.watch(*SCREEN_STREAMS)
    from orderflow_tui.commands.options import overrides, screen
    from orderflow_tui.commands.replay import run_alert, run_replay
    from orderflow_tui.config.values import invalid

    speed = args.speed if args.speed is not None else (0.0 if args.headless else 1.0)
    if bool(args.files) == bool(args.alert):
        raise invalid("give recordings to replay or --alert ID, not both")
    if args.alert:
        return run_alert(
            args.alert,
            speed=speed,
            headless=args.headless,
            journal=args.journal,
            overrides=overrides(args),
            config_file=args.config,
            screen=screen(args),
        )
    return run_replay(
        args.files,
        speed=speed,
        headless=args.headless,
        infer_sides=args.infer_sides,
        assumed=args.position,
        overrides=overrides(args),
        config_file=args.config,
        screen=screen(args),
    )


def _watch_lines() -> None:
    """Lines that nobody can read any more are no reason to run; `nohup` is."""
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        hang_up.watch(1)


def _headless(args: argparse.Namespace) -> int:
    _watch_lines()
    from orderflow_tui.commands.headless import run_headless
    from orderflow_tui.commands.options import ZONE, overrides

    return run_headless(overrides(args), args.config, args.duration, args.tz or ZONE)


def _init(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.init import run_init

    return run_init(lambda: _dashboard(args))


def _simulate(args: argparse.Namespace) -> int:
    from orderflow_tui.feeds.simulator.instruments import DEMO_SYMBOLS
    from orderflow_tui.feeds.simulator.run_server import serve

    return serve(
        port=args.port,
        symbols=args.symbols if args.symbols is not None else DEMO_SYMBOLS,
        seed=args.seed,
        scenario=args.scenario,
        depth=args.depth,
        key=None,
        faults=args.faults,
        plan=args.plan,
        wire=args.wire,
    )


def _form(args: argparse.Namespace) -> Literal["json", "csv", "text"]:
    return "json" if args.json else "csv" if args.csv else "text"


def _report(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.report import run_report

    return run_report(
        args.directories,
        since=args.since,
        until=args.until,
        symbol=args.symbol,
        form=_form(args),
        html=args.html,
        span=args.span,
    )


def _evaluate(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.evaluate import Options, run_evaluate

    return run_evaluate(
        Options(
            files=args.files,
            profiles=args.profile or ("guarded", "plan"),
            grid=args.grid,
            budget=args.budget,
            mirrored=not args.no_mirror,
            held_back=args.held_back,
            workers=args.workers,
            cluster=args.cluster,
            keep=args.keep,
            form=_form(args),
            html=args.html,
        )
    )


def _import(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.import_days import run_import

    return run_import(args.files, args.to, cluster=args.cluster, workers=args.workers)


def _doctor(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.doctor import run_doctor
    from orderflow_tui.commands.options import overrides

    return run_doctor(overrides(args), args.config, as_json=args.json, try_stream=args.try_stream)


def _notify(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.notify import run_notify

    return run_notify(args.config)


def _config(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.options import overrides
    from orderflow_tui.config.load import describe, load_config

    print_lines(describe(load_config(overrides(args), path=args.config)))
    return 0


def _completion(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.completion import SHELLS
    from orderflow_tui.commands.options import make_parser
    from orderflow_tui.commands.parser_words import commands_of

    print_lines(SHELLS[args.shell](commands_of(make_parser())))
    return 0


def _man(_: argparse.Namespace) -> int:
    from orderflow_tui.commands.manual import page
    from orderflow_tui.commands.options import make_parser
    from orderflow_tui.commands.parser_words import commands_of

    print_lines(page(commands_of(make_parser())))
    return 0


def _version() -> int:
    from orderflow_tui.support.version import __version__

    print_lines([f"orderflow-tui {__version__}"])
    return 0


def _serve(args: argparse.Namespace) -> int:
    from orderflow_tui.commands.serve import run_serve

    return run_serve(args)


_COMMANDS: Final[dict[str | None, Callable[[argparse.Namespace], int]]] = {
    None: _dashboard,
    "attach": _attach,
    "engine": lambda _: _engine(),
    "status": _status,
    "answer": _answer,
    "stop": _stop,
    "demo": _demo,
    "replay": _replay,
    "headless": _headless,
    "init": _init,
    "simulate": _simulate,
    "serve": _serve,
    "config": _config,
    "doctor": _doctor,
    "evaluate": _evaluate,
    "import": _import,
    "completion": _completion,
    "man": _man,
    "notify": _notify,
    "report": _report,
}


_AT_ONCE: Final[dict[tuple[str, ...], Callable[[], int]]] = {
    (): lambda: _live({}, None, {}),
    ("engine",): _engine,
}
"""What most processes of a day are started with; a parser would cost them a megabyte as long as they run."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code."""
    prepare_streams()
    words = tuple(sys.argv[1:] if argv is None else argv)
    if words in _AT_ONCE:
        return run_command(_AT_ONCE[words])
    from orderflow_tui.commands.options import parse

    args = parse(words)
    return run_command(_version if args.version else lambda: _COMMANDS[args.command](args))
