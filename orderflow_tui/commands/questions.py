"""Plain questions on a terminal: a line asked, a line read. No cursor is moved, so any terminal will do."""

from __future__ import annotations

import getpass
import shutil
import sys
import textwrap
import warnings
from collections.abc import Iterable, Sequence

from orderflow_tui.config.values import invalid
from orderflow_tui.support.console import print_lines, printable
from orderflow_tui.support.masking import hide

LONGEST = 4_096


class CancelledError(RuntimeError):
    """The trader wants no more questions."""


def refuse_without_terminal(command: str, instead: str) -> None:
    """Raise DataValidationError where nobody can be asked; `instead` is what to do then."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise invalid(f"`orderflow-tui {command}` asks questions and needs a terminal; {instead}")


def tell(lines: Iterable[str]) -> None:
    """Print lines, wrapped between words where the terminal is narrower."""
    width = max(shutil.get_terminal_size().columns - 1, 40)
    for line in lines:
        indent = " " * (len(line) - len(line.lstrip()) + 2)
        wrapped = textwrap.wrap(line, width, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        print_lines(wrapped or [""])


def ask(question: str, default: str = "") -> str:
    """The line typed, without spaces around it; Enter alone gives the default, which is shown.

    Raises:
        CancelledError: Ctrl+C or the end of the input.
    """
    shown = f"{printable(question)} [{printable(default)}] " if default else f"{printable(question)} "
    try:
        return input(shown)[:LONGEST].strip() or default
    except (EOFError, KeyboardInterrupt):
        print_lines([""])
        raise CancelledError from None
    except UnicodeDecodeError:
        print_lines(["That is not UTF-8 text: type it again."])
        return ask(question, default)


def ask_hidden(question: str) -> str:
    """What is typed unseen; it is masked in all that is shown from now on.

    Raises:
        CancelledError: Ctrl+C or the end of the input.
        DataValidationError: `CONFIG_INVALID`: this terminal would show what is typed.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            text = getpass.getpass(f"{question} (not shown): ")[:LONGEST].strip()
        except getpass.GetPassWarning:
            raise invalid("this terminal cannot hide what is typed: set the key in the environment instead") from None
        except (EOFError, KeyboardInterrupt):
            print_lines([""])
            raise CancelledError from None
        except UnicodeDecodeError:
            text = ""
    hide(text)
    return text


def ask_yes(question: str, *, default: bool) -> bool:
    """Yes or no; Enter alone is the default. Raises CancelledError as `ask`."""
    while True:
        answer = ask(f"{question} {'[Y/n]' if default else '[y/N]'}").lower()
        if not answer:
            return default
        if answer in ("y", "yes", "n", "no"):
            return answer[0] == "y"
        print_lines(["Type y or n."])


def ask_choice(question: str, choices: Sequence[str], default: int = 1) -> int:
    """The number of a choice, counted from 1; a choice's first word serves too. Raises CancelledError as `ask`.

    Args:
        question: Asked below the list of choices.
        choices: A line each.
        default: The one Enter takes.
    """
    tell(f"  {number}  {choice}" for number, choice in enumerate(choices, 1))
    words = [choice.split()[0].strip(":,").lower() for choice in choices]
    while True:
        answer = ask(question, str(default)).lower()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(choices):
            return int(answer)
        if words.count(answer) == 1:
            return words.index(answer) + 1
        print_lines([f"Type a number from 1 to {len(choices)}."])
