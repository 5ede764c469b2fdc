"""What `make evaluate` measured, where it is quoted: the table of docs/rules.md and each rule's own file.

    orderflow-tui evaluate ... --held-back 1 --json | python -m tests.docs.rules_worth

writes both anew. Cards quote the rules' files. Nothing else in the project may hold such a figure.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from orderflow_tui.core.exits.basis import EXIT
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.evaluate.text import MIRRORED
from orderflow_tui.track_record.priors import LEAST
from tests.docs.pages import ROOT

PAGE = ROOT / "docs" / "rules.md"
PACKAGE = ROOT / "orderflow_tui"
_PRIORS = re.compile(r"^(PRIORS: Final\[dict\[str, Prior\]\] = )\{[^}]*\}", re.MULTILINE)
HEADING = "## What the rules were worth\n"
ABOUT = """
`make evaluate` measures this and writes the table; nothing here comes from elsewhere. {symbols} on {days}, the whole US tape and its best quotes, each day taught by the
days before it. An outcome is a fall of at least the spread within five minutes of the first whole second after the alert could have been known. "Random" is all seconds of half an hour
before and after, "like price" the twenty of them whose price had moved most alike and all that are as alike as the last. A lift is the difference in points, with its 95% interval by half-hours of a symbol. `exit` is a recommendation;
what stands behind a colon is the kind of evidence it rests on.

"""
READ = """
Believe a lift whose interval lies above zero on both controls, that shows mirrored (for a short position) and on the day held back, and that is still there five seconds later. {verdict}
{exits} Read a recommendation as "look now", not as "it will fall". One week, three symbols and many comparisons prove little.
"""


def prior_files() -> dict[str, Path]:
    """Where the figures of each kind of evidence stand, by its name: the file of the rule."""
    files = {rule.evidence: PACKAGE / "core" / "rules" / f"{rule.evidence}.py" for rule in CATALOGUE}
    return files | {EXIT: PACKAGE / "core" / "exits" / "basis.py"}


def with_priors(source: str, evidence: str, report: Mapping[str, Any]) -> str:
    """A rule's file with its figures measured anew.

    Args:
        source: The file's text.
        evidence: The rule's.
        report: What `evaluate --json` wrote, of `guarded` alone.

    Raises:
        ValueError: The file has no place for them.
    """
    (entry,) = report["comparison"]
    lines = [
        f'    "{name}": Prior({rule["outcomes"]}, {_percent(rule["fell"])}, '
        f"{_points(rule['lift_on_random'])}, {_points(rule['lift_on_price_only'])}),\n"
        for name, rule in entry["every_day"]["by_rule"].items()
        if name.partition(":")[0] == evidence and rule["lift_on_random"] and rule["lift_on_price_only"]
    ]
    block = "{\n" + "".join(lines) + "}" if lines else "{}"
    text, places = _PRIORS.subn(rf"\g<1>{block}", source)
    if places != 1:
        raise ValueError(f"the file of {evidence} has no PRIORS")
    return text


def section(report: Mapping[str, Any]) -> str:
    """The section of the page."""
    (entry,) = report["comparison"]
    whole, held = entry["every_day"], entry["held_back"]
    days = sorted({day.split()[1] for day in whole["exits_by_day"]})
    symbols = sorted({day.split()[0] for day in whole["exits_by_day"]})
    about = ABOUT.format(symbols=", ".join(symbols), days=f"{days[0]} to {days[-1]}, {days[-1]} held back")
    rows = [
        "| guarded | n | fell | random | lift on random | on like price | 5 s later | mirrored | held back: n | lift |",
        "|---|---|---|---|---|---|---|---|---|---|",
        *_rows(whole["by_rule"], whole["mirrored"]["by_rule"], held["by_rule"]),
    ]
    above = [
        f"`{name}`"
        for name, rule in whole["by_rule"].items()
        if rule["lift_on_random"] and rule["lift_on_random"]["low"] > 0 and rule["outcomes"] >= LEAST
    ]
    verdict = f"Above zero against random seconds: {', '.join(above) or 'none'}."
    exits = (
        f"A session of 6.5 hours had {whole['exits_a_day']:g} recommendations; of {whole['falls_that_hurt']} falls of 30 basis points "
        f"within 15 minutes {whole['of_them_left_in_time']} had one in time, {whole['by_chance']:.0f} would have by chance."
    )
    return HEADING + about + "\n".join(rows) + "\n" + READ.format(verdict=verdict, exits=exits)


def _rows(whole: Mapping[str, Any], mirrored: Mapping[str, Any], held: Mapping[str, Any]) -> Iterable[str]:
    for name, rule in whole.items():
        apart = held.get(name)
        witness = (mirrored.get(MIRRORED.get(name, name)) or {}).get("lift_on_random")
        cells = [
            f"`{name}`", f"{rule['outcomes']:,}", f"{_percent(rule['fell'])}%", f"{_percent(rule['random_fell'])}%",
            _span(rule["lift_on_random"]), _span(rule["lift_on_price_only"]), _signed(rule["lift_on_random_5s_later"]),
            _signed(witness), f"{apart['outcomes']:,}" if apart else "0", _span(apart and apart["lift_on_random"]),
        ]  # fmt: skip
        yield f"| {' | '.join(cells)} |"


def _percent(share: Mapping[str, float] | None) -> int:
    return 0 if share is None else round(100 * share["value"])


def _points(share: Mapping[str, float]) -> tuple[int, int, int]:
    return round(100 * share["value"]), round(100 * share["low"]), round(100 * share["high"])


def _signed(share: Mapping[str, float] | None) -> str:
    return "-" if share is None else f"{round(100 * share['value']):+d}"


def _span(share: Mapping[str, float] | None) -> str:
    if share is None:
        return "-"
    value, low, high = _points(share)
    return f"{value:+d} [{low:+d}, {high:+d}]"


def with_section(page: str, measured: str) -> str:
    """The page with the section measured anew; what follows it stays."""
    before, _, rest = page.partition(HEADING)
    _, next_heading, after = rest.partition("\n## ")
    return f"{before}{measured.rstrip()}\n{next_heading}{after}"


def main() -> None:
    report = json.load(sys.stdin)
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(with_section(text, section(report)), encoding="utf-8")
    for evidence, path in prior_files().items():
        path.write_text(with_priors(path.read_text(encoding="utf-8"), evidence, report), encoding="utf-8")


if __name__ == "__main__":
    main()
