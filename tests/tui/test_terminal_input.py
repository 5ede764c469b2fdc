"""What a terminal sends that is not a key: it types nothing, answers nothing and costs nothing."""

from __future__ import annotations

import random
from collections.abc import Iterable

import pytest
from textual import events, messages
from textual.message import Message

from orderflow_tui.tui.keys.terminal_input import MOST_PASTED, Key, TerminalInput

REPLIES = {
    "primary device": b"\x1b[?62;22;52c",
    "secondary device": b"\x1b[>41;388;0c",
    "tertiary device": b"\x1bP!|7E565445\x1b\\",
    "mode": b"\x1b[?1337;0$y",
    "ansi mode": b"\x1b[20;2$y",
    "version": b"\x1bP>|XTerm(388)\x1b\\",
    "palette": b"\x1b]4;1;rgb:cdcd/0000/0000\x1b\\",
    "foreground": b"\x1b]10;rgb:a6a6/acac/cdcd\x1b\\",
    "background, BEL": b"\x1b]11;rgb:2929/2d2d/3e3e\x07",
    "cursor colour": b"\x1b]12;rgb:ffff/eeee/dddd\x1b\\",
    "clipboard": b"\x1b]52;c;dGhlIHRoZWZ0\x07",
    "eight bits": b"\x9d10;rgb:a6a6/acac/cdcd\x9c",
    "eight bits in UTF-8": b"\xc2\x9d10;rgb:a6a6/acac/cdcd\xc2\x9c",
    "eight bits CSI": b"\x9b?62;22c",
    "capability": b"\x1bP1+r544e=787465726d\x1b\\",
    "setting": b"\x1bP1$r0;1m\x1b\\",
    "graphics": b"\x1b_Gi=31;OK\x1b\\",
    "privacy message": b"\x1b^the test\x1b\\",
    "kitty flags": b"\x1b[?25u",
    "cursor place": b"\x1b[24;80R",
    "window size": b"\x1b[8;40;120t",
    "window title": b"\x1b]lthe test\x1b\\",
    "focus in": b"\x1b[I",
    "focus out": b"\x1b[O",
    "mouse, X10": b"\x1b[M Ce",
    "mouse, X10 column 100": b"\x1b[MC\x84%",
    "mouse, 1005": b"\x1b[MC\xc3\x84e",
    "mouse, 1006": b"\x1b[<35;101;5M",
    "mouse, 1015": b"\x1b[67;101;5M",
    "key let go": b"\x1b[101;1:3u",
    "code beyond Unicode": b"\x1b[99999999u",
    "surrogate": b"\x1b[55296u",
    "no function key": b"\x1b[101;1P",
}


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Desk:
    """A terminal's bytes at chosen times."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.input = TerminalInput(self.clock)

    def send(self, data: bytes, after: float = 1.0) -> list[Message]:
        self.clock.now += after
        return self.input.read(data)

    def wait(self, seconds: float) -> list[Message]:
        self.clock.now += seconds
        return self.input.tick()


def keys(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, Key)]


def by_person(messages: list[Message]) -> list[str]:
    return [message.key for message in messages if isinstance(message, Key) and message.by_person]


@pytest.mark.parametrize("name", REPLIES)
def test_an_answer_of_the_terminal_is_no_key_however_it_is_cut(name: str) -> None:
    reply = REPLIES[name]
    assert keys(Desk().send(reply)) == []
    for cut in range(1, len(reply)):
        desk = Desk()
        got = [*desk.send(reply[:cut]), *desk.send(reply[cut:], 0.05)]
        assert keys(got) == [], cut
    desk = Desk()
    assert [key for at in range(len(reply)) for key in keys(desk.send(reply[at : at + 1], 0.03))] == []
    assert by_person(desk.send(b"e", 0.1)) == []
    assert by_person(desk.send(b"e", 0.2)) == ["e"]


@pytest.mark.parametrize("gap", [0.3, 1.5])
def test_the_rest_of_an_answer_that_comes_late_is_dropped_too(gap: float) -> None:
    for reply in (REPLIES["foreground"], REPLIES["clipboard"], REPLIES["version"]):
        for cut in range(1, len(reply) - 2):
            desk = Desk()
            got = [*desk.send(reply[:cut]), *desk.wait(0.2), *desk.send(reply[cut:], gap)]
            assert [key for key in keys(got) if key != "escape"] == [], cut


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (b"e", "e"), (b"\x1bOQ", "f2"), (b"\x1b[12~", "f2"), (b"\x1b[A", "up"), (b"\x1b[1;5C", "ctrl+right"),
        (b"\x11", "ctrl+q"), (b"\r", "enter"), (b"\x1b[101;;101u", "e"), (b"\x1b[101u", "e"), (b"\xc3\xa9", "é"),
        (b"\x1b[1;1:1P", "f1"), (b"\x1b[97;5:2u", "ctrl+a"), (b"\x1bx", "alt+x"), (b"\x1b[[A", "f1"),
    ],
)  # fmt: skip
def test_a_key_alone_is_a_persons(data: bytes, key: str) -> None:
    assert by_person(Desk().send(data)) == [key]


def test_a_lone_escape_is_the_escape_key() -> None:
    desk = Desk()
    assert desk.send(b"\x1b") == []
    assert by_person(desk.wait(0.2)) == ["escape"]
    assert by_person(desk.send(b"e")) == ["e"]


def test_several_keys_in_one_read_or_in_a_burst_are_keys_of_nobody() -> None:
    desk = Desk()
    got = desk.send(b"he")
    assert keys(got) == ["h", "e"]
    assert by_person(got) == []
    desk = Desk()
    desk.send(b"\x1bOQ")
    assert by_person(desk.send(b"e", 0.005)) == []
    assert by_person(desk.send(b"e", 0.1)) == ["e"]


def test_a_key_held_down_is_told_from_different_keys() -> None:
    repeated = [key.repeated for key in Desk().send(b"qqq") if isinstance(key, Key)]
    assert repeated == [True, True, True]
    assert not any(key.repeated for key in Desk().send(b"qtq") if isinstance(key, Key))
    assert not any(key.repeated for key in Desk().send(b"q\x1b]11;?\x07q") if isinstance(key, Key))


def test_what_stands_among_bytes_that_are_no_text_is_no_key() -> None:
    pastes = Desk().send("caf\xe9 q".encode("latin-1"))
    assert [paste.text for paste in pastes if isinstance(paste, events.Paste)] == ["caf q"]
    assert keys(Desk().send(b"\xe9t\xe9 q")) == []


def test_the_end_of_a_long_paste_is_no_key() -> None:
    desk = Desk()
    desk.send(b"exit " * 800)
    assert keys(desk.send(b"hqe", 0.01)) == []
    assert by_person(desk.send(b"e", 0.01)) == []


def test_moves_of_the_mouse_are_one() -> None:
    got = Desk().send(b"".join(b"\x1b[<35;%d;7M" % column for column in range(1, 300)))
    assert [(move.x, move.y) for move in got if isinstance(move, events.MouseMove)] == [(298, 6)]


def test_a_paste_is_no_key_and_its_end_is_found_wherever_it_is_cut() -> None:
    paste = b"\x1b[200~e\x03\x1b[A\x1be\x1b[201~"
    for cut in range(1, len(paste)):
        desk = Desk()
        got = [*desk.send(paste[:cut]), *desk.send(paste[cut:], 0.05)]
        assert keys(got) == [], cut
        assert [one.text for one in got if isinstance(one, events.Paste)] == ["e[Ae"], cut
        assert by_person(desk.send(b"e", 0.1)) == []
        assert by_person(desk.send(b"e", 0.2)) == ["e"]


def test_a_paste_that_never_ends_is_bounded_and_the_next_key_is_a_key_that_answers_nothing() -> None:
    desk = Desk()
    desk.send(b"\x1b[200~")
    for _ in range(1000):
        assert desk.send(b"exit " * 800, 0.001) == []
    assert len(desk.input._pasted) <= MOST_PASTED + 8
    got = desk.send(b"\x1bOP", 0.01)
    assert (keys(got), by_person(got)) == (["f1"], [])
    got = desk.send(b"e", 0.4)
    assert (keys(got), by_person(got)) == (["e"], [])
    assert by_person(desk.send(b"e", 3.0)) == ["e"]


@pytest.mark.parametrize(
    "data", [b" " * 10_000, b"e" * 200_000, b"\x03" * 100_000, b"\x1b[A" * 50_000, b"\xff" * 50_000]
)
def test_what_is_typed_without_end_is_bounded(data: bytes) -> None:
    desk = Desk()
    got = [one for at in range(0, len(data), 4096) for one in desk.send(data[at : at + 4096], 0.001)]
    assert len(got) < 100
    assert by_person(got) == []
    assert by_person(desk.send(b"e", 0.5)) == ["e"]


@pytest.mark.parametrize("size", [b"0;0", b"99999;99999", b"40;0", b"40;120", b"24;100000000000000000000"])
def test_a_size_that_a_terminal_tells_is_none(size: bytes) -> None:
    assert Desk().send(b"\x1b[48;" + size + b";0;0t") == []
    assert Desk().send(b"\x1b[?2048;2$y") == []


def test_what_the_terminal_says_of_itself_is_understood() -> None:
    desk = Desk()
    (mouse,) = desk.send(b"\x1b[<0;5;6M")
    assert isinstance(mouse, events.MouseDown)
    assert isinstance(desk.send(b"\x1b[?2026;2$y")[0], messages.TerminalSupportsSynchronizedOutput)
    assert isinstance(desk.send(b"\x1b[I")[0], events.AppFocus)
    assert isinstance(desk.send(b"\x1b[O")[0], events.AppBlur)


@pytest.mark.parametrize("seed", range(20))
def test_no_bytes_end_the_input(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [*REPLIES.values(), b"\x1b", b"\x1b[", b"\x1b]", b"\x1bP", b"\x1b[200~", b"\x1b[201~", b"\x1b[M", b"\x1bO"]
    desk = Desk()
    for _ in range(300):
        piece = chance.choice(pieces) if chance.random() < 0.5 else chance.randbytes(chance.randrange(1, 40))
        if chance.random() < 0.3:
            at = chance.randrange(len(piece))
            piece = piece[:at] + chance.randbytes(1) + piece[at + 1 :]
        for one in (*desk.send(piece, chance.choice((0.0, 0.01, 0.1, 0.5))), *desk.wait(0.01)):
            if isinstance(one, Key):
                assert not one.by_person or len(piece) < 12
    desk.send(b"\x1b\\", 5.0)
    assert by_person(desk.send(b"e", 5.0)) == ["e"]


FLOODS = {
    "moves": b"".join(b"\x1b[<35;%d;%dM" % (x % 100 + 1, x % 40 + 1) for x in range(20_000)),
    "clicks": b"\x1b[<0;5;5M\x1b[<0;5;5m" * 10_000,
    "wheel": b"\x1b[<64;5;5M" * 20_000,
    "mouse, X10": b"\x1b[M !!" * 33_000,
    "focus": b"\x1b[I\x1b[O" * 33_000,
    "pastes": b"\x1b[200~e\x1b[201~" * 15_000,
    "codes beyond Unicode": b"\x1b[99999999u" * 18_000,
    "keys let go": b"\x1b[101;1:3u" * 20_000,
    "sizes": b"\x1b[48;0;0;0;0t" * 15_000,
    "escapes": b"\x1b" * 200_000,
    "function keys": b"\x1bOQ\x1bOR\x1bOS" * 8_000,
    "keys with Alt": b"\x1ba" * 40_000,
}


@pytest.mark.parametrize("name", FLOODS)
def test_a_flood_costs_little_and_the_next_key_is_a_persons(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, looked_at = Desk(), 0
    complete, emit_keys = desk.input._complete, desk.input._emit_keys

    def counted(sequence: str) -> None:
        nonlocal looked_at
        looked_at += 1
        complete(sequence)

    def counted_keys(found: Iterable[events.Key]) -> None:
        nonlocal looked_at
        looked_at += 1
        emit_keys(found)

    monkeypatch.setattr(desk.input, "_complete", counted)
    monkeypatch.setattr(desk.input, "_emit_keys", counted_keys)
    data, passed = FLOODS[name], 0
    reads = range(0, len(data), 4096)
    for at in reads:
        passed += len(desk.send(data[at : at + 4096], 0.001))
    assert looked_at <= 8 * len(reads) < len(data) / 400
    assert passed <= 50
    desk.wait(0.5)
    desk.clock.now += 3
    assert by_person(desk.send(b"e")) == ["e"]


def test_a_read_that_no_hand_fills_passes_on_its_last_key_and_no_click() -> None:
    desk, chance = Desk(), random.Random(5)
    for _ in range(50):
        read = desk.send(chance.randbytes(4096), 0.005)
        assert not [one for one in read if isinstance(one, events.Key | events.MouseDown)]
        assert len(read) <= 4
    desk.wait(0.5)
    read = desk.send(b"\x1b[<0;5;5M\x1b[<0;5;5m\x1b[A" * 40 + b"\x1bOP", 0.3)
    assert not [one for one in read if isinstance(one, events.Key | events.MouseDown)]
    assert keys(desk.wait(0.01)) == ["f1"]


def test_the_focus_is_passed_on_seldom_and_as_it_is_in_the_end() -> None:
    desk = Desk()
    assert [type(message) for message in desk.send(b"\x1b[O")] == [events.AppBlur]
    assert desk.send(b"\x1b[I\x1b[O\x1b[I", 0.01) == []
    assert desk.input.waits
    assert [type(message) for message in desk.wait(0.3)] == [events.AppFocus]
    assert not desk.input.waits
    assert desk.wait(0.3) == []


def test_what_is_typed_quickly_in_the_kitty_protocol_is_no_flood() -> None:
    typed = "bought back at the close"
    assert "".join(keys(Desk().send("".join(f"\x1b[{ord(char)};1u" for char in typed).encode()))).startswith("bought")


@pytest.mark.parametrize("flood", [b"\x1ba" * 2_000, b"\x1bOQ\x1bOR" * 1_000, b"\x1b[200~x\x1b[201~a" * 300])
def test_the_key_behind_a_flood_of_keys_comes_and_answers_nothing(flood: bytes) -> None:
    clock = Clock()
    source = TerminalInput(clock)
    read = source.read(flood + b"\x1bOP")
    assert len(read) < 100
    assert source.waits
    clock.now += 0.02
    (key,) = source.tick()
    assert isinstance(key, Key)
    assert (key.key, key.by_person, key.alone, key.repeated) == ("f1", False, False, False)
    assert not source.waits
