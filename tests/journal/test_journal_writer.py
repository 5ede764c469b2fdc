from __future__ import annotations

import json
import stat
import threading
import time
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.journal.directory import JournalError
from orderflow_tui.journal.histogram import DurationHistogram
from orderflow_tui.journal.records import HEADER
from orderflow_tui.journal.writer import JournalWriter, new_run_id
from tests.journal.journal_tools import DAY_NS, NOON, Clock, bare, numbers, put, records, writer


def only_line(directory: Path) -> bytes:
    (line,) = (directory / "2025-10-22.jsonl").read_bytes().splitlines()
    return line


def test_a_record_begins_with_the_header_and_is_compact(tmp_path: Path) -> None:
    journal = writer(tmp_path, mono=lambda: 5_250_000)
    event_id = journal.write(bare("order_flow_alert", symbol="BAC"), NOON - 1_500_000_000, 1_000_000, profile="plan")
    assert only_line(tmp_path) == (
        b'{"event":"order_flow_alert","event_id":"run1-1","timestamp":"2025-10-22T12:00:00.123456Z",'
        b'"timestamp_utc":"2025-10-22T11:59:58.623456Z","latency_ms":4.250,"run_id":"run1","data_source":"simulator",'
        b'"profile":"plan","source_class":"simulated","symbol":"BAC"}'
    )
    assert event_id == "run1-1"
    assert tuple(json.loads(only_line(tmp_path)))[: len(HEADER)] == HEADER
    assert journal.close() == ()


def test_a_record_without_fields_is_whole(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    journal.write(bare("order_flow.run_stopped"), NOON, 0)
    assert json.loads(only_line(tmp_path))["profile"] == "guarded"
    journal.close()


def test_values_keep_their_meaning(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    fields = {
        "price": Decimal("13.8600"),
        "tiny": Decimal("1E-7"),
        "nan": float("nan"),
        "infinite": Decimal("Infinity"),
        "nested": MappingProxyType({"levels": [(Decimal("1.10"), float("inf"))], "none": Decimal("NaN")}),
        "path": Path("a/b"),
        "text": "line\nbreak \x1b[2J [/] \udc80",
    }
    journal.write(bare("order_flow_alert", **fields), NOON, 0)
    line = only_line(tmp_path)
    assert b'"price":13.8600,"tiny":1E-7,"nan":null,"infinite":null' in line
    assert b"\x1b" not in line
    record = json.loads(line)
    assert record["nested"] == {"levels": [[1.10, None]], "none": None}
    assert record["path"] == "a/b"
    assert record["text"] == "line\nbreak \x1b[2J [/] \\udc80"
    journal.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"details": {"event": 1}},
        {"details": [{"deep": ({"error_type": "x"},)}]},
        {"details": MappingProxyType({"event": 1})},
    ],
)
def test_keys_that_would_be_counted_twice_are_refused(tmp_path: Path, fields: dict[str, Any]) -> None:
    journal = writer(tmp_path)
    with pytest.raises(ValueError, match="nested"):
        journal.write(bare("order_flow_alert", **fields), NOON, 0)
    assert records(tmp_path) == []
    assert put(journal, 7) == "run1-2"
    assert numbers(tmp_path) == [7]
    journal.close()


def test_what_is_no_json_is_refused(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    with pytest.raises(TypeError, match="object"):
        put(journal, 0, odd=object())
    journal.close()


@pytest.mark.parametrize("text", ["error_type", 'say "error_type', 'x"error_type":', '"event":"order_flow_alert"'])
def test_no_text_looks_like_a_key_to_grep(tmp_path: Path, text: str) -> None:
    journal = writer(tmp_path)
    journal.write(bare("order_flow.exit_acknowledged", **{"note": text, "all": [text], "in": {"it": text}}), NOON, 0)
    line = only_line(tmp_path)
    assert b'"error_type"' not in line
    assert b'"event":"order_flow_alert"' not in line
    record = json.loads(line)
    assert (record["note"], record["all"], record["in"]) == (text, [text], {"it": text})
    journal.close()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100, deadline=None)
@given(value=json_values)
def test_any_value_is_one_whole_line(tmp_path: Path, value: Any) -> None:
    journal = writer(tmp_path)
    put(journal, 1, value=value)
    journal.close()
    assert records(tmp_path)[-1]["n"] == 1


def test_latency_is_never_negative_and_always_a_number(tmp_path: Path) -> None:
    journal = writer(tmp_path, mono=lambda: 1_000)
    journal.write(bare("order_flow_alert"), NOON, 2_000)
    assert records(tmp_path)[0]["latency_ms"] == 0
    journal.close()


def test_files_are_the_owners_alone(tmp_path: Path) -> None:
    directory = tmp_path / "new" / "journal"
    journal = writer(directory)
    put(journal)
    journal.close()
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for path in directory.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_an_older_files_mode_is_narrowed(tmp_path: Path) -> None:
    (tmp_path / "2025-10-22.jsonl").touch(0o644)
    writer(tmp_path).close()
    assert stat.S_IMODE((tmp_path / "2025-10-22.jsonl").stat().st_mode) == 0o600


