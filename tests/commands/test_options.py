"""The command line as it is read."""

from __future__ import annotations

import pytest

from orderflow_tui.commands.options import make_parser, overrides, parse, screen


@pytest.mark.parametrize(
    "words",
    [
        "", "--on-quit end", "--fps=4 --ascii --sounds exit=3", "--profile plan --config attach --theme demo", "--version",
        "engine", "--log-dir x engine", "demo --seed 3", "--fps 3 headless", "attach --ssh host", "report",
    ],
)  # fmt: skip
def test_the_first_look_reads_what_the_whole_parser_reads(words: str) -> None:
    assert vars(parse(words.split())) == vars(make_parser().parse_args(words.split()))


def test_without_a_word_nothing_is_set() -> None:
    """The dashboard starts without reading it."""
    args = parse([])
    assert (overrides(args), args.config, screen(args), args.command, args.version) == ({}, None, {}, None, False)


@pytest.mark.parametrize("words", ["--fps x", "--fp 3", "foo", "engine --x", "--help", "engine --help", "stop x"])
def test_what_is_refused_or_asked_is_said_by_the_whole_parser(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    said = []
    for read in (parse, make_parser().parse_args):
        with pytest.raises(SystemExit) as left:
            read(words.split())
        said.append((left.value.code, *capsys.readouterr()))
    assert said[0] == said[1]
