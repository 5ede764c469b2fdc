"""The plan's four log queries, as they stand in the plan."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from orderflow_tui.journal.make_records import alert_record, answer_record, exit_record
from orderflow_tui.journal.records import AlertRecord, AlertUpdatedRecord, ApiErrorRecord, BadDataRecord, Record
from tests.journal.journal_tools import DAY_NS, NOON, Clock, alert, records, writer
from tests.journal.test_journal_records import RECOMMENDATION

needs_shell = pytest.mark.skipif(shutil.which("grep") is None, reason="needs a POSIX shell with grep")
needs_jq = pytest.mark.skipif(shutil.which("jq") is None, reason="needs jq; the Python test below asks the same")

ERRORS = ["429", "429", "5xx", "timeout", "validation", "validation", "validation", "malformed", "401"]


def failure(error_type: str) -> Record:
    if error_type in {"validation", "malformed"}:
        return BadDataRecord(error_type=error_type, detail="error_type", channel="tape", quarantined=False)
    return ApiErrorRecord(error_type=error_type, detail="error_type")


@pytest.fixture
def journal_dir(tmp_path: Path) -> Path:
    """One day's file as a day makes it: alerts, updates, recommendations, answers, errors, and texts meant to confuse."""
    from orderflow_tui.core.model.data_models import Answer

    mono = Clock(0)
    journal = writer(tmp_path / "logs" / "order_flow", source_class="live", data_source="polygon", mono=mono)
    for number in range(100):
        mono.now = (number + 1) * 1_000_000
        kind = AlertRecord if number % 4 else AlertUpdatedRecord
        text = '"event":"order_flow_alert" "error_type"' if number % 2 else "error_type"
        journal.write(alert_record(alert(text=text, details={"kind": "error_type"}), kind), NOON, 0)
    mono.now = 1_000
    for _ in range(3):
        journal.write(exit_record(RECOMMENDATION), NOON, 0)
    journal.write(answer_record(RECOMMENDATION, Answer("hold", note='say "error_type'), None), NOON, 0)
    for error_type in ERRORS:
        journal.write(failure(error_type), NOON, 0)
    journal.close()
    return tmp_path


def shell(cwd: Path, command: str) -> str:
    return subprocess.run(["sh", "-c", command], cwd=cwd, capture_output=True, text=True, check=True).stdout


@needs_shell
def test_alert_frequency(journal_dir: Path) -> None:
    command = """grep '"event":"order_flow_alert"' logs/order_flow/*.jsonl | wc -l"""
    assert int(shell(journal_dir, command)) == 75


@needs_shell
def test_exit_signals(journal_dir: Path) -> None:
    command = """grep '"event":"order_flow.exit_signal_triggered"' logs/order_flow/*.jsonl | wc -l"""
    assert int(shell(journal_dir, command)) == 3


@needs_shell
@needs_jq
def test_latency(journal_dir: Path) -> None:
    command = (
        """cat logs/order_flow/*.jsonl | jq '.latency_ms' | sort -n | awk '{a[NR]=$1} END {print a[int(NR*0.95)]}'"""
    )
    latencies = sorted(record["latency_ms"] for record in records(journal_dir / "logs" / "order_flow"))
    assert float(shell(journal_dir, command)) == latencies[int(len(latencies) * 0.95) - 1]
    assert latencies[-1] == 100


@needs_shell
@needs_jq
def test_api_errors(journal_dir: Path) -> None:
    command = """grep '"error_type"' logs/order_flow/*.jsonl | jq -r '.error_type' | sort | uniq -c"""
    counted = {line.split()[1]: int(line.split()[0]) for line in shell(journal_dir, command).splitlines()}
    assert counted == Counter(ERRORS)


@needs_shell
@needs_jq
def test_api_errors_over_several_days_need_greps_h(journal_dir: Path) -> None:
    directory = journal_dir / "logs" / "order_flow"
    journal = writer(directory, source_class="live", clock=Clock(NOON + DAY_NS))
    journal.write(failure("network"), NOON, 0)
    journal.close()
    command = """grep -h '"error_type"' logs/order_flow/*.jsonl | jq -r '.error_type' | sort | uniq -c | wc -l"""
    assert int(shell(journal_dir, command)) == len(set(ERRORS)) + 1


def test_the_same_four_answers_without_grep_and_jq(journal_dir: Path) -> None:
    """What grep, jq, sort, awk and uniq do in the four pipelines, line by line, for machines without them."""
    (path,) = (journal_dir / "logs" / "order_flow").glob("*.jsonl")
    lines = path.read_text().splitlines()
    assert sum('"event":"order_flow_alert"' in line for line in lines) == 75
    assert sum('"event":"order_flow.exit_signal_triggered"' in line for line in lines) == 3
    assert Counter(json.loads(line)["error_type"] for line in lines if '"error_type"' in line) == Counter(ERRORS)
    latencies = sorted(json.loads(line)["latency_ms"] for line in lines)
    assert latencies[int(len(lines) * 0.95) - 1] == pytest.approx(94, abs=5)
