"""The evaluation as text and as a page."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

from orderflow_tui.report.html import bars, heading, intervals, page, paragraph, share_text, table

NOTE = (
    "A fall is one of at least the spread within five minutes. Lifts are on random instants of the same name shortly "
    "before; what does not show on the mirrored tape too is not to be trusted, and one week proves little."
)


def evaluation_lines(report: Mapping[str, Any], snippet: str, width: int) -> list[str]:
    """Text for a terminal of this width; tables keep their 84 columns."""
    lines: list[str] = []
    for line in _lines(report, snippet):
        indent = " " * (len(line) - len(line.lstrip()))
        prose = (len(line) > width and ";" in line) or line == NOTE
        lines += textwrap.wrap(line, width, subsequent_indent=f"{indent}  ") if prose else [line]
    return lines


def _lines(report: Mapping[str, Any], snippet: str) -> list[str]:
    lines = [f"{report['symbol_days']} symbol-days"]
    for entry in report["comparison"]:
        lines += ["", entry["thresholds"].upper()]
        lines.append(_day(entry))
        lines += _rules(entry)
        lines.append(_exits(entry))
    if report["proposals"]:
        lines += ["", f"PROPOSED within {report['budget_alarms_a_day']:g} alarms a day, judged on days kept back"]
        for one in report["proposals"]:
            lines.append(f"  {one['symbol']}: {one['thresholds'] or one['why_not']}")
            for name in ("training", "held_out"):
                if one[name] is not None:
                    lines.append(f"    {name.replace('_', ' '):8} {_exits(one[name]).strip()}")
        lines += ["", *(f"  {line}" for line in snippet.splitlines())]
    return [*lines, "", NOTE]


def _day(entry: Mapping[str, Any]) -> str:
    alerts = ", ".join(f"{name} {rate:g}" for name, rate in entry["alerts_a_day"].items())
    return f"  alerts a day: {alerts or 'none'}; acts {entry['acts_an_hour']} an hour"


def _rules(entry: Mapping[str, Any]) -> list[str]:
    lines = [f"  {'':16} {'n':>6} {'fell':>5} {'random':>7} {'like price':>10} {'lift on random':>22} {'mirrored':>9}"]
    mirrored = (entry["mirrored"] or {"by_rule": {}})["by_rule"]
    for name, rule in entry["by_rule"].items():
        witness = mirrored.get(name, {}).get("lift_on_random")
        lines.append(
            f"  {name:16} {rule['outcomes']:>6,} {_percent(rule['fell']):>5} {_percent(rule['random_fell']):>7} "
            f"{_percent(rule['price_only_fell']):>10} {_span(rule['lift_on_random']):>22} {_signed(witness):>9}"
        )
    return lines


def _exits(entry: Mapping[str, Any]) -> str:
    saved, random = entry["saved_bp_net_of_half_a_spread"], entry["saved_bp_at_random_instants"]
    told = "-" if saved is None else f"{saved:+.1f} bp"
    beside = "-" if random is None else f"{random:+.1f} bp"
    return (
        f"  exits {entry['exits_a_day']:g} a day; leaving saved {told} net of half a spread, random instants {beside}; "
        f"falls of 30 bp: {entry['of_them_left_in_time']} of {entry['falls_that_hurt']} left in time, "
        f"{entry['by_chance']:g} by chance"
    )


def evaluation_page(report: Mapping[str, Any], snippet: str) -> str:
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
    return "-" if share is None else f"{share['value']:+.0%} ({share['low']:+.0%} to {share['high']:+.0%})"
