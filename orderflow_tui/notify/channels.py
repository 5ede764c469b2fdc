"""The ways out: each says one message and raises `ChannelError` when it could not."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from orderflow_tui.config.notify import NotifySettings
from orderflow_tui.core.model.units import iso_utc
from orderflow_tui.journal.encode import body, quoted
from orderflow_tui.notify.message import Message
from orderflow_tui.outbound.children import module_command, module_environment, run_to_its_end, without_secrets

SECONDS: Final = 15.0
_PUSH: Final = "orderflow_tui.notify.push_child"
_PUSH_SECRET: Final = "APPRISE_URLS"  # noqa: S105 the name of one
_DESKTOP: Final = ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR")
"""Some of apprise's services are the desktop's own."""
_APPLESCRIPT: Final = "on run argv\ndisplay notification (item 2 of argv) with title (item 1 of argv)\nend run"


class ChannelError(RuntimeError):
    """A message could not be said: one line without secrets."""


class Channel(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """`command`, `desktop` or `push`."""
        ...

    def say(self, message: Message) -> None:
        """Say it, within `SECONDS`. Raises ChannelError."""
        ...


def message_line(message: Message) -> bytes:
    """The message as one line of JSON: the record's fields, its name and time, the words said."""
    event, fields = ("test", {}) if message.record is None else (message.record.event, message.record.fields())
    head = f'{{"event":{quoted(event)},"timestamp_utc":{quoted(iso_utc(message.happened_ns))},'
    head += f'"title":{quoted(message.title)},"body":{quoted(message.body)},"level":{message.level}'
    head += f',"weight":{quoted(message.weight)}'
    return head.encode() + (b"," if fields else b"") + body(fields) + b"\n"


class Program:
    """A program that gets the message as a line of JSON on stdin; what it prints goes nowhere.

    When it has ended, or its time is over, whatever it started ends too.

    Args:
        name: The channel's name.
        argv: The program and its arguments; no shell sees them, and nothing from outside is among them.
        env: Its environment.
        seconds: It is killed after this.
    """

    def __init__(self, name: str, argv: Sequence[str], env: Mapping[str, str], *, seconds: float = SECONDS) -> None:
        self.name = name
        self._argv = list(argv)
        self._env = dict(env)
        self._seconds = seconds

    def say(self, message: Message) -> None:
        """Run it once. Raises ChannelError."""
        _run(self.name, self._argv, message_line(message), self._env, self._seconds)


class Desktop:
    """The desktop's notifications: `notify-send` where there is one, `osascript` on macOS."""

    name = "desktop"

    def say(self, message: Message) -> None:
        """Show it. Raises ChannelError."""
        env = without_secrets(os.environ)
        if sys.platform == "darwin":
            _run(self.name, ["osascript", "-e", _APPLESCRIPT, message.title, message.body], b"", env, SECONDS)
            return
        if shutil.which("notify-send") is None:
            raise ChannelError("desktop: there is no notify-send on this machine")
        urgency = "critical" if message.urgent else "normal"
        argv = ["notify-send", "--app-name=orderflow-tui", f"--urgency={urgency}", "--", message.title, message.body]
        _run(self.name, argv, b"", env, SECONDS)


def channels_of(settings: NotifySettings, env: Mapping[str, str]) -> list[tuple[Channel, str]]:
    """The channels that are set up, each with its least level's name.

    Args:
        settings: The `[notify]` tables.
        env: The environment with its secrets; push takes `APPRISE_URLS` from it.
    """
    found: list[tuple[Channel, str]] = []
    bare = without_secrets(env)
    if settings.command is not None:
        found.append((Program("command", settings.command.argv, bare), settings.command.at_least))
    if settings.desktop is not None:
        found.append((Desktop(), settings.desktop.at_least))
    if settings.push is not None:
        own = {_PUSH_SECRET: env.get(_PUSH_SECRET, ""), **{name: env[name] for name in _DESKTOP if name in env}}
        push_env = module_environment(env, own=own, network=True)
        found.append((Program("push", module_command(_PUSH), push_env), settings.push.at_least))
    return found


def _run(name: str, argv: list[str], line: bytes, env: Mapping[str, str], seconds: float) -> None:
    try:
        done = run_to_its_end(argv, env=env, seconds=seconds, given=line)
    except TimeoutError:
        raise ChannelError(f"{name}: not done within {seconds:g} s") from None
    except (OSError, ValueError) as error:
        raise ChannelError(
            f"{name}: cannot be run: {getattr(error, 'strerror', None) or type(error).__name__}"
        ) from None
    if done.code:
        hint = _PUSH_CODES.get(done.code, "") if name == "push" else ""
        raise ChannelError(f"{name}: ended with {done.code}{hint}")


_PUSH_CODES: Final = {
    3: ": the extra is not installed, pip install 'orderflow-tui[push]'",
    4: f": {_PUSH_SECRET} is not set",
    5: f": none of {_PUSH_SECRET} is an address that apprise knows",
    6: ": a service refused it or could not be reached",
}
