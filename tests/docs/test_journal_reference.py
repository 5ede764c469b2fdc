"""journal.md names exactly the records and fields that are written."""

from __future__ import annotations

import gzip
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.cli import main
from orderflow_tui.core.model.events import Halt
from orderflow_tui.core.rules.catalogue import CATALOGUE
from orderflow_tui.feeds.feed import ApiFault, Arrival, BadPayload, FeedGap
from orderflow_tui.journal import records as names
from orderflow_tui.journal.encode import body
from orderflow_tui.journal.make_records import outcome_record
from orderflow_tui.journal.records import HEADER, RECORDS
from tests.docs.pages import ROOT, code, section, table
from tests.docs.references import JOURNAL as PAGE
from tests.docs.references import OUTCOME
from tests.monitor.test_monitor import Desk


def documented(event: str) -> list[str]:
    """The fields of a record's table, in its order."""
    return [name for row in table(section(PAGE, f"### `{event}`")) for name in code(row[0])]


def test_every_event_has_a_heading() -> None:
    headings = re.findall(r"^### `(.+)`$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(headings) == set(RECORDS)


def test_an_outcomes_controls() -> None:
    assert json.loads(b"{" + body(outcome_record(OUTCOME).fields()))["around"] == {"seconds": 3, "fell": 1, "hits": 0}


def own_fields(record: dict[str, Any]) -> set[str]:
    return set(record) - set(HEADER)


def test_errors_gaps_and_resumptions(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "journal")
    try:
        now = Arrival.now()
        desk.put(ApiFault("5xx", "bad gateway", now, status=502, endpoint="trades", symbol="BAC"))
        desk.put(FeedGap(None, now.wall_ns - 1, now.wall_ns, "no answer from the host", now))
        desk.put(BadPayload("BAC", "tape", "TAPE_PRICE", "price 0", now))
        desk.events(Halt(now.wall_ns, halted=True, reason="LUDP"))
        gaps = desk.until("monitoring_gap", 2)
        desk.monitor.recover("BAC")
        assert own_fields(desk.until("monitoring_resumed")[0]) == set(documented(names.MONITORING_RESUMED))
        assert own_fields(desk.named("api_error")[0]) == set(documented(names.API_ERROR))
        assert own_fields(desk.named("data_validation_error")[0]) == set(documented(names.DATA_VALIDATION_ERROR))
        assert own_fields(desk.until("symbol_status")[0]) == set(documented(names.SYMBOL_STATUS))
        assert own_fields(gaps[0]) | own_fields(gaps[1]) == set(documented(names.MONITORING_GAP))
    finally:
        desk.monitor.stop(timeout=5)


def test_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (
        ("trades", "ts_ns,seq,price,size,side,kind\n1381169100033000000,2,13.86,300,,v\n"),
        ("book", "ts_ns,seq,bp1,bs1,ap1,as1\n1381169100000000000,1,13.86,69900,13.87,400\n"),
    ):
        with gzip.open(tmp_path / f"bac_short.{name}.csv.gz", "wt") as file:
            file.write(text)
    assert main(["replay", "bac_short", "--headless", "--log-dir", "journal"]) == 0
    lines = [json.loads(line) for path in Path("journal").glob("*.jsonl") for line in path.read_bytes().splitlines()]
    assert own_fields(lines[0]) | {"depth_source"} == set(documented(names.RUN_STARTED))
    assert own_fields(lines[-1]) == set(documented(names.RUN_STOPPED))
    assert [line["event"] for line in lines] == [
        names.RUN_STARTED, names.ALERT, names.ALERT_OUTCOME, names.RUN_STOPPED,
    ]  # fmt: skip
    assert lines[1]["price_level"] == float(Decimal("13.86"))


def test_rules_name_what_counts() -> None:
    rows = {code(row[0])[0]: row for row in table(section(ROOT / "docs" / "rules.md", "## Profiles"))}
    assert set(rows) == {rule.evidence for rule in CATALOGUE}
    words = {True: ("counts",), False: ("shown",), None: ("off",)}
    for rule in CATALOGUE:
        if rule.evidence == "red_burst":  # counts by its ratio, which the table spells out
            continue
        for cell, count in zip(rows[rule.evidence][3:5], (rule.plan, rule.guarded), strict=True):
            assert cell.startswith(words[count]), (rule.evidence, cell)
