"""A journal on disk of as many records as a test wants, ten minutes apart, back over earlier days."""

from __future__ import annotations

import json
from pathlib import Path

from orderflow_tui.core.model.units import NS, iso_utc
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.records import ALERT, EXIT_ACKNOWLEDGED, EXIT_TRIGGERED, RUN_STARTED
from tests.journal.journal_tools import whole
from tests.tui.fake import ALERT_TEXTS, NOW_NS

SYMBOLS = ("BAC", "AAPL", "KO", "MSFT")


def record(index: int, **changes: object) -> dict[str, object]:
    """The record `index` times ten minutes before now; 0 is the newest."""
    moment = iso_utc(NOW_NS - index * 600 * NS)
    head = {
        "event_id": f"e{index}",
        "timestamp": moment,
        "timestamp_utc": moment,
        "latency_ms": 0.4,
        "run_id": "r1",
        "data_source": "polygon",
        "source_class": "live",
        "profile": "guarded",
    }
    symbol = SYMBOLS[index % 4]
    if index % 97 == 50:
        return whole(RUN_STARTED, **{**head, "source_class": "simulated", **changes})
    if index % 17 == 3:
        reason = "3 counted sellers in 85 s"
        return whole(
            EXIT_TRIGGERED,
            **{**head, "symbol": symbol, "reason": reason, "recommendation_id": f"rec{index}", **changes},
        )
    if index % 34 == 2:
        of = f"rec{index + 1}"
        return whole(
            EXIT_ACKNOWLEDGED,
            **{**head, "symbol": SYMBOLS[(index + 1) % 4], "recommendation_id": of, "answer": "hold", **changes},
        )
    alert = {
        "symbol": symbol,
        "severity": "critical" if index % 2 else "warning",
        "counts": index % 5 != 0,
        "text": ALERT_TEXTS[index % len(ALERT_TEXTS)],
        "details": {"sell_ratio": 0.81, "prints": 41},
    }
    return whole(ALERT, **{**head, **alert, **changes})


def append(directory: Path, *records: dict[str, object]) -> None:
    """Write records behind those of their UTC day."""
    for fields in records:
        path = directory / f"{str(fields['timestamp'])[:10]}.jsonl"
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(fields, separators=(",", ":")) + "\n")


def journal(directory: Path, count: int = 300) -> HistoryStore:
    """A store over `count` records."""
    directory.mkdir(exist_ok=True)
    days: dict[str, list[str]] = {}
    for index in range(count - 1, -1, -1):
        fields = record(index)
        days.setdefault(str(fields["timestamp"])[:10], []).append(json.dumps(fields, separators=(",", ":")))
    for day, lines in days.items():
        (directory / f"{day}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return HistoryStore(directory)
