"""The documentation as the tests read it: pages, tables, fenced blocks, headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")))
_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)\n(?P<text>.*?)^ *```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    page: Path
    language: str
    text: str


def blocks(*languages: str) -> Iterator[Block]:
    """The fenced blocks of these languages on all pages."""
    for page in PAGES:
        for match in _FENCE.finditer(page.read_text(encoding="utf-8")):
            if match["language"] in languages:
                indent = len(match["indent"])
                yield Block(page, match["language"], "\n".join(line[indent:] for line in match["text"].splitlines()))


def without_blocks(text: str) -> str:
    """A page's text without its fenced blocks."""
    return _FENCE.sub("", text)


def section(page: Path, heading: str) -> str:
    """The text under a heading, up to the next heading of its level or above."""
    level = heading.split(" ", 1)[0]
    text = without_blocks(page.read_text(encoding="utf-8"))
    match = re.search(rf"^{re.escape(heading)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", text, re.MULTILINE | re.DOTALL)
    assert match, f"{page.name} has no heading {heading!r}"
    return match[1]


def table(text: str) -> list[list[str]]:
    """The cells of the first table in a text, without its head."""
    match = re.search(r"(?:^\|.*\|\n?)+", text, re.MULTILINE)
    assert match, "no table"
    return [[cell.strip("| ") for cell in line.split(" | ")] for line in match[0].splitlines()[2:]]


def code(cell: str) -> list[str]:
    """What stands between backticks in a cell."""
    return re.findall(r"`([^`]+)`", cell)


def anchors(page: Path) -> set[str]:
    """The link targets of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
