"""Being told outside the screen: what is said, how often, when not, and that nothing ever waits for it."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import time as clock_time
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.notify import notify_settings
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.journal import records
from orderflow_tui.journal.make_records import alert_record, exit_record
from orderflow_tui.journal.records import AlertUpdatedRecord, ExitRecord, Record
from orderflow_tui.notify.channels import ChannelError, Desktop, Program, channels_of
from orderflow_tui.notify.message import Message, level_of, message_of
from orderflow_tui.notify.notifier import Notifier, try_out
from tests.journal.journal_tools import alert, made
from tests.journal.test_journal_records import RECOMMENDATION
from tests.positions.fake_brokers import stand_in_requests

AFTERNOON = 1_764_086_400 * NS  # 16:00 UTC
SECRETS = {"POLYGON_API_KEY": "pk-SECRET", "APPRISE_URLS": "json://SECRET"}


class Told:
    """A channel that remembers."""

    name = "told"

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.fail: Exception | None = None
        self.hold = threading.Event()
        self.hold.set()

    def say(self, message: Message) -> None:
        self.hold.wait(10)
        if self.fail is not None:
            raise self.fail
        self.messages.append(message)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition() and time.monotonic() < end:
        time.sleep(0.002)
    assert condition()


def triggered(recommendation_id: str = "BAC:exit:1", symbol: str = "BAC") -> ExitRecord:
    return exit_record(replace(RECOMMENDATION, recommendation_id=recommendation_id, symbol=symbol))


def raised(symbol: str = "BAC", rank: int = 2, **more: Any) -> Record:
    return alert_record(alert(symbol=symbol, rank=rank, **more))


def updated(**more: Any) -> Record:
    return alert_record(alert(**more), AlertUpdatedRecord)


def notifier(told: Told, clock: Clock, **table: Any) -> Notifier:
    return Notifier(notify_settings(table), [(told, "warning")], tz="UTC", clock=clock, wall_ns=lambda: AFTERNOON)


@pytest.mark.parametrize(
    ("record", "level"),
    [
        (raised(severity="warning"), 1),
        (raised(), 2),
        (raised(rank=3), 2),
        (raised(counts=False), 0),
        (raised(late=True), None),
        (updated(exit_eligible=True, late=True), None),
        (updated(exit_eligible=False), None),
        (updated(exit_eligible=True), 2),
        (triggered(), 3),
        (made(records.STOP_ALERT, symbol="BAC", text="x", severity="warning"), 1),
        (made(records.STOP_ALERT, symbol="BAC", text="x", severity="critical"), 2),
        (made(records.MONITORING_GAP, symbol="BAC", holding=100, reason="x"), 3),
        (made(records.MONITORING_GAP, symbol="BAC", holding=0, reason="x"), 1),
        (made(records.MONITORING_RESUMED, symbol="BAC"), 0),
        (made(records.SYMBOL_STATUS, symbol="BAC", status="halted", reason="x"), 2),
        (made(records.SYMBOL_STATUS, symbol="BAC", status="shows", reason="x"), None),
        (made(records.API_ERROR, error_type="401"), 3),
        (made(records.API_ERROR, error_type="5xx"), None),
        (made(records.RUN_STARTED), None),
        (made(records.RUN_STOPPED, exit_code=1), 3),
        (made(records.RUN_STOPPED), None),
    ],
)
def test_levels(record: Record, level: int | None) -> None:
    assert level_of(record) == level


def test_a_message_is_one_line_without_control_characters() -> None:
    gap = made(records.MONITORING_GAP, symbol="BAC", holding=1, reason="a\x1b]52;c\x07\nb")
    message = message_of(gap, AFTERNOON)
    assert message is not None
    assert (message.title, message.body) == ("BLIND BAC", "BAC critical BLIND: a?]52;c??b")


def test_a_run_that_failed_is_said_before_the_channels_close() -> None:
    told = Told()
    listener = notifier(told, Clock())
    listener.start()
    listener.on_record(made(records.RUN_STOPPED, exit_code=0, reason="quit"), AFTERNOON)
    listener.on_record(made(records.RUN_STOPPED, exit_code=1, reason="the screen failed: X\x1b[2J"), AFTERNOON)
    listener.close(10.0)
    assert [(one.title, one.body, one.level) for one in told.messages] == [
        ("FAILED", "nothing is watched any more: the screen failed: X?[2J", 3)
    ]


def test_a_symbol_is_said_once_a_minute_unless_it_grows_more_urgent() -> None:
    told, clock = Told(), Clock()
    listener = notifier(told, clock)
    small: dict[str, Any] = {"severity": "warning"}
    for fields in (raised(**small), raised(**small), raised("NIO", **small), raised()):
        listener.take(fields, AFTERNOON)
    clock.now = 61.0
    listener.take(raised(**small), AFTERNOON)
    listener.start()
    until(lambda: len(told.messages) == 4)
    said = [(message.symbol, message.level) for message in told.messages]
    assert said == [("BAC", 1), ("NIO", 1), ("BAC", 2), ("BAC", 1)]
    assert told.messages[2].body.endswith("(1 more since the last message)")
    listener.close(1.0)


def test_each_channel_has_its_least_level() -> None:
    loud, quiet = Told(), Told()
    listener = Notifier(notify_settings({}), [(loud, "warning"), (quiet, "exit")], tz="UTC", clock=Clock())
    listener.start()
    listener.on_record(raised(), AFTERNOON)
    listener.on_record(triggered(), AFTERNOON)
    until(lambda: len(loud.messages) == 2 and len(quiet.messages) == 1)
    assert isinstance(quiet.messages[0].record, ExitRecord)
    listener.close(1.0)


def test_an_unanswered_recommendation_is_said_again_at_growing_distances() -> None:
    told, clock = Told(), Clock()
    listener = notifier(told, clock, escalate_after_seconds=60)
    listener.take(triggered("BAC:exit:1"), AFTERNOON)
    listener.take(triggered("NIO:exit:1", "NIO"), AFTERNOON)
    listener.take(made(records.EXIT_ACKNOWLEDGED, recommendation_id="NIO:exit:1"), AFTERNOON)
    for second in range(0, 600, 5):
        clock.now = float(second)
        listener.escalate()
    listener.take(made(records.EXIT_RESOLVED, recommendation_id="BAC:exit:1"), AFTERNOON)
    clock.now = 10_000.0
    listener.escalate()
    listener.start()
    until(lambda: len(told.messages) == 5)
    assert [message.title for message in told.messages] == [
        "EXIT? BAC",
        "EXIT? NIO",
        "UNANSWERED 1:00: EXIT? BAC",
        "UNANSWERED 3:00: EXIT? BAC",
        "UNANSWERED 7:00: EXIT? BAC",
    ]
    listener.close(1.0)


def test_what_an_earlier_run_left_open_is_said_when_nobody_answers_now() -> None:
    told, clock = Told(), Clock()
    listener = notifier(told, clock, escalate_after_seconds=60)
    opened = triggered("BAC:exit:1")
    opened.timestamp_utc = "2025-10-22T14:35:20.123456Z"
    listener.remember([opened])
    listener.start()
    listener.escalate()
    clock.now = 61.0
    listener.escalate()
    until(lambda: len(told.messages) == 1)
    assert told.messages[0].title == "UNANSWERED 1:01: EXIT? BAC"
    listener.on_record(made(records.EXIT_ACKNOWLEDGED, recommendation_id="BAC:exit:1"), AFTERNOON)
    until(lambda: not listener._open)
    listener.close(1.0)


def test_quiet_hours() -> None:
    settings = notify_settings({"quiet_hours": "22:00-07:00"})
    assert [hour for hour in range(24) if settings.quiet_at(clock_time(hour))] == [0, 1, 2, 3, 4, 5, 6, 22, 23]
    assert not notify_settings({}).quiet_at(clock_time(3))
    told = Told()
    listener = notifier(told, Clock(), quiet_hours="15:00-17:00")
    listener.start()
    listener.on_record(triggered(), AFTERNOON)
    listener.close(2.0)
    assert told.messages == []


def test_a_channel_that_hangs_holds_nobody_up_and_one_that_fails_is_told() -> None:
    slow, quick = Told(), Told()
    slow.hold.clear()
    channels = [(slow, "warning"), (quick, "warning")]
    listener = Notifier(notify_settings({"per_symbol_seconds": 0}), channels, tz="UTC", clock=Clock())
    listener.start()
    for _ in range(500):
        listener.on_record(raised(), AFTERNOON)
    until(lambda: listener.dropped > 0)
    assert "messages dropped, it is too slow" in listener.problem
    until(lambda: len(quick.messages) > 0)
    for failure, words in (
        (ChannelError("told: no way out"), "no way out"),
        (ZeroDivisionError("SECRET"), "failed: ZeroDivisionError"),
    ):
        quick.fail = failure
        listener.on_record(raised(), AFTERNOON)
        until(lambda words=words: words in listener.problem)  # type: ignore[misc]
        assert "SECRET" not in listener.problem
    slow.hold.set()
    listener.close(2.0)


def test_a_program_gets_the_record_on_stdin_and_no_secret(tmp_path: Path) -> None:
    out = tmp_path / "said.json"
    script = f"import sys, os, json; open({str(out)!r}, 'w').write(json.dumps([sys.stdin.read(), dict(os.environ)]))"
    settings = notify_settings({"command": {"argv": [sys.executable, "-c", script], "at_least": "warning"}})
    (channel, least), *_ = channels_of(settings, {**os.environ, **SECRETS})
    assert least == "warning"
    message = message_of(triggered(), AFTERNOON)
    assert message is not None
    channel.say(message)
    line, env = json.loads(out.read_text())
    record = json.loads(line)
    assert (record["event"], record["symbol"], record["level"]) == (records.EXIT_TRIGGERED, "BAC", 3)
    assert record["timestamp_utc"] == "2025-11-25T16:00:00.000000Z"
    assert "SECRET" not in json.dumps([line, env])


@pytest.mark.parametrize(("weight", "level", "urgent"), [("leads", 3, True), ("calm", 3, False), ("note", 1, False)])
def test_a_recommendation_is_as_loud_as_its_kind_of_evidence_was_worth(weight: Any, level: int, urgent: bool) -> None:
    listener = Notifier(
        notify_settings({}), [(Told(), "warning")], tz="UTC", clock=Clock(), wall_ns=lambda: AFTERNOON,
        worth=lambda _: ("n 75: so much", weight),
    )  # fmt: skip
    listener.take(triggered(), AFTERNOON)
    message = listener._lanes[0].waiting.get_nowait()
    assert message is not None
    assert (message.level, message.urgent, message.weight) == (level, urgent, weight)
    assert message.body.endswith(" | n 75: so much")


def test_a_program_hears_of_what_an_earlier_run_left_open(tmp_path: Path) -> None:
    """Its record was read from the journal, so that it has a header of its own."""
    out = tmp_path / "said.json"
    script = f"import sys; open({str(out)!r}, 'w').write(sys.stdin.read())"
    opened = triggered()
    opened.timestamp_utc, opened.event_id, opened.run_id = "2025-10-22T14:35:20.123456Z", "run1-3", "run1"
    message = message_of(opened, AFTERNOON)
    assert message is not None
    Program("command", [sys.executable, "-c", script], dict(os.environ)).say(message)
    said = out.read_text()
    assert said.count('"timestamp_utc"') == 1
    assert json.loads(said)["recommendation_id"] == "BAC:exit:1"


def test_programs_that_fail_hang_or_are_not_there() -> None:
    message = Message(3, "BAC", "t", "b", AFTERNOON, None)
    env = dict(os.environ)
    with pytest.raises(ChannelError, match=r"^command: ended with 7$"):
        Program("command", [sys.executable, "-c", "raise SystemExit(7)"], env).say(message)
    with pytest.raises(ChannelError, match=r"^command: not done within 0\.3 s$"):
        Program("command", [sys.executable, "-c", "import time; time.sleep(9)"], env, seconds=0.3).say(message)
    with pytest.raises(ChannelError, match=r"^command: cannot be run: No such file or directory$"):
        Program("command", ["/nowhere/at-all"], env).say(message)


def test_the_desktop_gets_texts_as_arguments_of_their_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "notify-send"
    program.write_text(f'#!/bin/sh\nprintf "%s\\n" "$@" > {tmp_path}/said\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "platform", "linux")
    Desktop().say(Message(3, "BAC", "--title", "-body; $(rm x)", AFTERNOON, None))
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["--app-name=orderflow-tui", "--urgency=critical", "--", "--title", "-body; $(rm x)"]
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(ChannelError, match=r"^desktop: there is no notify-send on this machine$"):
        Desktop().say(Message(3, "BAC", "t", "b", AFTERNOON, None))


PUSHED = """
import json, os, pathlib
from enum import Enum
class NotifyType(Enum):
    FAILURE = 1
    WARNING = 2
