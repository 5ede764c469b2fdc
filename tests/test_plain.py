import io
import threading
from typing import Any

import pytest

from orderflow_tui.core.units import NS
from orderflow_tui.plain import PlainLines, plain_words
from tests.core.kit import NOON

ALERT: dict[str, Any] = {
    "symbol": "BAC", "severity": "critical", "evidence": "bid_wall", "late": False, "text": "12,400 bid at 150.25",
}  # fmt: skip


@pytest.mark.parametrize(
    ("event", "fields", "words"),
    [
        ("order_flow_alert", ALERT, "BAC critical bid_wall: 12,400 bid at 150.25"),
        ("order_flow_alert", ALERT | {"late": True}, "BAC critical bid_wall LATE: 12,400 bid at 150.25"),
        ("order_flow.alert_updated", ALERT, "BAC critical bid_wall (update): 12,400 bid at 150.25"),
        ("order_flow.exit_signal_triggered", {"symbol": "BAC", "reason": "why"}, "BAC EXIT RECOMMENDED: why"),
        ("order_flow.api_error", {"symbol": None, "error_type": "429", "detail": "slow"}, "all error 429: slow"),
        ("order_flow.stop_alert", {"symbol": "BAC", "text": "a {b} c"}, "BAC STOP: a {b} c"),
        (
            "order_flow.data_validation_error",
            {"symbol": "BAC", "code": "X", "detail": "\x1b[2J\n{0}"},
            "BAC refused X: ?[2J?{0}",
        ),
        ("order_flow.run_started", {"symbol": "BAC"}, ""),
    ],
)
def test_one_line_a_record(event: str, fields: dict[str, Any], words: str) -> None:
    assert plain_words(event, fields) == words


def test_lines_carry_exchange_time() -> None:
    out = io.StringIO()
    lines = PlainLines(out, "America/New_York")
    lines.on_record("order_flow_alert", NOON + NS, ALERT)
    lines.on_record("order_flow.run_started", NOON, {})
    lines.close()
    assert out.getvalue() == "2025-10-22 12:00:01 EDT BAC critical bid_wall: 12,400 bid at 150.25\n"


def test_a_reader_who_left_stops_the_lines_and_nothing_else() -> None:
    class Gone(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

    lines = PlainLines(Gone(), "UTC")
    for second in range(100):
        lines.on_record("order_flow_alert", NOON + second * NS, ALERT)
    lines.close()
    assert not lines._thread.is_alive()


def test_a_blocked_pipe_holds_up_nobody() -> None:
    gate = threading.Event()

    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            gate.wait(10)
            return super().write(text)

    out = Slow()
    lines = PlainLines(out, "UTC")
    for second in range(1_000):
        lines.on_record("order_flow_alert", NOON + second * NS, ALERT)
    gate.set()
    lines.close(10)
    assert out.getvalue().count("\n") == 1_000
