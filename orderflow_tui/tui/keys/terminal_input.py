"""What a terminal sends, told apart: keys, and everything that is none.

Terminals answer questions late and to the wrong program, pastes never end, bytes are no UTF-8. Textual's own parser
types what it does not know as keys, so this one stands before it: a sequence is read to its end by the grammar of
ECMA-48 (strings too), and what is not a key that we know is dropped whole. Nothing is kept that has no bound.
"""

from __future__ import annotations

import re
import time
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterable
from typing import Final

from textual import constants, events, messages
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._xterm_parser import XTermParser
from textual.keys import Keys
from textual.message import Message

from orderflow_tui.tui.keys.flood_detection import MOST_BY_HAND, FloodDetection, flood_until

QUIET_SECONDS: Final = 0.15
"""After an escape sequence that is not a key, how long a key may be a part of what the terminal still sends."""
OPEN_SECONDS: Final = 0.25
"""After so long without a byte, a key alone is a key again though a sequence or a paste before it never ended."""
DOUBT_SECONDS: Final = 2.0
"""After a sequence or a paste that never ended, how long no key answers a recommendation."""
BURST_SECONDS: Final = 0.02
"""Bytes that follow each other faster are one burst, in however many reads they come."""
HOLD_SECONDS: Final = 0.03
"""A key that would answer is held so long: what follows sooner makes both a paste."""
MOST_COLUMNS: Final = 1000
MOST_ROWS: Final = 500
MOST_TYPED: Final = 16
"""More letters than these in one read are a paste."""
MOST_PASTED: Final = 4096
_MOST_SEQUENCE: Final = 128
_MOST_MODIFIERS: Final = 256

_ESC: Final = "\x1b"
_PASTE_START, _PASTE_END = "\x1b[200~", "\x1b[201~"
_STRINGS: Final = frozenset("]P^_X\x9d\x90\x9e\x9f\x98\udc9d\udc90\udc9e\udc9f\udc98")
_CSIS: Final = frozenset("[\x9b\udc9b")
_SS3S: Final = frozenset("O\x8f\udc8f")
_C1: Final = frozenset("\x9d\x90\x9e\x9f\x98\x9b\x8f\udc9d\udc90\udc9e\udc9f\udc98\udc9b\udc8f")
_TYPED: Final = re.compile("[^\x1b\x80-\x9f\udc80-\udcff]+")
_GARBLED: Final = re.compile(f"[^\x1b{''.join(sorted(_C1))}]+")
_NO_TEXT: Final = re.compile("[\udc80-\udcff]")
_STRING_END: Final = re.compile("[\x07\x18\x1a\x1b\x9c\udc9c]")
_PARAMETERS: Final = re.compile("[\x20-\x3f]*")
_LONE_KEY: Final = re.compile(r"\x1b(?:O[A-Z]|\[[\d;:]*[A-Zu~])|[^\x07\x1b\\\x9c\udc9c]|\x1b")
_MOUSE: Final = re.compile(r"\x1b\[<(\d{1,4});(-?\d{1,6});(-?\d{1,6})[Mm]")
_SYNCHRONIZED: Final = re.compile(r"\x1b\[\?2026;[1-4]\$y")
_KEY: Final = re.compile(r"\x1b\[([\d:]*)(?:;([\d:]*))?(?:;([\d:]*))?([u~A-HP-S])")
_FOCUS_SECONDS: Final = 0.2
"""The focus is passed on so often at most, and always as it is in the end."""
_CURSOR: Final = re.compile(r"\x1b\[\d+;\d+R")


class Key(events.Key):
    """A key, with what is known of who pressed it.

    Attributes:
        alone: It came in a read of its own.
        repeated: Its read held it and nothing else, though more than once: it is held down, or the line is slow.
        by_person: A person pressed it: alone, apart from the terminal's sequences and from pastes.
    """

    __slots__ = ["alone", "by_person", "repeated"]

    def __init__(self, key: str, character: str | None) -> None:
        super().__init__(key, character)
        self.alone = self.by_person = self.repeated = False


def doubted(read: Iterable[Message]) -> None:
    """More came at once: no key of this read was a person's."""
    for message in read:
        if isinstance(message, Key):
            message.alone = message.by_person = message.repeated = False