class NotifyFormat(Enum):
    TEXT = 1
class Apprise:
    def add(self, address):
        return address.startswith("json://")
    def notify(self, **said):
        from requests.sessions import Session, extract_cookies_to_jar
        if Session().get_redirect_target("a redirection") or extract_cookies_to_jar("jar", "request", "answer"):
            return False
        if os.environ["APPRISE_URLS"].endswith("down"):
            return False
        assert not [name for name in os.environ if "KEY" in name]
        pathlib.Path(__file__).with_name("out").write_text(json.dumps([said["title"], said["body"], said["notify_type"].name]))
        return True
"""


@pytest.mark.parametrize(
    ("urls", "problem"),
    [
        ("json://SECRET json://SECRET2", ""),
        ("", "push: ended with 4: APPRISE_URLS is not set"),
        ("what://SECRET", "push: ended with 5: none of APPRISE_URLS is an address that apprise knows"),
        ("json://SECRET/down", "push: ended with 6: a service refused it or could not be reached"),
    ],
)
def test_push_through_apprise(tmp_path: Path, urls: str, problem: str) -> None:
    (tmp_path / "apprise.py").write_text(PUSHED)
    stand_in_requests(tmp_path)
    out = tmp_path / "out"
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "APPRISE_URLS": urls, "POLYGON_API_KEY": "SECRET"}
    channels = channels_of(notify_settings({"push": {}}), env)
    assert try_out(channels) == [("push", problem)]
    if not problem:
        assert json.loads(out.read_text()) == ["TEST orderflow-tui", "This is a test: nothing happened.", "FAILURE"]


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        ({"comand": {}}, "[notify] unknown key 'comand'; did you mean command?"),
        ({"command": {"argv": []}}, "[notify] command.argv refused: "),
        ({"command": {"argv": ["x"], "shell": True}}, "[notify] unknown key 'shell'"),
        ({"push": {"at_least": "loud"}}, "[notify] push.at_least refused: "),
        ({"quiet_hours": "10pm"}, '[notify] quiet_hours refused: must be like "22:00-07:00", or empty'),
        ({"per_symbol_seconds": -1}, "[notify] per_symbol_seconds refused: "),
    ],
)
def test_refused_settings(table: dict[str, Any], reason: str) -> None:
    with pytest.raises(DataValidationError) as caught:
        notify_settings(table)
    assert str(caught.value).startswith(reason)
