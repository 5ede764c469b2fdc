"""The ways out: each says one message and raises `ChannelError` when it could not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Final, Protocol

from orderflow_tui.core.units import iso_utc
from orderflow_tui.journal.encode import body, quoted
from orderflow_tui.notify.message import Message
from orderflow_tui.notify.settings import NotifySettings
from orderflow_tui.secret_store import SECRET_NAMES

SECONDS: Final = 15.0
_PUSH: Final = "orderflow_tui.notify.push_child"
_PUSH_SECRET: Final = "APPRISE_URLS"  # noqa: S105 the name of one
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
    head = f'{{"event":{quoted(message.event)},"timestamp_utc":{quoted(iso_utc(message.happened_ns))},'
    head += f'"title":{quoted(message.title)},"body":{quoted(message.body)},"level":{message.level}'
    return head.encode() + (b"," if message.fields else b"") + body(message.fields) + b"\n"


class Program:
    """A program that gets the message as a line of JSON on stdin; what it prints goes nowhere.

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
        urgency = "critical" if message.level > 2 else "normal"
        argv = ["notify-send", "--app-name=orderflow-tui", f"--urgency={urgency}", "--", message.title, message.body]
        _run(self.name, argv, b"", env, SECONDS)


def without_secrets(env: Mapping[str, str]) -> dict[str, str]:
    """The environment for a program that has no business with our keys."""
    return {name: value for name, value in env.items() if name not in SECRET_NAMES}


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
        urls = {_PUSH_SECRET: env.get(_PUSH_SECRET, "")}
        found.append((Program("push", [sys.executable, "-m", _PUSH], {**bare, **urls}), settings.push.at_least))
    return found


def _run(name: str, argv: list[str], line: bytes, env: Mapping[str, str], seconds: float) -> None:
    try:
        done = subprocess.run(  # noqa: S603 the user's own program, no shell
            argv,
            input=line,
            env=dict(env),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChannelError(f"{name}: not done within {seconds:g} s") from None
    except (OSError, ValueError) as error:
        raise ChannelError(
            f"{name}: cannot be run: {getattr(error, 'strerror', None) or type(error).__name__}"
        ) from None
    if done.returncode:
        hint = _PUSH_CODES.get(done.returncode, "") if name == "push" else ""
        raise ChannelError(f"{name}: ended with {done.returncode}{hint}")


_PUSH_CODES: Final = {
    3: ": the extra is not installed, pip install 'orderflow-tui[push]'",
    4: f": {_PUSH_SECRET} is not set",
    5: f": none of {_PUSH_SECRET} is an address that apprise knows",
    6: ": a service refused it or could not be reached",
}
