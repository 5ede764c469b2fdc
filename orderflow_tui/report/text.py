"""The report as text: bars of characters, readable without colour and at any width from 60 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from orderflow_tui.report.figures import Figures
from orderflow_tui.report.words import answer, cost, dollars, moment, times
from orderflow_tui.support.console import printable

_SPARKS: Final = "▁▂▃▄▅▆▇█"
_LEAST_WIDTH: Final = 60
_MOST_ROWS: Final = 12
_NAME: Final = 22
"""The longest name of a rule and a kind of its evidence."""
_INSTANT: Final = "%Y-%m-%d %H:%M:%S"
_SHORT: Final = "%Y-%m-%d %H:%M"
_Share = Mapping[str, float] | None


def report_lines(report: Figures, width: int) -> list[str]:
    """The lines to print.

    Args:
        report: What `figures` made.
        width: Columns there are.
    """
    width = max(width, _LEAST_WIDTH)
    alerts, latency, asked, runs = (report[name] for name in ("alerts", "latency_ms", "recommendations", "runs"))
    first, last = (moment(report[name] or "nowhere", _INSTANT) for name in ("first_utc", "last_utc"))
    ended = f"{runs['ended']} ended properly after {runs['hours']:.1f} h, {runs['failed']} of them failed"
    if runs["without_an_end"]:
        ended += f", {runs['without_an_end']} without a recorded end"
    if runs["max_rss_mb"]:
        ended += f", most memory {runs['max_rss_mb']:.0f} MB"
    lines = [f"{report['records']:,} records from {first} to {last}", f"{runs['started']} runs started, {ended}"]
    lines += _unreadable(report) + _blind(report["blind"]) + status_lines(report["statuses"])
    days = alerts["by_day"]
    lines += ["", f"ALERTS {alerts['total']:,}" + (f", {alerts['late']:,} of them late" if alerts["late"] else "")]
    if len(days) > 1:
        lines.append(f"  by day {printable(min(days))} to {printable(max(days))}  {_spark(days.values(), width - 40)}")
    lines += _alerts(alerts["by_worth"].values(), width)
    lines += ["", "BY SYMBOL", *_bars(alerts["by_symbol"].items(), width)]
    if len(days) > 1:
        lines += _days(alerts, width)
    lines += ["", f"LATENCY from cause to line, ms, {latency['alerts']:,} alerts and recommendations"]
    lines.append("  " + "  ".join(f"{name} {_number(latency[name])}" for name in ("p50", "p95", "p99", "max")))
    lines += ["", "ERRORS", *(_bars(report["errors"].items(), width) or ["  none"])]
    lines += ["", f"EXIT RECOMMENDATIONS {asked['total']:,}, {asked['unanswered']:,} without an answer"]
    lines += _asked(asked["by_worth"].values(), width)
    lines += _bars(((answer(name), count) for name, count in asked["answers"].items()), width)
    if asked["seconds_to_answer"]:
        lines.append(f"  answered after {asked['seconds_to_answer']['p50']:g} s (median)")
    lines += _outcomes(report["outcomes"])
    lines += _ledger(report["ledger"])
    lines += ["", "TARGETS"]
    for row in report["verdicts"]:
        lines.append(f"  {row['verdict']:9}  {row['target']}")
        figures, indent = printable(row["figures"]), " " * 13
        lines += textwrap.wrap(figures, width - 13, initial_indent=indent, subsequent_indent=indent)
    return lines


def _unreadable(report: Figures) -> list[str]:
    """How many lines are left out, and where the first of them are."""
    if not report["unreadable_lines"]:
        return []
    places = ", ".join(printable(place["at"]) for place in report["unreadable_at"])
    return [
        f"{report['unreadable_lines']:,} lines could not be read and are left out",
        *([f"  {places}"] * bool(places)),
    ]


def _alerts(rows: Iterable[Figures], width: int) -> list[str]:
    """Alerts by kind, each with what its kind was worth on days it was not made on."""
    rows = list(rows)
    mixed = len({row["profile"] for row in rows}) > 1
    named = [(f"{_kind(row, mixed)} {row['severity']}", row["alerts"]) for row in rows]
    head = ["  by kind, and what each was worth on unseen days"] * bool(rows)
    return [*head, *_bars(named, width, [str(row["verdict"]) for row in rows])]


def _asked(rows: Iterable[Figures], width: int) -> list[str]:
    """Recommendations by kind, as their cards say it."""
    rows = list(rows)
    mixed = len({row["profile"] for row in rows}) > 1
    lines: list[str] = []
    for row in rows[:_MOST_ROWS]:
        of = f" ({printable(row['profile'])})" if mixed else ""
        lines.append(f"  {row['recommendations']:>5,} {row['asked']:5} {printable(row['words'])}{of}")
        worth = row["worth"] or "what it is worth is not known"
        lines += textwrap.wrap(worth, width - 14, initial_indent=" " * 14, subsequent_indent=" " * 14)
    return lines


def _kind(row: Figures, mixed: bool) -> str:
    return f"{row['profile']} {row['kind']}" if mixed else str(row["kind"])


def _blind(blind: Figures) -> list[str]:
    """How often and how long nothing was seen."""
    lines: list[str] = []
    if blind["times"]:
        names = ", ".join(
            f"{printable(name)} {count:,}" for name, count in list(blind["by_symbol"].items())[:_MOST_ROWS]
        )
        spent = f"{blind['seconds'] / 60:,.1f} min until seen again"
        lines.append(f"NO TRUSTED DATA {times(blind['times'])}, {spent}: {names}")
    if blind["connection_silences"]:
        minutes = blind["connection_silent_seconds"] / 60
        lines.append(f"the connection was silent {times(blind['connection_silences'])}, {minutes:,.1f} min in all")
    return lines


_STATUS: Final = {
    "halted": "HALTED",
    "pause": "PAUSED, unannounced,",
    "split": "SPLIT",
    "new_price": "another price overnight",
}


def status_lines(statuses: Figures) -> list[str]:
    """How often trading of which symbols stopped, and what was split; a line a status."""
    lines: list[str] = []
    for status, row in statuses["by_status"].items():
        names = ", ".join(f"{printable(name)} {count:,}" for name, count in list(row["by_symbol"].items())[:_MOST_ROWS])
        spent = f", {statuses['halted_seconds'] / 60:,.1f} min until resumed" if status == "halted" else ""
        words = _STATUS.get(status, printable(status))
        lines.append(f"{words} {times(row['times'])}{spent}: {names}")
    return lines


def _days(alerts: Figures, width: int) -> list[str]:
    """Alerts of the newest days by the names that had most."""
    room = max((width - 14 - 9) // 9, 1)
    names = list(alerts["by_symbol"])[:room]
    cells = {(row["day"], row["symbol"]): row["alerts"] for row in alerts["by_day_and_symbol"]}
    lines = ["", "BY DAY AND SYMBOL", f"  {'':10} {'all':>8}" + "".join(f" {printable(name)[:8]:>8}" for name in names)]
    for day, count in list(alerts["by_day"].items())[-_MOST_ROWS:]:
        counts = "".join(f" {cells.get((day, name), 0):>8,}" for name in names)
        lines.append(f"  {printable(day)[:10]:10} {count:>8,}{counts}")
    return lines


def _outcomes(outcomes: Figures) -> list[str]:
    """Each rule beside its controls: what the plan calls a true positive, and the harder question."""
    lines = ["", f"WHAT FOLLOWED, {outcomes['total']:,} outcomes, {outcomes['truncated']:,} of them cut short"]
    if outcomes["by_the_old_clock"]:
        lines.append(f"  {outcomes['by_the_old_clock']:,} of an earlier version left out: they began too early")
    rules = outcomes["by_rule"]
    if not rules:
        return [*lines, "  none known yet: an outcome comes 15 minutes after its alert"]
    lines += ["  fell by at least the spread within 5 minutes (the rest are false positives)", _HEAD]
    lines += [
        _rule(name, rule["outcomes"], rule["fell"], rule["lift_on_random"], rule["lift_on_price_only"])
        for name, rule in rules.items()
    ]
    lines += ["  the same points on random, counted from 1 s and from 5 s later"]
    lines += [
        f"  {printable(name)[:_NAME]:{_NAME}} {'':>22} {_signed(rule['lift_on_random_1s_later']):>18} "
        f"{_signed(rule['lift_on_random_5s_later']):>18}"
        for name, rule in rules.items()
    ]
    lines += ["  hits: fell by at least the spread and one usual five-minute range", _HEAD]
    lines += [
        _rule(name, rule["judged"], rule["success"], rule["success_lift_on_random"], rule["success_lift_on_price_only"])
        for name, rule in rules.items()
    ]
    return lines


_HEAD: Final = f"  {'95% intervals':{_NAME}} {'n':>6} {'share':>16} {'points on random':>18} {'on like price':>18}"


def _rule(name: str, n: int, share: _Share, random: _Share, price: _Share) -> str:
    own = f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})" if share else "-"
    return f"  {printable(name)[:_NAME]:{_NAME}} {n:>6,} {own:>16} {_signed(random):>18} {_signed(price):>18}"


def _signed(lift: _Share) -> str:
    if lift is None:
        return "-"
    value, low, high = (f"{round(100 * lift[name]):+d}" for name in ("value", "low", "high"))
    return f"{value} ({low} to {high})"


def _ledger(ledger: Figures) -> list[str]:
    """What selling at the signal came to against selling 15 minutes later."""
    if not ledger["newest"]:
        return []
    lines = ["", "SELLING AT THE SIGNAL against selling 15 minutes later, by the recorded book"]
    for name, row in (("shares you sold", ledger["followed"]), ("shares you kept", ledger["not_followed"])):
        gained, taken = row["leaving_at_once_gained_dollars"], row["exit_cost_dollars"]
        known = f"{row['recommendations']:>5,}, {row['known']:,} known"
        lines.append(
            f"  {name:15} {known:>16} {dollars(gained):>13}, {row['of_them_gained']:,} gained; exit cost {cost(taken)}"
        )
    lines.append(f"  {ledger['moves_over_5_percent']:,} were followed by more than 5% within 15 minutes")
    lines.append(f"  {'newest first':20} {'':6} {'shares':>8} {'answer':15} {'after':>7} {'gained':>12}")
    for one in list(reversed(ledger["newest"]))[:_MOST_ROWS]:
        waited, saved = one["seconds_to_answer"], one["leaving_at_once_gained_dollars"]
        after = "-" if waited is None else f"{waited:,.0f} s"
        lines.append(
            f"  {moment(one['opened_utc'], _SHORT):20} {printable(one['symbol'])[:6]:6} {one['quantity']:>8,} "
            f"{answer(one['answer'])[:15]:15} {after:>7} {dollars(saved):>12}"
        )
    return lines


def _bars(counts: Iterable[tuple[str, int]], width: int, words: Sequence[str] = ()) -> list[str]:
    """Rows of a name, a count, a word where there are some, and a bar."""
    rows = [(printable(name or "(none)"), count) for name, count in counts]
    shown = rows[:_MOST_ROWS]
    if not shown:
        return []
    label = min(max(len(name) for name, _ in shown), width // 2)
    said = [f" {word}" for word in words] or [""] * len(rows)
    longest = max(map(len, said))
    room = max(width - label - 14 - longest, 1)
    most = max(count for _, count in shown)
    lines: list[str] = []
    for (name, count), word in zip(shown, said, strict=False):
        bar = "█" * max(round(room * count / most), count > 0)
        lines.append(f"  {name[:label]:{label}} {count:>9,}{word:{longest}} {bar}")
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