def test_a_new_file_at_utc_midnight(tmp_path: Path) -> None:
    clock = Clock(NOON - NOON % DAY_NS + DAY_NS - 1)
    journal = writer(tmp_path, clock=clock)
    put(journal, 1)
    clock.now += 1
    put(journal, 2)
    clock.now += DAY_NS
    journal.tick()
    put(journal, 3)
    journal.close()
    assert [(path.name, path.read_bytes().count(b"\n")) for path in sorted(tmp_path.glob("*.jsonl"))] == [
        ("2025-10-22.jsonl", 1),
        ("2025-10-23.jsonl", 1),
        ("2025-10-24.jsonl", 1),
    ]
    assert numbers(tmp_path) == [1, 2, 3]
    assert records(tmp_path)[1]["timestamp"] == "2025-10-23T00:00:00.000000Z"


def test_a_closed_journal_takes_nothing(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    put(journal)
    assert journal.close() == ()
    assert journal.close() == ()
    with pytest.raises(JournalError, match="closed"):
        put(journal)


def test_threads_write_whole_lines(tmp_path: Path) -> None:
    journal = writer(tmp_path)

    def write_many(first: int) -> None:
        for number in range(first, first + 200):
            put(journal, number, text="x" * (number % 97))

    threads = [threading.Thread(target=write_many, args=(first,)) for first in (0, 200, 400)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    journal.close()
    assert sorted(numbers(tmp_path)) == list(range(600))
    assert len({record["event_id"] for record in records(tmp_path)}) == 600


def test_an_acknowledgement_is_synced_at_once_and_others_in_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced = threading.Semaphore(0)
    monkeypatch.setattr("orderflow_tui.journal.writer._sync_data", lambda fd: synced.release())
    journal = writer(tmp_path)
    put(journal, 0)
    assert synced.acquire(timeout=5)
    for number in range(50):
        put(journal, number)
    journal.write(bare("order_flow.exit_acknowledged"), NOON, 0, sync=True)
    assert synced.acquire(timeout=5)
    journal.close()
    left = 0
    while synced.acquire(blocking=False):
        left += 1
    assert left <= 2


def test_a_failed_sync_is_said_and_a_good_one_clears_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    errors = [OSError(5, "Input/output error")]

    def sync(fd: int) -> None:
        if errors:
            raise errors[0]

    monkeypatch.setattr("orderflow_tui.journal.writer._sync_data", sync)
    journal = writer(tmp_path)
    journal.write(bare("order_flow.exit_acknowledged"), NOON, 0, sync=True)
    wait_until(lambda: not journal.healthy)
    assert journal.problem == "sync failed: input/output error"
    errors.clear()
    journal.write(bare("order_flow.exit_acknowledged"), NOON, 0, sync=True)
    wait_until(lambda: journal.healthy)
    journal.close()


def wait_until(condition: Any) -> None:
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.01)
    raise AssertionError("it did not happen")


def test_write_times_are_counted(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    for number in range(20):
        put(journal, number)
    journal.close()
    summary = journal.write_times.summary()
    assert summary["count"] == 20
    assert 0 < summary["p50_us"] <= summary["p99_us"] <= summary["max_us"]


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=200), st.floats(0.01, 1.0))
def test_a_quantile_is_at_most_an_eighth_too_high(durations: list[int], part: float) -> None:
    histogram = DurationHistogram()
    for duration in durations:
        histogram.add(duration)
    exact = sorted(durations)[max(-(-len(durations) * part // 1), 1).__int__() - 1]
    assert exact <= histogram.quantile_ns(part) <= exact * 1.125 + 1
    assert histogram.max_ns == max(durations)


def test_an_empty_histogram_has_no_quantile() -> None:
    assert DurationHistogram().summary() == {"count": 0, "p50_us": 0.0, "p99_us": 0.0, "max_us": 0.0}


def test_run_ids_differ_and_begin_with_the_time() -> None:
    first, second = new_run_id(NOON), new_run_id(NOON)
    assert first.startswith("20251022T120000-")
    assert first != second


def test_a_directory_belongs_to_one_class(tmp_path: Path) -> None:
    writer(tmp_path, source_class="live").close()
    with pytest.raises(JournalError, match="holds a live journal and this run is simulated") as caught:
        writer(tmp_path, source_class="simulated")
    assert "\n" not in str(caught.value)
    writer(tmp_path, source_class="live").close()


def test_a_lost_marker_is_made_again_from_the_records(tmp_path: Path) -> None:
    journal = writer(tmp_path, source_class="live")
    put(journal)
    journal.close()
    (tmp_path / ".source-class").unlink()
    with pytest.raises(JournalError, match="holds a live journal"):
        writer(tmp_path, source_class="replayed")
    writer(tmp_path, source_class="live").close()
    assert (tmp_path / ".source-class").read_text() == "live\n"


def test_an_empty_marker_was_torn_and_a_strange_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orderflow_tui.journal.directory._MARKER_PAUSE_SECONDS", 0)
    (tmp_path / ".source-class").touch()
    writer(tmp_path, source_class="live").close()
    assert (tmp_path / ".source-class").read_text() == "live\n"
    (tmp_path / ".source-class").write_text("paper\n")
    with pytest.raises(JournalError, match="names no class"):
        writer(tmp_path, source_class="live")


def test_a_place_that_cannot_be_written_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(JournalError, match="cannot be written: ") as caught:
        writer(tmp_path / "file" / "journal")
    assert str(caught.value).isprintable()


def test_the_writer_is_what_the_monitor_expects(tmp_path: Path) -> None:
    journal = writer(tmp_path)
    assert isinstance(journal, JournalWriter)
    assert (journal.healthy, journal.problem, journal.waiting) == (True, "", 0)
    assert journal.directory == tmp_path
    journal.tick()
    journal.close()
    assert records(tmp_path) == []
