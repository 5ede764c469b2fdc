"""`serve`: the dashboard in a browser, on this machine only."""

from __future__ import annotations

import argparse
import os

from orderflow_tui.commands.options import SETTINGS, overrides, screen
from orderflow_tui.config.load import load_config
from orderflow_tui.config.schema import validate_order_flow_config
from orderflow_tui.config.values import invalid
from orderflow_tui.outbound.children import import_path, module_command, without_secrets
from orderflow_tui.support.console import print_error
from orderflow_tui.support.hosts import is_loopback


def run_serve(args: argparse.Namespace) -> int:
    """Serve until it is asked to end; the dashboards are processes of their own."""
    try:
        from orderflow_tui.web.server import serve  # noqa: PLC0415 an optional extra
    except ModuleNotFoundError:
        raise invalid("serve needs one more package: pip install 'orderflow-tui[serve]'") from None
    if not is_loopback(args.host):
        if not args.expose:
            raise invalid(
                f"--host {args.host} refused: others could reach it, without TLS; keep 127.0.0.1 behind a reverse "
                "proxy, or add --expose"
            )
        print_error("WARNING: plain HTTP: whoever reads the network reads the token too")
    if not args.demo:
        validate_order_flow_config(load_config(overrides(args), path=args.config).config)
    env = without_secrets(os.environ) if args.demo else os.environ
    command = dashboard_command(args)
    return serve(command, {**env, **import_path(env)}, host=args.host, port=args.port, hosts=args.allow_host)


def dashboard_command(args: argparse.Namespace) -> list[str]:
    """The command line of one tab's dashboard: what was given to `serve` for it."""
    words = module_command("orderflow_tui", *(["demo"] if args.demo else []))
    taken = {"--profile", "--log-dir", "--record"} if args.demo else {option for option, *_ in SETTINGS}
    given = overrides(args)
    words += [f"{option}={given[field]}" for option, field, *_ in SETTINGS if option in taken and field in given]
    if args.config and not args.demo:
        words.append(f"--config={args.config}")
    for name, value in screen(args).items():
        option = f"--{name.replace('_', '-')}"
        words.append(option if value is True else f"{option}={value}")
    return words
