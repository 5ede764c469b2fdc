"""Figures of what rules are worth have one source: the table, the priors and the pages that quote them agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orderflow_tui.cli import main
from orderflow_tui.track_record.priors import PRIOR
from tests.docs.pages import ROOT
from tests.docs.rules_worth import HEADING, LEAST, PAGE, priors, section, with_section
from tests.evaluate.generated import recording

TEXT = PAGE.read_text(encoding="utf-8")


def table() -> dict[str, list[str]]:
    """The page's rows by rule."""
    rows = re.findall(r"^\| `([a-z_:]+)` \| (.*) \|$", TEXT[TEXT.index(HEADING) :], re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in rows}


def test_cards_and_the_page_quote_the_same_measurement() -> None:
    rows = table()
    assert {("guarded", name) for name, cells in rows.items() if int(cells[0].replace(",", "")) >= LEAST} == set(PRIOR)
    for (_, name), prior in PRIOR.items():
        n, fell, _, random, price, *_ = rows[name]
        spans = ("{:+d} [{:+d}, {:+d}]".format(*lift) for lift in (prior.random, prior.price))
        assert (n, fell, random, price) == (f"{prior.n:,}", f"{prior.fell}%", *spans)


def test_what_follows_the_measured_section_stays() -> None:
    page = f"# Rules\n\n{HEADING}\n\nold\n\n## After\n\nkept\n"
    assert with_section(page, f"{HEADING}\n\nnew\n") == f"# Rules\n\n{HEADING}\n\nnew\n\n## After\n\nkept\n"
    alone = f"{HEADING}\n\nold\n"
    assert with_section(alone, f"{HEADING}\n\nnew\n") == f"{HEADING}\n\nnew\n"


def test_what_the_readme_says_of_exits_is_what_was_measured() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    no_better = PRIOR["guarded", "exit"].random[1] <= 0
    assert ("did no better than chance" in " ".join(readme.split())) == no_better


def test_a_report_is_written_into_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    days = [recording(tmp_path, f"abc_{number}", seed=number, day=number) for number in range(2)]
    arguments = ["--profile", "guarded", "--held-back", "1", "--workers", "1", "--json"]
    assert main(["evaluate", *days, *arguments]) == 0
    report = json.loads(capsys.readouterr().out)
    page = section(report)
    assert "ABC on 2013-10-09 to 2013-10-10, 2013-10-10 held back" in page
    for name, rule in report["comparison"][0]["every_day"]["by_rule"].items():
        assert f"| `{name}` | {rule['outcomes']:,} | " in page
    found: dict[str, object] = {}
    exec(compile(priors(report), "priors.py", "exec"), found)
    assert isinstance(found["PRIOR"], dict)
