"""The report's figures and verdicts, as plain values for text, JSON and CSV."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from orderflow_tui.report.tally import Tally
from orderflow_tui.track_record.intervals import wilson
from orderflow_tui.track_record.rule_record import RuleRecord

TARGET_P95_MS: Final = 2_000.0
"""The plan's NFR-001."""
SIGNALS_AN_HOUR: Final = 6.0
"""Counted signals a symbol and hour near which they should stay."""
FAR: Final = 2.0
"""They are far from that above so many times as many."""
_HOUR: Final = 3_600.0
MOST_FALSE: Final = 0.2
"""The plan's kill switch."""
MOST_MEMORY_MB: Final = 50.0
"""The plan's NFR-006, over what Python and the screen need anyway."""
BARE_SCREEN_MB: Final = 44.0
"""A Textual app with nothing in it, measured."""
BASE_RATE: Final = (
    "most rules lie near 50%, and so do random instants: on 15 real symbol-days a fall of at least the spread "
    "followed within 5 minutes of random instants in 49 to 84% of cases by name. A bare rate judges nothing; its "
    "distance from the random one does"
)


Figures = Mapping[str, Any]
"""A report as JSON has it: figures and lists of them, by name."""


def figures(tally: Tally) -> Figures:
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
        "unreadable_at": [{"at": place, "lines": 1} for place in tally.unreadable_at],
        "first_utc": tally.first or None,
        "last_utc": tally.last or None,
        "runs": {
            "started": tally.runs_started,
            "ended": tally.runs_stopped,
            "failed": tally.runs_failed,
            "without_an_end": max(tally.runs_started - tally.runs_stopped, 0),
            "hours": round(hours, 3),
            "max_rss_mb": tally.max_rss_mb or None,
        },
        "blind": tally.blind.figures(),
        "statuses": tally.statuses.figures(),
        "alerts": _alerts(tally, hours),
        "latency_ms": _latency(tally),
        "errors": dict(_counted(tally.errors)),
        "recommendations": _recommendations(tally),
        "outcomes": {
            "total": sum(rule.n for name, rule in tally.rules.items() if ":" not in name),
            "truncated": tally.truncated,
            "by_the_old_clock": tally.old_clock,
            "by_rule": {
                name: rule.figures() for name, rule in sorted(tally.rules.items(), key=lambda item: -item[1].n)
            },
        },
        "ledger": tally.ledger.figures(),
        "verdicts": verdicts(tally),
    }


