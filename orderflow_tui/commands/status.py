"""What an engine watches, as lines or JSON: no terminal is needed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orderflow_tui.commands.attach import chosen_place, look_at
from orderflow_tui.config.load import load_config
from orderflow_tui.engine.client import RemoteMonitor
from orderflow_tui.support.console import print_json, print_lines


def run_status(overrides: Mapping[str, object], config_file: str | None, *, as_json: bool) -> int:
    """Print what the engine watches; exit code 2 where none runs."""
    place = chosen_place(load_config(overrides, path=config_file), overrides)
    monitor = look_at(place, fps=0)
    try:
        if as_json:
            print_json({**_figures(monitor), "socket": str(place.socket)})
        else:
            print_lines(_lines(monitor))
    finally:
        monitor.close()
    return 0


def _figures(monitor: RemoteMonitor) -> dict[str, Any]:
    status = monitor.status()
    return {
        "pid": monitor.pid,
        "journal": str(monitor.directory),
        "source": status.source_label,
        "profile": status.profile,
        "market": status.market,
        "connected": status.connected,
        "detail": status.detail,
        "logging": status.logging,
        "alerts": status.alerts_total,
        "screens": list(monitor.screens),
        "symbols": [
            {
                "symbol": view.symbol,
                "state": view.chip,
                "detail": view.chip_detail,
                "quantity": view.position.quantity if view.position is not None else 0,
                "age_seconds": view.data_age_s,
            }
            for view in monitor.views().values()
        ],
        "open": [
            {"recommendation_id": card.recommendation_id, "symbol": card.symbol, "reason": card.reason}
            for card in monitor.recommendations()
            if card.status == "open"
        ],
    }


def _lines(monitor: RemoteMonitor) -> list[str]:
    figures = _figures(monitor)
    connected = "connected" if figures["connected"] else f"NOT CONNECTED {figures['detail']}".strip()
    screens = ", ".join(figures["screens"]) or "none"
    lines = [
        f"engine {figures['pid']}: {figures['source']}, {connected}; {figures['alerts']} alerts; screens: {screens}",
        f"journal: {figures['journal']}",
    ]
    lines += [
        f"  {one['symbol']:<10} {one['state']:<8} {one['quantity']:>9,}  {one['detail']}".rstrip()
        for one in figures["symbols"]
    ]
    return lines + [f"OPEN {card['symbol']}: {card['reason']}" for card in figures["open"]]
