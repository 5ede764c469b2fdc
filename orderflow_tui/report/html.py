"""The report as one page that needs nothing else: inline SVG, no script, no address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Final

from orderflow_tui.report.figures import Figures
from orderflow_tui.report.text import status_lines
from orderflow_tui.report.words import answer, cost, dollars, moment, times

_INSTANT: Final = "%Y-%m-%d %H:%M:%S"
_WIDTH: Final = 720
_ROW: Final = 22
_LABEL: Final = 190
_MOST_DAYS: Final = 60
_MOST_NAMES: Final = 10
_STYLE: Final = (
    "body{font:14px/1.5 system-ui,sans-serif;max-width:60em;margin:2em auto;padding:0 1em;"
    "color:#1c2430;background:#fff}"
    "h1{font-size:1.4em}h2{font-size:1.1em;margin-top:2em}table{border-collapse:collapse}"
    "td,th{padding:.2em .8em;text-align:right;border-bottom:1px solid #ddd}"
    "td:first-child,th:first-child{text-align:left}"
    ".met{color:#0a5}.MISSED{color:#b00;font-weight:bold}svg text{font:12px system-ui,sans-serif;fill:#1c2430}"
    "@media(prefers-color-scheme:dark){body{color:#dde;background:#14181f}svg text{fill:#dde}td,th{border-color:#345}}"
)


def page(title: str, parts: Iterable[str]) -> str:
    """A whole page of parts that are HTML already."""
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style><h1>{escape(title)}</h1>{''.join(parts)}</html>\n"
    )


def heading(text: str) -> str:
    """A section's heading."""
    return f"<h2>{escape(text)}</h2>"


def paragraph(text: str) -> str:
    """A paragraph of plain text."""
    return f"<p>{escape(text)}</p>"


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are plain text."""

    def line(tag: str, cells: Sequence[object]) -> str:
        return "<tr>" + "".join(f"<{tag}>{escape(str(cell))}</{tag}>" for cell in cells) + "</tr>"

    return f"<table>{line('th', head)}{''.join(line('td', row) for row in rows)}</table>"


def bars(counts: Iterable[tuple[str, float]], *, unit: str = "") -> str:
    """Horizontal bars, the longest as wide as the plot."""
    rows = list(counts)
    most = max((abs(value) for _, value in rows), default=0) or 1
    room = _WIDTH - _LABEL - 110
    drawn: list[str] = []
    for at, (name, value) in enumerate(rows):
        top, long = at * _ROW, abs(value) / most * room
        drawn += [
            f'<text x="{_LABEL - 8}" y="{top + 15}" text-anchor="end">{escape(name[:28])}</text>',
            f'<rect x="{_LABEL}" y="{top + 4}" width="{max(long, 1):.1f}" height="14" fill="#3b78c2"/>',
            f'<text x="{_LABEL + long + 6:.1f}" y="{top + 15}">{value:,g}{escape(unit)}</text>',
        ]
    return _svg(len(rows), drawn)


def intervals(rows: Sequence[tuple[str, Mapping[str, float] | None]], *, low: float = -0.5, high: float = 0.5) -> str:
    """Estimates with their intervals around a line at zero; values are shares."""
    room = _WIDTH - _LABEL - 20

    def place(value: float) -> float:
        return _LABEL + (min(max(value, low), high) - low) / (high - low) * room

    zero = place(0.0)
    drawn = [
        f'<line x1="{zero:.1f}" y1="0" x2="{zero:.1f}" y2="{len(rows) * _ROW}" stroke="#999" stroke-dasharray="3"/>'
    ]
    for at, (name, share) in enumerate(rows):
        middle = at * _ROW + 11
        drawn.append(f'<text x="{_LABEL - 8}" y="{middle + 4}" text-anchor="end">{escape(name[:28])}</text>')
        if share is None:
            continue
        left, right, dot = place(share["low"]), place(share["high"]), place(share["value"])
        drawn.append(
            f'<line x1="{left:.1f}" y1="{middle}" x2="{right:.1f}" y2="{middle}" stroke="#3b78c2" stroke-width="3"/>'
            f'<circle cx="{dot:.1f}" cy="{middle}" r="4" fill="#3b78c2"/>'
        )
    return _svg(len(rows), drawn)


def _svg(rows: int, drawn: Iterable[str]) -> str:
    height = max(rows, 1) * _ROW
    return (
        f'<svg role="img" width="{_WIDTH}" height="{height}" viewBox="0 0 {_WIDTH} {height}" '
        f'xmlns="http://www.w3.org/2000/svg">{"".join(drawn)}</svg>'
    )


def share_text(share: Mapping[str, float] | None) -> str:
    """`64% (58 to 70)`, or a dash."""
    if share is None:
        return "-"
    return f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})"


def report_page(report: Figures) -> str:
    """The journal's report."""
    alerts, latency, asked, outcomes = (report[k] for k in ("alerts", "latency_ms", "recommendations", "outcomes"))
    runs, blind = report["runs"], report["blind"]
    parts = [
        paragraph(
            f"{report['records']:,} records from {moment(report['first_utc'] or '-', _INSTANT)} to "
            f"{moment(report['last_utc'] or '-', _INSTANT)}"
        ),
        paragraph(
            f"{runs['started']} runs started, {runs['ended']} ended properly after {runs['hours']:.1f} h, "
            f"{runs['failed']} of them failed; most memory {runs['max_rss_mb'] or '-'} MB; no trusted data "
            f"{times(blind['times'])}, {blind['seconds'] / 60:,.1f} min; "
            f"{report['unreadable_lines']:,} lines could not be read"
        ),
        *map(paragraph, status_lines(report["statuses"])),
        heading("The plan's targets"),
        "".join(
            f'<p><span class="{escape(row["verdict"])}">{escape(row["verdict"])}</span>: {escape(row["target"])}<br>'
            f"{escape(row['figures'])}</p>"
            for row in report["verdicts"]
        ),
        heading(f"Alerts: {alerts['total']:,}"),
        bars((f"{row['evidence']} {row['severity']}", row["alerts"]) for row in alerts["by_kind"]),
        table(
            ("kind", "severity", "profile", "alerts", "on unseen days", "which"),
            [
                (row["kind"], row["severity"], row["profile"], row["alerts"], row["verdict"], row["worth"])
                for row in alerts["by_worth"].values()
            ],
        ),
        heading("By day"),
        bars(alerts["by_day"].items()),
        heading("By symbol"),
        bars(alerts["by_symbol"].items()),
        *_days(alerts),
        *_followed(outcomes),
        heading(f"Exit recommendations: {asked['total']:,}, {asked['unanswered']:,} without an answer"),
        table(
            ("evidence", "called", "profile", "recommendations", "on unseen days", "which"),
            [
                (row["words"], row["asked"], row["profile"], row["recommendations"], row["verdict"], row["worth"])
                for row in asked["by_worth"].values()
            ],
        ),
        bars((answer(name), count) for name, count in asked["answers"].items()),
        *_ledger(report["ledger"]),
        heading("Latency from cause to line, milliseconds"),
        bars([(name, latency[name]) for name in ("p50", "p95", "p99", "max") if latency[name] is not None]),
        heading("Errors"),
        bars(report["errors"].items()),
    ]
    return page("orderflow-tui report", parts)


