"""The evaluation as text and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.recordings.formats.recorded_session import repeated_words
from orderflow_tui.report.figures import Figures
from orderflow_tui.report.html import bars, heading, intervals, page, paragraph, share_text, table

NOTE = (
    "A fall is one of at least the spread within five minutes of the first whole second after the alert. Lifts are on "
    "all moments of the same name half an hour before and after; what does not show on the mirrored tape too is not to "
    "be trusted, and one week proves little."
)

MIRRORED = {rule.evidence: rule.mirrored for rule in CATALOGUE if rule.mirrored}
"""What a rule's evidence is called for a short position."""


def evaluation_lines(report: Figures, snippet: str, width: int) -> list[str]:
    """Text for a terminal of this width; tables keep their 90 columns."""
    lines: list[str] = []
    for line in _lines(report, snippet):
        indent = " " * (len(line) - len(line.lstrip()))
        prose = (len(line) > width and ";" in line) or line == NOTE
        lines += textwrap.wrap(line, width, subsequent_indent=f"{indent}  ") if prose else [line]
    return lines


def _lines(report: Figures, snippet: str) -> list[str]:
    lines = [f"{report['symbol_days']} symbol-days"]
    for entry in report["comparison"]:
        lines += ["", entry["thresholds"].upper(), *_table(entry)]
        if entry["held_back"] is not None:
            lines += ["", "  HELD BACK", *_table(entry["held_back"])]
    if report["proposals"]:
        lines += ["", f"PROPOSED within {report['budget_alarms_a_day']:g} alarms a day, judged on days kept back"]
        for one in report["proposals"]:
            lines.append(f"  {one['symbol']}: {one['thresholds'] or one['why_not']}")
            for name in ("training", "held_out"):
                if one[name] is not None:
                    lines.append(f"    {name.replace('_', ' '):8} {_exits(one[name]).strip()}")
        lines += ["", *(f"  {line}" for line in snippet.splitlines())]
    return [*lines, "", NOTE]


def _table(entry: Figures) -> list[str]:
    days = ", ".join(f"{day} {exits}" for day, exits in entry["exits_by_day"].items())
    repeated = repeated_words(entry["repeated_rows"])
    return [
        _day(entry),
        *_rules(entry),
        _exits(entry),
        f"  exits by day; {days}",
        *([f"  {repeated}"] if repeated else []),
    ]


def _day(entry: Figures) -> str:
    alerts = ", ".join(f"{name} {rate:g}" for name, rate in entry["alerts_a_day"].items())
    return f"  alerts a day: {alerts or 'none'}; counted signals {entry['acts_an_hour']} an hour"


def _rules(entry: Figures) -> list[str]:
    head = f"{'n':>5} {'fell':>4} {'rand.':>5} {'lift on random':>20} {'on like price':>20} {'5 s':>5} {'mir.':>5}"
    lines = [f"  {'':16} {head}"]
    mirrored = (entry["mirrored"] or {"by_rule": {}})["by_rule"]
    for name, rule in entry["by_rule"].items():
        witness = mirrored.get(MIRRORED.get(name, name), {}).get("lift_on_random")
        lines.append(
            f"  {name:16} {rule['outcomes']:>5,} {_percent(rule['fell']):>4} {_percent(rule['random_fell']):>5} "
            f"{_span(rule['lift_on_random']):>20} {_span(rule['lift_on_price_only']):>20} "
            f"{_signed(rule['lift_on_random_5s_later']):>5} {_signed(witness):>5}"
        )
    return lines


def _exits(entry: Figures) -> str:
    saved, random = entry["saved_bp_net_of_half_a_spread"], entry["saved_bp_at_random_instants"]
    told = "-" if saved is None else f"{saved:+.1f} bp"
    beside = "-" if random is None else f"{random:+.1f} bp"
    return (
        f"  exits {entry['exits_a_day']:g} a day; leaving saved {told} net of half a spread, random instants {beside}; "
        f"falls of 30 bp: {entry['of_them_left_in_time']} of {entry['falls_that_hurt']} left in time, "
        f"{entry['by_chance']:g} by chance"
    )


def evaluation_page(report: Figures, snippet: str) -> str:
    """A page with plots."""
    parts = [paragraph(f"{report['symbol_days']} symbol-days. {NOTE}")]
    for entry in report["comparison"]:
        rules = entry["by_rule"]
        parts += [
            heading(entry["thresholds"]),
            paragraph(_exits(entry).strip()),
            bars(entry["alerts_a_day"].items(), unit=" a day"),
            intervals([(name, rule["lift_on_random"]) for name, rule in rules.items()]),
            table(
                ("rule", "outcomes", "fell", "random", "like price change", "success"),
                [
                    (
                        name, rule["outcomes"], share_text(rule["fell"]), share_text(rule["random_fell"]),
                        share_text(rule["price_only_fell"]), share_text(rule["success"]),
                    )
                    for name, rule in rules.items()
                ],
            ),
        ]  # fmt: skip
    for one in report["proposals"]:
        parts += [heading(f"{one['symbol']}: {one['thresholds'] or one['why_not']}")]
        parts += [
            paragraph(f"{name.replace('_', ' ')}: {_exits(one[name]).strip()}")
            for name in ("training", "held_out")
            if one[name]
        ]
    if snippet:
        parts += [heading("orderflow.toml"), table(("line",), [(line,) for line in snippet.splitlines()])]
    return page("orderflow-tui evaluate", parts)


def _percent(share: Mapping[str, float] | None) -> str:
    return "-" if share is None else f"{share['value']:.0%}"


def _signed(share: Mapping[str, float] | None) -> str:
    return "-" if share is None else f"{share['value']:+.0%}"


def _span(share: Mapping[str, float] | None) -> str:
    return "-" if share is None else f"{share['value']:+.0%} [{share['low']:+.0%}, {share['high']:+.0%}]"
