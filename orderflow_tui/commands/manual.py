"""`man`: the manual page, made from the parser."""

from __future__ import annotations

from typing import Final

from orderflow_tui.commands.parser_words import Command, Option
from orderflow_tui.support.version import __version__

_EXIT: Final = (("0", "done"), ("1", "failed"), ("2", "wrong use or settings"))
_FILES: Final = (
    ("orderflow.toml", "settings, in the working directory or the user's configuration folder"),
    ("positions.toml", "what you hold"),
    ("secrets.env", "keys, readable by you alone, in the user's configuration folder"),
    ("logs/order_flow", "the journal"),
)


def page(commands: list[Command]) -> list[str]:
    """The page as troff lines, for section 1."""
    program = commands[0]
    lines = [
        f'.TH ORDERFLOW-TUI 1 "" "orderflow-tui {__version__}" "User Commands"',
        ".SH NAME",
        "orderflow\\-tui \\- watch the order flow of the stocks you hold",
        ".SH SYNOPSIS",
        ".B orderflow\\-tui",
        "[\\fIoptions\\fR] [\\fIcommand\\fR [\\fIoptions\\fR]]",
        ".SH DESCRIPTION",
        _text(program.words),
        "It recommends; it never sends an order.",
        ".SH OPTIONS",
        *_options(program),
        ".SH COMMANDS",
    ]
    for command in commands[1:]:
        lines += [f".SS {_text(command.name)}", _text(_sentence(command.words)), *_options(command)]
    lines.append(".SH EXIT STATUS")
    lines += [line for code, words in _EXIT for line in (".TP", _text(code), _text(words))]
    lines.append(".SH FILES")
    return lines + [line for name, words in _FILES for line in (".TP", f".I {_text(name)}", _text(words))]


def _options(command: Command) -> list[str]:
    return [line for option in command.options for line in (".TP", _head(option), _text(_sentence(option.words)))]


def _head(option: Option) -> str:
    value = "|".join(option.choices) or option.value
    names = ", ".join(f"\\fB{_text(name)}\\fR" for name in option.names)
    return f"{names} \\fI{_text(value)}\\fR".strip() if value else names


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}." if words and not words.endswith(".") else words


def _text(words: str) -> str:
    """Words that troff takes as they are."""
    safe = words.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe[:1] in (".", "'") else safe