def _days(alerts: Figures) -> list[str]:
    """Alerts of each of the newest days by name."""
    names, days = list(alerts["by_symbol"])[:_MOST_NAMES], list(alerts["by_day"])[-_MOST_DAYS:]
    cells = {(row["day"], row["symbol"]): row["alerts"] for row in alerts["by_day_and_symbol"]}
    rows = [(day, alerts["by_day"][day], *(cells.get((day, name), 0) for name in names)) for day in days]
    return [heading("By day and symbol"), table(("day", "all", *names), rows)]


def _followed(outcomes: Figures) -> list[str]:
    """Each rule beside its controls, by both questions."""
    rules = outcomes["by_rule"]
    parts = [heading(f"What followed: {outcomes['total']:,} outcomes, {outcomes['truncated']:,} of them cut short")]
    for title, n, own, random, price, on_random, on_price in (
        (
            "Fell by at least the spread within five minutes (the rest are false positives)", "outcomes", "fell",
            "random_fell", "price_only_fell", "lift_on_random", "lift_on_price_only",
        ),
        (
            "Hits: fell by at least the spread and one usual five-minute range", "judged", "success",
            "random_success", "price_only_success", "success_lift_on_random", "success_lift_on_price_only",
        ),
    ):  # fmt: skip
        lines = [
            (name, rule[n], *(share_text(rule[key]) for key in (own, random, price))) for name, rule in rules.items()
        ]
        parts += [
            paragraph(title),
            table(("rule", "n", "after it", "after random instants", "after the like price change"), lines),
            paragraph("The difference to random instants, 95% intervals from -50 to +50 points"),
            intervals([(name, rule[on_random]) for name, rule in rules.items()]),
            paragraph("The difference to the like price change"),
            intervals([(name, rule[on_price]) for name, rule in rules.items()]),
        ]
    for seconds in (1, 5):
        parts += [
            paragraph(f"The difference to random instants of a fall by the spread, counted from {seconds} s later"),
            intervals([(name, rule[f"lift_on_random_{seconds}s_later"]) for name, rule in rules.items()]),
        ]
    return parts


def _ledger(ledger: Figures) -> list[str]:
    """What following and not following came to, in all and one by one."""
    sides = (("shares you sold", ledger["followed"]), ("shares you kept", ledger["not_followed"]))
    totals = [
        (
            name, row["recommendations"], row["known"], dollars(row["leaving_at_once_gained_dollars"]),
            row["of_them_gained"], cost(row["exit_cost_dollars"]),
        )
        for name, row in sides
    ]  # fmt: skip
    newest = [
        (
            moment(one["opened_utc"], _INSTANT), one["symbol"], f"{one['quantity']:,}", answer(one["answer"]),
            "-" if one["seconds_to_answer"] is None else f"{one['seconds_to_answer']:,.0f} s",
            dollars(one["leaving_at_once_gained_dollars"]), cost(one["exit_cost_dollars"]),
        )
        for one in reversed(ledger["newest"])
    ]  # fmt: skip
    return [
        heading("Selling at the signal against selling 15 minutes later, by the recorded book"),
        table(("", "recommendations", "known", "gained", "of them gained", "exit cost"), totals),
        table(("opened", "symbol", "shares", "answer", "after", "gained", "exit cost"), newest),
    ]
