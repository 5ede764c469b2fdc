"""Figures of what rules are worth have one source: the table, the priors and the pages that quote them agree."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from orderflow_tui.cli import main
from orderflow_tui.track_record.priors import PRIORS
from tests.docs.pages import ROOT
from tests.docs.rules_worth import HEADING, PAGE, prior_files, section, with_priors, with_section
from tests.evaluate.generated import recording

TEXT = PAGE.read_text(encoding="utf-8")


def table() -> dict[str, list[str]]:
    """The page's rows by rule."""
    rows = re.findall(r"^\| `([a-z_:]+)` \| (.*) \|$", TEXT[TEXT.index(HEADING) :], re.MULTILINE)
    return {name: cells.split(" | ") for name, cells in rows}


def test_cards_and_the_page_quote_the_same_measurement() -> None:
    rows = table()
    assert set(rows) == set(PRIORS)
    for name, prior in PRIORS.items():
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
    no_better = PRIORS["exit"].random[1] <= 0
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
    measured = report["comparison"][0]["every_day"]["by_rule"]
    written: set[str] = set()
    for evidence, path in prior_files().items():
        source = path.read_text(encoding="utf-8")
        text = with_priors(source, evidence, report)
        compile(text, path.name, "exec")
        assert with_priors(text, evidence, {"comparison": [{"every_day": {"by_rule": {}}}]}).count("= {}\n") == 1
        written |= {name for name in measured if f'"{name}": Prior({measured[name]["outcomes"]}, ' in text}
    assert written == {name for name, rule in measured.items() if rule["lift_on_random"] and rule["lift_on_price_only"]}


def test_a_rule_without_a_place_for_its_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="the file of block has no PRIORS"):
        with_priors("BLOCK = 1\n", "block", {"comparison": [{"every_day": {"by_rule": {}}}]})
