"""What a check found, and how it is printed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from orderflow_tui.support.console import printable

State = Literal["ok", "warn", "FAIL"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One row.

    Attributes:
        name: What was looked at.
        state: `FAIL` where a run cannot do its work.
        said: What was found, in one line.
        advice: What to do; empty where nothing is to be done.
    """

    name: str
    state: State
    said: str
    advice: str = ""


def printed(findings: Iterable[Finding], width: int) -> list[str]:
    """A row a finding, its advice below it; texts from outside without what a terminal would obey."""
    lines: list[str] = []
    for finding in findings:
        head = f"{finding.state:4}  {finding.name:16}  "
        room = max(width, 60) - len(head)
        wrapped = textwrap.wrap(printable(finding.said), room) or [""]
        if finding.advice:
            wrapped += textwrap.wrap(f"-> {printable(finding.advice)}", room)
        lines += [head + wrapped[0], *(" " * len(head) + text for text in wrapped[1:])]
    return lines
