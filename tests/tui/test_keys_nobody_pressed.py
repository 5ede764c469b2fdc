"""On a real terminal: what it sends by itself answers no recommendation, and the dashboard goes on."""

from __future__ import annotations

import contextlib
import fcntl
import json
import random
import signal
import struct
import termios
import time
from pathlib import Path

import pytest

from tests.tui.pty_terminal import PtyTerminal
from tests.tui.test_terminal_input import REPLIES

pytestmark = pytest.mark.serial

CHILD = "tests.tui.answer_child"
HELP = (b"\x1bOP", rb"What the signs|esc|Keys")
ESCAPE = b"\x1b"
CHOICES = rb"enter shares; mute"


def opened(terminal: PtyTerminal) -> None:
    """The dialog that takes the answer is open."""
    terminal.read_until(rb"BAC", 20)
    time.sleep(0.3)  # what the terminal said at the start is over
    terminal.press(b"\x1bOQ")
    terminal.read_until(CHOICES, 10)


def typed(terminal: PtyTerminal, *pieces: bytes, gap: float = 0.03) -> None:
    for piece in pieces:
        terminal.press(piece)
        time.sleep(gap)


def given(answers: Path) -> list[str]:
    found: list[str] = json.loads(answers.read_text()) if answers.exists() else []
    return found


def left(terminal: PtyTerminal, answers: Path) -> list[str]:
    terminal.drain(0.3)
    terminal.quit(10)
    assert terminal.child.returncode == 0
    return given(answers)


def test_no_answer_of_the_terminal_answers_a_recommendation(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        opened(terminal)
        for reply in REPLIES.values():
            typed(terminal, reply)
            typed(terminal, reply[:4], reply[4:])
        typed(terminal, *(bytes([one]) for one in REPLIES["foreground"]))
        typed(terminal, REPLIES["primary device"], b"e")
        typed(terminal, b"exhs", b"\x1b[200~e\r\x1b[201~", b"e")
        assert left(terminal, answers) == []


def test_a_paste_in_single_bytes_answers_nothing(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        opened(terminal)
        for gap in (0.0005, 0.003):
            time.sleep(0.3)
            typed(terminal, *(bytes([one]) for one in b"exited\r"), gap=gap)
            time.sleep(0.3)
            assert given(answers) == [], gap
        terminal.press(b"h")  # the dialog was open all the while
        terminal.await_true(lambda: given(answers) == ["hold"], 10)


def test_a_key_that_came_with_the_one_that_opened_the_dialog_answers_nothing(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        terminal.read_until(rb"BAC", 20)
        for together in (b"ae", b"ah", b"as5", b"\x1bOQe"):
            time.sleep(0.3)
            terminal.press(together)
            terminal.read_until(CHOICES, 10)
            time.sleep(0.3)
            assert given(answers) == [], together
            terminal.press(ESCAPE)
            terminal.drain(0.3)
        assert left(terminal, answers) == []


def test_a_small_paste_without_brackets_does_not_quit(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        terminal.read_until(rb"BAC", 20)
        for pasted in (b"qty 100", b"\xe9t\xe9 q", b"quick\rquote\rq\r"):
            time.sleep(0.3)
            terminal.press(pasted)
            time.sleep(0.5)
            assert terminal.child.poll() is None, pasted
            assert given(answers) == [], pasted
        assert left(terminal, answers) == []


def test_quit_pressed_several_times_at_once_quits(tmp_path: Path) -> None:
    with PtyTerminal(CHILD, [str(tmp_path / "answers.json")], 120, 40) as terminal:
        terminal.read_until(rb"BAC", 20)
        time.sleep(0.3)
        terminal.press(b"qqq")
        terminal.await_true(lambda: terminal.child.poll() is not None, 10)
        assert terminal.child.returncode == 0


def test_a_key_that_a_person_pressed_answers(tmp_path: Path) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        opened(terminal)
        typed(terminal, b"he")
        terminal.read_until(rb"press\s+it\s+again", 10)
        time.sleep(0.2)
        terminal.press(b"h")
        terminal.await_true(lambda: given(answers) == ["hold"], 10)


def opens_help(terminal: PtyTerminal) -> None:
    """The screen still takes a key: help opens, after it was closed where random keys had opened it."""
    for _ in range(4):
        terminal.press(HELP[0])
        with contextlib.suppress(AssertionError):
            terminal.read_until(rb"arrows scroll", 5)
            return
    terminal.press(HELP[0])
    terminal.read_until(rb"arrows scroll", 20)


@pytest.mark.parametrize(
    "flood",
    [
        b" " * 10_000,
        b"\x1b[200~" + b"no end " * 5_000,
        b"\x1b[200~\x1b\x03q\x1b[201~",
        b"\x1b[99999999u\x1b[1;1:1Q",
        b"\x1b[48;0;0;0;0t\x1b[48;99999;99999;9;9t",
        b"quit" * 50_000,
        b"\xff\xfe\xe4\xf6\xfc\x1b[MC\x84%",
        b"\x1b[A\x1b[B" * 30_000,
        b"\x1b[<35;10;10M\x1b[<35;11;10M\x1b[<64;11;10M" * 5_000,
        b"\x1b[I\x1b[O" * 30_000,
        b"\x03" * 20_000,
        random.Random(13).randbytes(200_000),
    ],
    ids=[
        "spaces",
        "endless paste",
        "paste of keys",
        "key codes",
        "sizes",
        "letters",
        "no UTF-8",
        "arrows",
        "mouse",
        "focus",
        "Ctrl+C",
        "random bytes",
    ],
)
def test_no_flood_takes_the_screen_down(tmp_path: Path, flood: bytes) -> None:
    answers = tmp_path / "answers.json"
    with PtyTerminal(CHILD, [str(answers)], 120, 40) as terminal:
        terminal.read_until(rb"BAC", 20)
        for at in range(0, len(flood), 2048):
            typed(terminal, flood[at : at + 2048], gap=0.002)
            terminal.drain(0)
        time.sleep(0.5)
        terminal.drain(0.1)
        opens_help(terminal)
        assert terminal.resident_mb() < 100
        assert left(terminal, answers) == []


def test_a_window_of_an_impossible_size_changes_nothing(tmp_path: Path) -> None:
    with PtyTerminal(CHILD, [str(tmp_path / "answers.json")], 120, 40) as terminal:
        terminal.read_until(rb"BAC", 20)
        for rows, columns in ((65_535, 65_535), (0, 0), (1, 65_535), (65_535, 1)):
            fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
            terminal.child.send_signal(signal.SIGWINCH)
            terminal.drain(0.2)
        terminal.press(HELP[0])
        terminal.read_until(rb"esc closes", 5)
        assert terminal.resident_mb() < 150
        assert left(terminal, tmp_path / "answers.json") == []
