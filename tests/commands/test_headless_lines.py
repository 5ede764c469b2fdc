import io
import os
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.commands.headless_lines import HeadlessLines, HeadlessProblems
from orderflow_tui.core.model.units import NS
from orderflow_tui.journal.record_words import record_words
from orderflow_tui.support.console import RawOutput
from tests.core.kit import NOON
from tests.journal.journal_tools import made

ALERT: dict[str, Any] = {
    "symbol": "BAC", "severity": "critical", "evidence": "bid_wall", "late": False, "text": "12,400 bid at 150.25",
}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        ("order_flow_alert", ALERT, "BAC info bid_wall: 12,400 bid at 150.25"),
        ("order_flow_alert", ALERT | {"late": True}, "BAC info bid_wall LATE: 12,400 bid at 150.25"),
        ("order_flow.alert_updated", ALERT, "BAC info bid_wall (update): 12,400 bid at 150.25"),
        ("order_flow.exit_signal_triggered", {"symbol": "BAC", "reason": "why"}, "BAC EXIT RECOMMENDED: why"),
        # Of one level the book shows a part of the position: no cost of all of it.
        (
            "order_flow.exit_signal_triggered",
            {"symbol": "BAC", "reason": "why", "quantity": 8_000, "exit_cost": Decimal("4.51")},
            "BAC EXIT RECOMMENDED: why | LONG 8,000, sell into the bids shown -$4.51",
        ),
        (
            "order_flow.exit_signal_triggered",
            {"symbol": "BAC", "reason": "why", "quantity": -600, "exit_cost": Decimal("12.2")},
            "BAC EXIT RECOMMENDED: why | SHORT 600, cover at the offers shown -$12",
        ),
        ("order_flow.api_error", {"symbol": None, "error_type": "429", "detail": "slow"}, "all error 429: slow"),
        (
            "order_flow.stop_alert",
            {"symbol": "BAC", "severity": "warning", "text": "a {b} c"},
            "BAC warning STOP: a {b} c",
        ),
        (
            "order_flow.data_validation_error",
            {"symbol": "BAC", "code": "X", "detail": "\x1b[2J\n{0}"},
            "BAC refused X: ?[2J?{0}",
        ),
        ("order_flow.run_started", {}, ""),
    ],
)
def test_one_line_a_record(event: str, fields: dict[str, Any], words: str) -> None:
    assert record_words(made(event, **fields)) == words


def lines_to(out: RawOutput, count: int = 1, **arguments: Any) -> HeadlessLines:
    lines = HeadlessLines(out, "America/New_York", **arguments)
    for second in range(count):
        lines.on_record(made("order_flow_alert", **ALERT), NOON + second * NS)
    return lines


def until(done: Callable[[], object]) -> None:
    deadline = time.monotonic() + 20
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_lines_carry_exchange_time() -> None:
    out = io.BytesIO()
    lines = HeadlessLines(out, "America/New_York")
    lines.on_record(made("order_flow_alert", **ALERT), NOON + NS)
    lines.on_record(made("order_flow.run_started"), NOON)
    lines.close()
    assert out.getvalue() == b"2025-10-22 12:00:01 EDT BAC info bid_wall: 12,400 bid at 150.25\n"


def test_a_recommendation_says_what_its_kind_of_evidence_was_worth() -> None:
    out = io.BytesIO()
    lines = HeadlessLines(out, "UTC", worth=lambda record: (f"{record.symbol}: not above chance", "calm"))
    lines.on_record(made("order_flow.exit_signal_triggered", symbol="BAC", reason="3 large sellers"), NOON)
    lines.close()
    assert out.getvalue().endswith(b"BAC EXIT RECOMMENDED: 3 large sellers | BAC: not above chance\n")


def test_lines_go_on_once_a_full_disk_has_room_again(tmp_path: Path) -> None:
    out = os.open("/dev/full", os.O_WRONLY)
    with io.FileIO(out, "wb") as full:
        lines = lines_to(full, 5)
        until(lambda: lines.problem)
        assert lines.problem == "alert lines cannot be written: no space left on device; they wait"
        room = os.open(tmp_path / "lines", os.O_WRONLY | os.O_CREAT)
        os.dup2(room, out)
        os.close(room)
        until(lambda: not lines.problem)
        assert lines.close() == 0
    written = (tmp_path / "lines").read_text().splitlines()
    assert [line[17:19] for line in written] == ["00", "01", "02", "03", "04"]


def test_a_line_of_which_a_part_was_written_is_completed() -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with io.FileIO(reading, "rb") as reader, io.FileIO(writing, "wb") as writer:
        lines = lines_to(writer, 3_000)
        content = b""
        while content.count(b"\n") < 3_000:
            content += reader.read(65_536)
        assert lines.close() == 0
    stamps = [line[:19] for line in content.decode().splitlines()]
    assert stamps == sorted(set(stamps))
    assert len(stamps) == 3_000


def test_a_reader_who_left_is_said_and_holds_up_nothing() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with io.FileIO(writing, "wb") as gone:
        lines = lines_to(gone, 100)
        until(lambda: lines.problem)
        assert "broken pipe" in lines.problem
        assert lines.close() == 100
        assert not lines._thread.is_alive()


def test_of_too_many_lines_that_wait_the_oldest_go_and_it_is_said() -> None:
    gate = threading.Event()
    taken: list[bytes] = []

    class Slow:
        def write(self, data: bytes, /) -> int:
            gate.wait(20)
            taken.append(data)
            return len(data)

    lines = lines_to(Slow(), 1)
    until(lambda: not lines._waiting)
    lines._limit = 10
    for second in range(1, 31):
        lines.on_record(made("order_flow_alert", **ALERT), NOON + second * NS)
    gate.set()
    until(lambda: len(taken) == 11)
    assert lines.close() == 0
    said = b"".join(taken).decode().splitlines()
    assert said[1] == "(20 lines could not be written; the journal has them)"
    assert [line[17:19] for line in said if line.startswith("2025")] == ["00", *(f"{n:02d}" for n in range(21, 31))]


def test_what_the_encoding_lacks_is_escaped() -> None:
    out = io.BytesIO()
    lines = HeadlessLines(out, "UTC", encoding="ascii")
    lines.on_record(made("order_flow_alert", **(ALERT | {"text": "caf\u00e9"})), NOON)
    lines.close()
    assert out.getvalue().endswith(b"caf\\xe9\n")


def test_a_blocked_pipe_holds_up_nobody() -> None:
    gate = threading.Event()

    class Slow(io.BytesIO):
        def write(self, data: bytes, /) -> int:  # type: ignore[override]
            gate.wait(10)
            return super().write(data)

    out = Slow()
    lines = lines_to(out, 1_000)
    gate.set()
    assert lines.close(10) == 0
    assert out.getvalue().count(b"\n") == 1_000


def test_a_trouble_is_told_once_and_so_is_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = "", "removed"
    problems = HeadlessProblems((lambda: one, "good again"), (lambda: other, ""))
    problems.tell()
    problems.tell()
    one, other = "bad\x1b[2J", ""
    problems.tell()
    problems.tell()
    one = ""
    problems.tell()
    said = capsys.readouterr().err
    assert said == "orderflow-tui: removed\norderflow-tui: bad?[2J\norderflow-tui: good again\n"
