"""The end of a day or a week in a few lines: what was told, what you answered, what it came to by the honest record."""

from __future__ import annotations

from typing import Any, Final

from orderflow_tui.report.figures import Figures
from orderflow_tui.report.words import answer, cost, dollars, moment
from orderflow_tui.support.console import printable

_MOST_ROWS: Final = 20
_ENOUGH: Final = 100
"""Outcomes below which a rate says nothing."""


def summary_lines(report: Figures, title: str) -> list[str]:
    """The lines to print.

    Args:
        report: What `figures` made of those days.
        title: What they are, such as `Friday 2026-01-30`.
    """
    alerts, asked, ledger = report["alerts"], report["recommendations"], report["ledger"]
    lines = [f"{title}: {_count(alerts['total'], 'alert')}, {_count(asked['total'], 'exit recommendation')}"]
    if asked["total"]:
        kinds = ", ".join(
            f"{row['recommendations']} {row['words']} ({row['verdict']})" for row in asked["by_worth"].values()
        )
        lines += [f"  what they rested on: {printable(kinds)}"] if kinds else []
        answers = ", ".join(f"{answer(name)} {count}" for name, count in asked["answers"].items())
        unanswered = f"{asked['unanswered']} still open" if asked["unanswered"] else ""
        lines.append(f"  your answers: {', '.join(filter(None, (answers, unanswered))) or 'none'}")
    newest = list(ledger["newest"])[-_MOST_ROWS:]
    if newest:
        lines += ["  if you had sold at the signal, against 15 min later:"]
        lines += [_row(one) for one in newest]
        lines += _sum(ledger)
    if waiting := asked["total"] - len(ledger["newest"]):
        lines.append(f"  {_count(waiting, 'outcome')} not known: a recommendation is judged 15 min after it")
    return lines + _record(report) + _blind(report)


def _row(one: Figures) -> str:
    saved, waited = one["leaving_at_once_gained_dollars"], one["seconds_to_answer"]
    after = "" if waited is None else f" after {waited:,.0f} s"
    worth = dollars(saved)
    said = f"{answer(one['answer'])}{after}"
    name = printable(one["symbol"])[:10]
    return f"    {moment(one['opened_utc'])}  {name:10} {one['quantity']:>9,}  {said:24} {worth:>12}"


def _sum(ledger: Figures) -> list[str]:
    sold, kept = ledger["followed"], ledger["not_followed"]
    words = [
        f"{name}: selling at once {dollars(row['leaving_at_once_gained_dollars'])} over {row['known']}, "
        f"the book would have taken {cost(row['exit_cost_dollars'])}"
        for name, row in (("shares you sold", sold), ("shares you kept", kept))
        if row["known"]
    ]
    return [f"  {line}" for line in words]


def _record(report: Figures) -> list[str]:
    """How exits did beside chance; too few say nothing."""
    rule = report["outcomes"]["by_rule"].get("exit")
    if not rule:
        return []
    n, lift = rule["outcomes"], rule["lift_on_random"]
    if n < _ENOUGH or lift is None:
        return [f"  track record: too few here ({n} of {_ENOUGH}) to say whether exits beat chance"]
    low, value, high = (round(100 * lift[name]) for name in ("low", "value", "high"))
    return [
        f"  track record: a fall followed {value:+d} points more often than by chance ({low:+d} to {high:+d}, n = {n})"
    ]


def _blind(report: Figures) -> list[str]:
    blind = report["blind"]
    if not blind["times"]:
        return []
    return [f"  without trusted data {_count(blind['times'], 'time')}, {blind['seconds'] / 60:,.1f} min in all"]


def _count(count: Any, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
