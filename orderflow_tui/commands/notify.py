"""`notify`: a test message through every channel; and the notifier of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orderflow_tui.config.load import LoadedConfig, load_config
from orderflow_tui.config.values import invalid
from orderflow_tui.monitor.monitor import Monitor
from orderflow_tui.support.console import print_lines

if TYPE_CHECKING:
    from orderflow_tui.notify.notifier import Notifier


def run_notify(config_file: str | None) -> int:
    """Say a test message through every channel of `[notify]`; 1 where one fails."""
    from orderflow_tui.config.notify import notify_settings  # noqa: PLC0415
    from orderflow_tui.notify.channels import channels_of  # noqa: PLC0415
    from orderflow_tui.notify.notifier import try_out  # noqa: PLC0415

    loaded = load_config(path=config_file)
    channels = channels_of(notify_settings(loaded.notify), loaded.env)
    if not channels:
        raise invalid(
            "no channel is set up: give orderflow.toml a table [notify.command], [notify.desktop] or [notify.push]"
        )
    results = try_out(channels)
    for name, problem in results:
        print_lines([problem or f"{name}: said"])
    return 1 if any(problem for _, problem in results) else 0


def notifier_of(loaded: LoadedConfig, tz: str, monitor: Monitor) -> Notifier | None:
    """Tells the channels of `[notify]` what the monitor journals; None where there are none."""
    if not loaded.notify:
        return None
    from orderflow_tui.config.notify import notify_settings  # noqa: PLC0415
    from orderflow_tui.notify.channels import channels_of  # noqa: PLC0415 only where it is set up
    from orderflow_tui.notify.notifier import Notifier  # noqa: PLC0415

    settings = notify_settings(loaded.notify)
    record = monitor.record
    notifier = Notifier(
        settings,
        channels_of(settings, loaded.env),
        tz=tz,
        demoted=record.demoted if record is not None else lambda *_: False,
        worth=monitor.worth_of,
    )
    notifier.remember(one.record for one in monitor.earlier.recommendations if one.answer is None and not one.resolved)
    monitor.listeners.append(notifier.on_record)
    monitor.problems.append(lambda: notifier.problem)
    notifier.start()
    return notifier
