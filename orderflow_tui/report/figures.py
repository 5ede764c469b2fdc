"""The report's figures and verdicts, as plain values for text, JSON and CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from orderflow_tui.report.tally import Tally

TARGET_P95_MS: Final = 2_000.0
"""The plan's NFR-001."""
ACTS_AN_HOUR: Final = 6.0
"""Counted alerts a name and hour that SPEC section 5 calls bearable."""
_HOUR: Final = 3_600.0
FALSE_POSITIVES: Final = (
    "this version follows no alert up, so nothing here says how often the price fell afterwards. On 15 "
    "real symbol-days a fall of at least the spread followed within 5 minutes of random instants in 49 to 84 % of "
    "cases by name, and most rules lay within a few points of that: a bare rate judges nothing, only its distance "
    "from the random one does"
)


def figures(tally: Tally) -> dict[str, Any]:
    """Everything a report says, ready for JSON.

    Args:
        tally: The lines, added up.

    Returns:
        Counts, shares and latencies in milliseconds; None for what is not known.
    """
    hours = tally.seconds / _HOUR
    return {
        "records": tally.lines,
        "unreadable_lines": tally.unreadable,
        "first_utc": tally.first or None,
        "last_utc": tally.last or None,
        "runs": {
            "started": tally.runs_started,
            "ended": tally.runs_stopped,
            "failed": tally.runs_failed,
            "hours": round(hours, 3),
        },
        "alerts": {
            "total": sum(tally.by_day.values()),
            "late": tally.late,
            "by_kind": [
                {"evidence": evidence, "severity": severity, "alerts": count}
                for (evidence, severity), count in tally.alerts.most_common()
            ],
            "by_day": dict(sorted(tally.by_day.items())),
            "by_symbol": dict(_counted(tally.by_symbol)),
            "counted_an_hour": {symbol: round(count / hours, 2) for symbol, count in _counted(tally.counted)}
            if hours
            else None,
        },
        "latency_ms": _latency(tally),
        "errors": dict(_counted(tally.errors)),
        "recommendations": {
            "total": sum(tally.recommendations.values()),
            "by_symbol": dict(_counted(tally.recommendations)),
            "answers": dict(_counted(tally.answers)),
            "unanswered": tally.unanswered,
            "seconds_to_answer": {
                "p50": round(tally.answer_time.quantile_ns(0.5) / 1e9, 1),
                "p95": round(tally.answer_time.quantile_ns(0.95) / 1e9, 1),
            }
            if tally.answer_time.count
            else None,
        },
        "verdicts": verdicts(tally),
    }


def verdicts(tally: Tally) -> list[dict[str, str]]:
    """The plan's targets and its kill switch: `met`, `MISSED` or `not known`, each with its figures."""
    p95 = tally.latency.quantile_ns(0.95) / 1e6
    hours = tally.seconds / _HOUR
    busiest, most = max(tally.counted.items(), key=lambda item: item[1], default=("", 0))
    rate = most / hours if hours else 0.0
    return [
        _verdict(
            "95 % of alerts are written within 2 s of their cause",
            known=tally.latency.count > 0,
            met=p95 <= TARGET_P95_MS,
            said=f"P95 {p95:.1f} ms over {tally.latency.count:,}",
        ),
        _verdict(
            "kill switch: no alert takes more than 10 s",
            known=tally.latency.count > 0,
            met=not tally.slow,
            said=f"{tally.slow:,} of {tally.latency.count:,} did",
        ),
        _verdict("kill switch: at most 20 % false positives", known=False, met=False, said=FALSE_POSITIVES),
        _verdict(
            f"at most {ACTS_AN_HOUR:g} counted alerts a name and hour",
            known=hours > 0,
            met=rate <= ACTS_AN_HOUR,
            said=f"most: {busiest} with {rate:.1f} over {hours:.1f} h of running" if most else "none counted",
        ),
    ]


def _verdict(target: str, *, known: bool, met: bool, said: str) -> dict[str, str]:
    return {"target": target, "verdict": ("met" if met else "MISSED") if known else "not known", "figures": said}


def _latency(tally: Tally) -> dict[str, float | int | None]:
    def part(share: float) -> float | None:
        return round(tally.latency.quantile_ns(share) / 1e6, 3) if tally.latency.count else None

    return {
        "alerts": tally.latency.count,
        "p50": part(0.5),
        "p95": part(0.95),
        "p99": part(0.99),
        "max": round(tally.latency.max_ns / 1e6, 3) if tally.latency.count else None,
        "p95_of_all_records": round(tally.all_latency.quantile_ns(0.95) / 1e6, 3) if tally.all_latency.count else None,
        "over_10_s": tally.slow,
    }


def _counted(counter: Counter[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in counter.most_common() if count]


def rows(report: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    """The report as `(dotted name, value)` rows, for CSV."""
    found: list[tuple[str, Any]] = []
    for name, value in report.items():
        dotted = f"{prefix}{name}"
        if isinstance(value, Mapping):
            found += rows(value, f"{dotted}.")
        elif isinstance(value, list):
            for entry in value:
                *labels, last = entry.values()
                found.append((".".join([dotted, *map(str, labels)]), last))
        else:
            found.append((dotted, value))
    return found
