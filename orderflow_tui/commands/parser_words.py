"""What the parser knows, for completions and the manual page: its commands and their options."""

from __future__ import annotations

import argparse

from msgspec import Struct


class Option(Struct, frozen=True):
    """One option or argument.

    Attributes:
        names: `--seed`; empty for an argument that stands by itself.
        value: What its value is called; empty where it takes none.
        choices: What the value may be; empty where it may be much.
        words: Its help.
    """

    names: tuple[str, ...]
    value: str
    choices: tuple[str, ...]
    words: str


class Command(Struct, frozen=True):
    """One command.

    Attributes:
        name: Empty for the program without a command.
        words: Its help.
        options: In the parser's order.
    """

    name: str
    words: str
    options: tuple[Option, ...]


def commands_of(parser: argparse.ArgumentParser) -> list[Command]:
    """The program itself, then each of its commands; those without a help are for the program's own use."""
    found = [Command("", parser.description or "", _options(parser))]
    for action in parser._actions:  # noqa: SLF001 argparse gives it no other name
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            words = {entry.dest: entry.help or "" for entry in action._choices_actions}  # noqa: SLF001
            found += [Command(name, words[name], _options(action.choices[name])) for name in words]
    return found


def _options(parser: argparse.ArgumentParser) -> tuple[Option, ...]:
    return tuple(
        Option(
            tuple(action.option_strings),
            "" if action.nargs == 0 else _value(action),
            tuple(map(str, action.choices or ())),
            (action.help or "").replace("%%", "%"),
        )
        for action in parser._actions  # noqa: SLF001
        if not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
    )


def _value(action: argparse.Action) -> str:
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return metavar or action.dest.removeprefix("set_").upper()