def plausible_size(columns: int, rows: int) -> bool:
    """Whether a terminal can have this size."""
    return 0 < columns <= MOST_COLUMNS and 0 < rows <= MOST_ROWS


class TerminalInput(XTermParser):
    """Reads bytes, gives Textual's messages; `clock` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._decoder = getincrementaldecoder("utf-8")("surrogateescape")
        self._allowed, self._allowed_keys = FloodDetection(100.0, 32.0), FloodDetection(100.0, 32.0)
        self._allowed_of_flood, self._flood = FloodDetection(10.0, 4.0), False
        self._late: list[Message] = []
        """The last key of a flood, which is the one a person pressed after it."""
        self._steps: dict[str, Callable[[str, int], int]] = {
            "text": self._text, "escape": self._escape, "csi": self._csi, "ss3": self._csi,
            "string": self._string, "string escape": self._string_escape, "mouse": self._mouse, "paste": self._paste,
        }  # fmt: skip
        self._state = "text"
        self._sequence = ""
        self._units = self._mouse_left = 0
        self._pasted = self._paste_tail = ""
        self._now = self._read_at = -1e9
        self._escape_at: float | None = None
        self._escaped_at = self._quiet_until = -1e9
        self._out: list[Message] = []
        self._focus: Message | None = None
        self._focus_at = -1e9
        self._most_typed = MOST_TYPED
        self._pasting_until = -1e9
        self._foreign = False
        """Whether this read held an escape sequence that is not a key."""

    def read(self, data: bytes) -> list[Message]:
        """What one read of the terminal holds."""
        self._now = now = self._clock()
        idle, self._read_at = now - self._read_at, now
        if idle > OPEN_SECONDS:
            self._decoder.reset()
        text = self._decoder.decode(data)
        began = self._begin(text, idle)
        self._escape_at = None
        self._out, self._units, self._foreign, self._flood = [], 0, False, len(data) > MOST_BY_HAND
        pasting = now < self._pasting_until
        self._most_typed = 0 if _NO_TEXT.search(text) else 1 if pasting else MOST_TYPED
        if began == "paste" and self._is_key(text) and text not in (_PASTE_START, _PASTE_END):
            self._complete(text)
        else:
            at = 0
            while at < len(text):
                at = self._steps[self._state](text, at)
        if self._state == "escape":
            self._escape_at = now
        self._judge(began, idle)
        return [*self._out, *self._focus_now(now)]

    def tick(self) -> list[Message]:
        """The escape key, where nothing followed it in time."""
        now = self._clock()
        if self._escape_at is None or now - self._escape_at < constants.ESCAPE_DELAY:
            return [*self._late_now(now), *self._focus_now(now)]
        alone = self._units == 0 and self._escape_at >= self._quiet_until
        self._escape_at, self._escaped_at = None, now
        self._state = "text"
        key = Key("escape", _ESC)
        key.alone = key.by_person = alone
        return [key]

    @property
    def waits(self) -> bool:
        """Whether `tick` has something to decide soon."""
        return self._escape_at is not None or self._focus is not None or bool(self._late)

    def _late_now(self, now: float) -> list[Message]:
        more_comes = self._flood and now - self._read_at < BURST_SECONDS / 2
        if more_comes or not self._late or not self._allowed_keys.take(now):
            return []
        late, self._late = self._late, []
        return late

    def _focus_now(self, now: float) -> list[Message]:
        focus = self._focus
        if focus is None or now - self._focus_at < _FOCUS_SECONDS:
            return []
        self._focus, self._focus_at = None, now
        return [focus]

    def _begin(self, text: str, idle: float) -> str:
        """Where this read begins: after a pause a key alone is one, and much after a lone ESC belongs to it."""
        if self._state not in ("text", "escape") and idle > OPEN_SECONDS and _LONE_KEY.fullmatch(text):
            self._state, self._pasted, self._paste_tail = "text", "", ""
        late = self._now - self._escaped_at < DOUBT_SECONDS
        if self._state == "text" and late and len(text) > 1 and text[0] in "]P^_X[O":
            self._state = "escape"
            self._escaped_at = -1e9
        return self._state

    def _judge(self, began: str, idle: float) -> None:
        """Say of this read's keys whether a person pressed them, and what that means for the next ones."""
        now = self._now
        keys = [message for message in self._out if isinstance(message, Key)]
        alone = began == self._state == "text" and self._units == 1 and len(keys) == 1 and not self._foreign
        if keys and began == self._state == "text" and not self._foreign and now >= self._quiet_until:
            pure = self._units == len(keys) == len(self._out) and len({key.key for key in keys}) == 1
            for key in keys:
                key.repeated = pure
        if alone and idle >= BURST_SECONDS:
            keys[0].alone = True
            keys[0].by_person = now >= self._quiet_until
        if self._state not in ("text", "escape"):
            self._quiet_until = now + DOUBT_SECONDS
        elif began not in ("text", "escape"):
            self._quiet_until = now + QUIET_SECONDS  # what was open has ended
        elif self._foreign:
            self._quiet_until = max(self._quiet_until, now + QUIET_SECONDS)

    # --- the grammar: each step takes what it can from `at` on and returns where it stopped ----------------------

    def _text(self, text: str, at: int) -> int:
        char = text[at]
        if char == _ESC:
            if end := flood_until(text, at):
                self._units += MOST_TYPED
                self._foreign = True
                return end
            self._state = "escape"
            return at + 1
        if char in _C1:
            self._state = "escape"
            return at
        if match := (_TYPED if self._most_typed else _GARBLED).match(text, at):
            self._type(match.group())
            return match.end()
        self._units += 1
        self._foreign = True
        return at + 1

    def _type(self, run: str) -> None:
        """Characters; more than a person types, what follows them, and what stands among other bytes is a paste."""
        self._units += len(run)
        if len(run) > self._most_typed:
            self._emit_paste(run)
            self._foreign, self._pasting_until = True, self._now + OPEN_SECONDS
        else:
            for char in run:
                self._emit_keys(self._sequence_to_key_events(char))

    def _escape(self, text: str, at: int) -> int:
        char = text[at]
        self._state = "text"
        if char in _CSIS or char in _SS3S:
            self._state = "csi" if char in _CSIS else "ss3"
            self._sequence = "\x1b[" if char in _CSIS else "\x1bO"
        elif char in _STRINGS:
            self._state = "string"
            self._foreign = True
        elif char == _ESC:
            self._units += 1
            self._emit_keys([events.Key("escape", _ESC)])
            self._state = "escape"
            at = max(at, flood_until(text, at))
        elif char != "\\" and not "\x80" <= char <= "\x9f" and char < "\ud800":
            self._units += 1
            known = ANSI_SEQUENCES_KEYS.get(_ESC + char)
            self._emit_keys(self._sequence_to_key_events(_ESC + char if known else char, alt=not known))
        else:
            self._foreign = True
        return at + 1

    def _csi(self, text: str, at: int) -> int:
        if match := _PARAMETERS.match(text, at):
            self._sequence = (self._sequence + match.group())[: _MOST_SEQUENCE + 1]
            at = match.end()
        if at == len(text):
            return at
        char = text[at]
        if char == _ESC:
            self._state, self._foreign = "escape", True
        elif self._sequence == "\x1b[" and char == "[":  # the Linux console's function keys
            self._sequence += char
        elif self._sequence == "\x1b[" and char == "M":
            self._state, self._mouse_left = "mouse", 3
        else:
            self._state = "text"
            if "@" <= char <= "~" and len(self._sequence) <= _MOST_SEQUENCE:
                self._complete(self._sequence + char)
            else:
                self._foreign = True
        return at + 1

    def _string(self, text: str, at: int) -> int:
        self._foreign = True
        match = _STRING_END.search(text, at)
        if match is None:
            return len(text)
        self._state = "string escape" if match.group() == _ESC else "text"
        return match.end()

    def _string_escape(self, text: str, at: int) -> int:
        self._foreign = True
        if text[at] == "\\":
            self._state = "text"
            return at + 1
        self._state = "escape"  # it ended unsaid, and another sequence began
        return at

    def _mouse(self, text: str, at: int) -> int:
        """A report of the old encoding: three characters, each a byte or, in mode 1005, UTF-8."""
        self._foreign = True
        if text[at] == _ESC:
            self._state = "escape"
            return at + 1
        self._mouse_left -= 1
        if not self._mouse_left:
            self._state = "text"
        return at + 1

    def _paste(self, text: str, at: int) -> int:
        self._foreign = True
        chunk = self._paste_tail + text[at:]
        before = len(self._paste_tail)
        end = chunk.find(_PASTE_END)
        if end < 0:
            self._keep_pasted(chunk[before:])
            self._paste_tail = chunk[1 - len(_PASTE_END) :]
            return len(text)
        self._keep_pasted(chunk[before : max(end, before)])
        whole = self._pasted[: len(self._pasted) - max(0, before - end)]
        self._state, self._pasted, self._paste_tail = "text", "", ""
        self._emit_paste(whole)
        return at + end - before + len(_PASTE_END)

    def _keep_pasted(self, more: str) -> None:
        self._pasted += more[: max(0, MOST_PASTED + len(_PASTE_END) - len(self._pasted))]

    # --- what sequences mean -----------------------------------------------------------------------------------

    def _complete(self, sequence: str) -> None:
        """A whole control sequence."""
        self._units += 1
        if not _CURSOR.fullmatch(sequence):
            keys = [key for key in self._keys_of(sequence) if key.key != Keys.Ignore]
            if keys:
                self._emit_keys(keys)
                return
        self._foreign = True
        if sequence == _PASTE_START:
            self._state, self._pasted, self._paste_tail = "paste", "", ""
        elif sequence in ("\x1b[I", "\x1b[O"):
            self._focus = events.AppFocus() if sequence == "\x1b[I" else events.AppBlur()
        elif _MOUSE.fullmatch(sequence) is not None:
            report = self.parse_mouse_code(sequence)
            if report is not None:
                self._emit(report)
        elif _SYNCHRONIZED.fullmatch(sequence) is not None:
            self._emit(messages.TerminalSupportsSynchronizedOutput())

    def _is_key(self, text: str) -> bool:
        return len(text) > 1 and _LONE_KEY.fullmatch(text) is not None

    def _keys_of(self, sequence: str) -> Iterable[events.Key]:
        if sequence in ANSI_SEQUENCES_KEYS:
            return self._sequence_to_key_events(sequence)
        match = _KEY.fullmatch(sequence)
        if match is None or constants.DISABLE_KITTY_KEY:
            return ()
        code = _number(match[1].partition(":")[0], 1)
        modifiers, _, kind = (match[2] or "").partition(":")
        bits, released = _number(modifiers, 1), kind == "3"
        if released or not _is_character(code) or not 1 <= bits <= _MOST_MODIFIERS:
            return ()
        end = match[4]
        if end != "u":
            if f"{code}{end}" not in FUNCTIONAL_KEYS:
                return ()
            return self._sequence_to_key_events(f"\x1b[{code};{bits}{end}")
        texts = [number for one in (match[3] or "").split(":") if _is_text(number := _number(one, 0))]
        return self._sequence_to_key_events(f"\x1b[{code};{bits};{':'.join(map(str, texts))}u")

    # --- what is passed on -------------------------------------------------------------------------------------

    def _emit(self, message: Message) -> None:
        if self._out and isinstance(message, events.MouseMove) and isinstance(self._out[-1], events.MouseMove):
            self._out[-1] = message
        elif not (self._flood and isinstance(message, events.MouseDown)) and self._may_pass():
            self._out.append(message)

    def _may_pass(self) -> bool:
        return (self._allowed_of_flood if self._flood else self._allowed).take(self._now)

    def _emit_keys(self, keys: Iterable[events.Key]) -> None:
        made: list[Message] = [Key(key.key, key.character) for key in keys if key.key != Keys.Ignore]
        if not self._flood and self._allowed_keys.take(self._now):
            self._out += made
            made = []
        self._late = made

    def _emit_paste(self, text: str) -> None:
        if text and self._may_pass():
            shown = "".join(char for char in text[:MOST_PASTED] if char.isprintable() or char in "\n\t")
            self._out += [events.Paste(shown)] if shown else []


def _number(digits: str, otherwise: int) -> int:
    return int(digits) if digits.isascii() and digits.isdecimal() else otherwise


def _is_character(code: int) -> bool:
    return 0 < code <= 0x10FFFF and not 0xD800 <= code <= 0xDFFF


def _is_text(code: int) -> bool:
    return _is_character(code) and chr(code).isprintable()