def verdicts(tally: Tally) -> list[dict[str, str]]:
    """The plan's targets and its kill switch: `met`, `MISSED` or `not known`, each with its figures."""
    p95 = tally.latency.quantile_ns(0.95) / 1e6
    return [
        _verdict(
            "95% of alerts are written within 2 s of their cause",
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
        _false_positives(tally),
        _verdict(
            f"at most {MOST_MEMORY_MB:.0f} MB over a bare screen",
            known=tally.max_rss_mb > 0,
            met=tally.max_rss_mb <= BARE_SCREEN_MB + MOST_MEMORY_MB,
            said=f"at most {tally.max_rss_mb:.0f} MB in a run that ended, of which a bare screen needs about "
            f"{BARE_SCREEN_MB:.0f}",
        ),
        _acts(tally),
    ]


def _false_positives(tally: Tally) -> dict[str, str]:
    """Alerts not followed by a fall within five minutes: judged where the interval lies on one side of the limit."""
    alerts = RuleRecord()
    for name, rule in tally.rules.items():
        if name not in ("exit", "stop") and ":" not in name:
            alerts.merge(rule)
    own, base = wilson(alerts.n - alerts.fell, alerts.n), alerts.random_share
    target = "kill switch: at most 20% false positives (no fall of the spread within 5 minutes)"
    if own is None:
        return _verdict(target, known=False, met=False, said=f"no outcome is known yet; {BASE_RATE}")
    said = f"{own.value:.0%} of {alerts.n:,} ({own.low:.0%} to {own.high:.0%})"
    if base is not None:
        said += f", after the seconds around them {1 - base.value:.0%}"
    known = own.low > MOST_FALSE or own.high <= MOST_FALSE
    return _verdict(target, known=known, met=own.high <= MOST_FALSE, said=f"{said}; {BASE_RATE}")


def _acts(tally: Tally) -> dict[str, str]:
    """Counted signals an hour and symbol: too many make the count of three in two minutes meet by chance."""
    hours = tally.seconds / _HOUR
    rates = [(symbol, count / hours) for symbol, count in _counted(tally.acts.by_symbol)] if hours else []
    far = [f"{symbol} {rate:.1f}" for symbol, rate in rates if rate > FAR * SIGNALS_AN_HOUR]
    said = f"most: {rates[0][0]} with {rates[0][1]:.1f} over {hours:.1f} h of running" if rates else "none counted"
    if far:
        said += f"; too many: {', '.join(far)}. Raise large_order_size_threshold for these symbols"
    return _verdict(
        f"about {SIGNALS_AN_HOUR:g} counted signals an hour and symbol",
        known=hours > 0,
        met=not far,
        said=said,
    )


def _verdict(target: str, *, known: bool, met: bool, said: str) -> dict[str, str]:
    return {"target": target, "verdict": ("met" if met else "MISSED") if known else "not known", "figures": said}


def _alerts(tally: Tally, hours: float) -> dict[str, Any]:
    return {
        "total": sum(tally.by_day.values()),
        "late": tally.late,
        "by_kind": [
            {"evidence": evidence, "severity": severity, "alerts": count}
            for (evidence, severity), count in tally.kinds.by_evidence.most_common()
        ],
        "by_worth": tally.kinds.alert_figures(tally.rules),
        "by_day": dict(sorted(tally.by_day.items())),
        "by_symbol": dict(_counted(tally.by_symbol)),
        "by_day_and_symbol": [
            {"day": day, "symbol": symbol, "alerts": count}
            for (day, symbol), count in sorted(tally.by_day_and_symbol.items())
        ],
        "counted_an_hour": {symbol: round(count / hours, 2) for symbol, count in _counted(tally.counted)}
        if hours
        else None,
        "acts_an_hour": {symbol: round(count / hours, 2) for symbol, count in _counted(tally.acts.by_symbol)}
        if hours
        else None,
    }


def _recommendations(tally: Tally) -> dict[str, Any]:
    return {
        "total": sum(tally.recommendations.values()),
        "by_worth": tally.kinds.exit_figures(tally.rules),
        "by_symbol": dict(_counted(tally.recommendations)),
        "answers": dict(_counted(tally.answers)),
        "unanswered": tally.unanswered,
        "seconds_to_answer": {
            "p50": round(tally.answer_time.quantile_ns(0.5) / 1e9, 1),
            "p95": round(tally.answer_time.quantile_ns(0.95) / 1e9, 1),
        }
        if tally.answer_time.count
        else None,
    }


def _latency(tally: Tally) -> dict[str, float | int | None]:
    def part(share: float) -> float | None:
        return round(tally.latency.quantile_ns(share) / 1e6, 3) if tally.latency.count else None

    every = tally.all_latency
    return {
        "alerts": tally.latency.count,
        "p50": part(0.5),
        "p95": part(0.95),
        "p99": part(0.99),
        "max": round(tally.latency.max_ns / 1e6, 3) if tally.latency.count else None,
        "p95_of_all_records": round(every.quantile_ns(0.95) / 1e6, 3) if every.count else None,
        "over_10_s": tally.slow,
    }


def _counted(counter: Counter[str]) -> list[tuple[str, int]]:
    return [(name, count) for name, count in counter.most_common() if count]


def rows(report: Figures, prefix: str = "") -> list[tuple[str, object]]:
    """The report as `(dotted name, value)` rows, for CSV."""
    found: list[tuple[str, object]] = []
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
