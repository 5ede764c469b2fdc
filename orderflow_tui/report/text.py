"""The report as text: bars of characters, readable without colour and at any width from 60 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import Any, Final

_SPARKS: Final = "▁▂▃▄▅▆▇█"
_LEAST_WIDTH: Final = 60
_MOST_ROWS: Final = 12
_WIDE: Final = 84


def report_lines(report: Mapping[str, Any], width: int) -> list[str]:
    """The lines to print.

    Args:
        report: What `figures` made.
        width: Columns there are.
    """
    width = max(width, _LEAST_WIDTH)
    alerts, latency, asked, runs = (report[name] for name in ("alerts", "latency_ms", "recommendations", "runs"))
    first, last = (_clean(report[name] or "nowhere") for name in ("first_utc", "last_utc"))
    ended = f"{runs['ended']} ended properly after {runs['hours']:.1f} h, {runs['failed']} of them failed"
    if runs["max_rss_mb"]:
        ended += f", most memory {runs['max_rss_mb']:.0f} MB"
    lines = [f"{report['records']:,} records from {first} to {last}", f"{runs['started']} runs started, {ended}"]
    if report["unreadable_lines"]:
        lines.append(f"{report['unreadable_lines']:,} lines could not be read and are left out")
    days = alerts["by_day"]
    lines += ["", f"ALERTS {alerts['total']:,}" + (f", {alerts['late']:,} of them late" if alerts["late"] else "")]
    if len(days) > 1:
        lines.append(f"  by day {_clean(min(days))} to {_clean(max(days))}  {_spark(days.values(), width - 40)}")
    kinds = [(f"{row['evidence']} {row['severity']}", row["alerts"]) for row in alerts["by_kind"]]
    lines += _bars(kinds, width)
    lines += ["", "BY SYMBOL", *_bars(alerts["by_symbol"].items(), width)]
    lines += ["", f"LATENCY from cause to line, ms, {latency['alerts']:,} alerts and recommendations"]
    lines.append("  " + "  ".join(f"{name} {_number(latency[name])}" for name in ("p50", "p95", "p99", "max")))
    lines += ["", "ERRORS", *(_bars(report["errors"].items(), width) or ["  none"])]
    lines += ["", f"RECOMMENDATIONS {asked['total']:,}, {asked['unanswered']:,} without an answer"]
    lines += _bars(asked["answers"].items(), width)
    if asked["seconds_to_answer"]:
        lines.append(f"  answered after {asked['seconds_to_answer']['p50']:g} s (median)")
    lines += _outcomes(report["outcomes"], width)
    lines += _ledger(report["ledger"])
    lines += ["", "TARGETS"]
    for row in report["verdicts"]:
        lines.append(f"  {row['verdict']:9}  {row['target']}")
        lines += textwrap.wrap(_clean(row["figures"]), width - 13, initial_indent=" " * 13, subsequent_indent=" " * 13)
    return lines


def _outcomes(outcomes: Mapping[str, Any], width: int) -> list[str]:
    """Each rule beside its controls; shares are of falls by at least the spread within five minutes."""
    lines = ["", f"WHAT FOLLOWED, {outcomes['total']:,} outcomes, {outcomes['truncated']:,} of them cut short"]
    if not outcomes["by_rule"]:
        return [*lines, "  none known yet: an outcome is told 15 minutes after its alert"]
    wide = width >= _WIDE
    head = f"  {'':15} {'n':>6} {'fell':>5} {'random':>6} {'lift on random (95 %)':>24}"
    lines.append(head + (f" {'like price':>10} {'success':>8}" if wide else ""))
    for name, rule in outcomes["by_rule"].items():
        lift = rule["lift_on_random"]
        span = f"{lift['value']:+.0%} ({lift['low']:+.0%} to {lift['high']:+.0%})" if lift else "-"
        shares = f"{_share(rule['fell']):>5} {_share(rule['random_fell']):>6}"
        more = f" {_share(rule['price_only_fell']):>10} {_share(rule['success']):>8}" if wide else ""
        lines.append(f"  {_clean(name)[:15]:15} {rule['outcomes']:>6,} {shares} {span:>24}{more}")
    return lines


def _ledger(ledger: Mapping[str, Any]) -> list[str]:
    """What leaving at once came to against leaving 15 minutes later."""
    rows = [("followed", ledger["followed"]), ("not followed", ledger["not_followed"])]
    if not any(row["known"] for _, row in rows):
        return []
    lines = ["", "LEAVING AT ONCE against leaving 15 minutes later, by the recorded middle price"]
    for name, row in rows:
        dollars = row["leaving_at_once_gained_dollars"]
        lines.append(f"  {name:13} {row['known']:>5,} known  {dollars:>+14,.2f} $  {row['of_them_gained']:,} gained")
    lines.append(f"  {ledger['moves_over_5_percent']:,} were followed by more than 5 % within 15 minutes")
    return lines


def _share(share: Mapping[str, float] | None) -> str:
    return "-" if share is None else f"{share['value']:.0%}"


def _bars(counts: Iterable[tuple[str, int]], width: int) -> list[str]:
    rows = [(_clean(name or "(none)"), count) for name, count in counts]
    shown = rows[:_MOST_ROWS]
    if not shown:
        return []
    label = min(max(len(name) for name, _ in shown), width // 2)
    room = width - label - 14
    most = max(count for _, count in shown)
    lines = [
        f"  {name[:label]:{label}} {count:>9,} {'█' * max(round(room * count / most), 1 if count else 0)}"
        for name, count in shown
    ]
    if len(rows) > _MOST_ROWS:
        rest = rows[_MOST_ROWS:]
        lines.append(f"  and {len(rest)} more with {sum(count for _, count in rest):,}")
    return lines


def _spark(values: Iterable[int], room: int) -> str:
    newest = list(values)[-max(room, 1) :]
    most = max(newest)
    return "".join(_SPARKS[min(value * len(_SPARKS) // (most + 1), len(_SPARKS) - 1)] for value in newest)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _clean(text: str) -> str:
    """Names from the journal without what a terminal would obey."""
    return "".join(character if character.isprintable() else "?" for character in text)
