"""`completion`: what a shell completes, made from the parser. Bash, zsh, fish."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from orderflow_tui.commands.parser_words import Command, Option

_APOSTROPHE: Final = "\N{RIGHT SINGLE QUOTATION MARK}"
_FILES: Final = ("FILE", "DIR", "PREFIX", "FILE:SYM,SYM")
"""Values that are paths."""


def bash(commands: list[Command]) -> list[str]:
    """A script for `eval "$(orderflow-tui completion bash)"`; bash 3.2 and newer."""
    named = [command for command in commands if command.name]
    lines = [
        "_orderflow_tui() {",
        '  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command="" word words="" values=""',
        '  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do',
        f"    case $word in {'|'.join(one.name for one in named)}) command=$word; break;; esac",
        "  done",
        "  COMPREPLY=()",
        "  case $command:$prev in",
    ]
    for command in commands:
        for option in command.options:
            if option.names and option.value:
                reply = _bash_reply(option)
                lines.append(f"    {'|'.join(f'{command.name}:{name}' for name in option.names)}) {reply}return;;")
    lines += ["  esac", "  case $command in"]
    for command in commands:
        words = _option_names(command)
        values = _values(command) or ([one.name for one in named] if not command.name else [])
        lines.append(f'    "{command.name}") words="{" ".join(words)}"; values="{" ".join(values)}";;')
    return [
        *lines,
        "  esac",
        "  if [[ $cur == -* ]]; then",
        '    COMPREPLY=($(compgen -W "$words" -- "$cur"))',
        "  elif [[ -n $values ]]; then",
        '    COMPREPLY=($(compgen -W "$values" -- "$cur"))',
        "  else",
        '    COMPREPLY=($(compgen -f -- "$cur"))',
        "  fi",
        "}",
        "complete -o filenames -F _orderflow_tui orderflow-tui",
    ]


def zsh(commands: list[Command]) -> list[str]:
    """A file `_orderflow-tui` for a folder of `$fpath`."""
    named = [command for command in commands if command.name]
    lines = ["#compdef orderflow-tui", "_orderflow_tui() {", "  local -a commands", "  commands=("]
    lines += [f"    {_quoted(f'{one.name}:{one.words}')}" for one in named]
    lines += ["  )", "  local line state", "  _arguments -C \\"]
    lines += [f"    {_zsh_option(option)} \\" for option in commands[0].options]
    lines += ["    '1:command:->command' '*::argument:->argument'", "  case $state in"]
    lines += ["    command) _describe command commands;;", "    argument) case $line[1] in"]
    for command in named:
        specs = " ".join(_zsh_option(option) for option in command.options)
        lines.append(f"      {command.name}) _arguments {specs};;")
    return [*lines, "    esac;;", "  esac", "}", '_orderflow_tui "$@"']


def fish(commands: list[Command]) -> list[str]:
    """A file for `~/.config/fish/completions`."""
    start = "complete -c orderflow-tui"
    lines = [f"{start} -f"]
    for command in commands:
        when = f"__fish_seen_subcommand_from {command.name}" if command.name else "__fish_use_subcommand"
        if command.name:
            lines.append(f"{start} -n __fish_use_subcommand -a {command.name} -d {_quoted(command.words)}")
        for option in command.options:
            names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
            choices = f" -xa {_quoted(' '.join(option.choices))}" if option.choices else ""
            value = choices or (" -rF" if option.value in _FILES else " -x" if option.value and names else "")
            if names or value:
                lines.append(f"{start} -n {_quoted(when)} {names}{value} -d {_quoted(option.words)}")
    return lines


SHELLS: Final[Mapping[str, Callable[[list[Command]], list[str]]]] = {"bash": bash, "zsh": zsh, "fish": fish}


def _option_names(command: Command) -> list[str]:
    return [name for option in command.options for name in option.names]


def _values(command: Command) -> list[str]:
    return [choice for option in command.options if not option.names for choice in option.choices]


def _bash_reply(option: Option) -> str:
    if option.choices:
        return f'COMPREPLY=($(compgen -W "{" ".join(option.choices)}" -- "$cur")); '
    return 'COMPREPLY=($(compgen -f -- "$cur")); ' if option.value in _FILES else ""


def _zsh_option(option: Option) -> str:
    words = _escaped(option.words, "[]:\\")
    value = _escaped(option.value, ":\\")
    action = f"({' '.join(option.choices)})" if option.choices else "_files" if option.value in _FILES else " "
    if not option.names:
        return _quoted(f"*:{value}:{action}")
    return " ".join(
        _quoted(f"{name}[{words}]" + (f":{value}:{action}" if option.value else "")) for name in option.names
    )


def _escaped(text: str, signs: Iterable[str]) -> str:
    return "".join(f"\\{sign}" if sign in signs else sign for sign in text)


def _quoted(text: str) -> str:
    """In single quotes, as bash, zsh and fish all read them but for the quote and, in fish, the backslash."""
    return "'" + text.replace("'", _APOSTROPHE) + "'"
