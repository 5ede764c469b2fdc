"""The report as one page that needs nothing else: inline SVG, no script, no address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

_WIDTH: Final = 720
_ROW: Final = 22
_LABEL: Final = 190
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
    """`64 % (58 to 70)`, or a dash."""
    if share is None:
        return "-"
    return f"{share['value']:.0%} ({share['low']:.0%} to {share['high']:.0%})"


def report_page(report: Mapping[str, Any]) -> str:
    """The journal's report."""
    alerts, latency, asked, outcomes = (report[k] for k in ("alerts", "latency_ms", "recommendations", "outcomes"))
    rules = outcomes["by_rule"]
    parts = [
        paragraph(f"{report['records']:,} records from {report['first_utc'] or '-'} to {report['last_utc'] or '-'}"),
        heading(f"Alerts: {alerts['total']:,}"),
        bars((f"{row['evidence']} {row['severity']}", row["alerts"]) for row in alerts["by_kind"]),
        heading("By day"),
        bars(alerts["by_day"].items()),
        heading("By symbol"),
        bars(alerts["by_symbol"].items()),
        heading("What followed: falls of at least the spread within five minutes, less those after random instants"),
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
        heading(f"Recommendations: {asked['total']:,}, {asked['unanswered']:,} without an answer"),
        bars(asked["answers"].items()),
        table(
            ("leaving at once against 15 minutes later", "known", "dollars", "gained"),
            [
                (name, row["known"], f"{row['leaving_at_once_gained_dollars']:+,.2f}", row["of_them_gained"])
                for name, row in (("followed", report["ledger"]["followed"]), ("not", report["ledger"]["not_followed"]))
            ],
        ),
        heading("Latency from cause to line, milliseconds"),
        bars([(name, latency[name]) for name in ("p50", "p95", "p99", "max") if latency[name] is not None]),
        heading("Errors"),
        bars(report["errors"].items()),
        heading("The plan's targets"),
        "".join(
            f'<p><span class="{escape(row["verdict"])}">{escape(row["verdict"])}</span>: {escape(row["target"])}<br>'
            f"{escape(row['figures'])}</p>"
            for row in report["verdicts"]
        ),
    ]  # fmt: skip
    return page("orderflow-tui report", parts)
