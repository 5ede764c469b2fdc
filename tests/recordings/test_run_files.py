"""The files of a recording: whole, broken off at any byte, damaged, incomplete."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.events import (
    Book,
    Clock,
    Event,
    Gap,
    Halt,
    Print,
    SideCheckResult,
    TapeCorrection,
    TapeCovered,
)
from orderflow_tui.core.model.units import NS
from orderflow_tui.core.transcript import Answered, Begin, CoreCall, Fed, decode, encode
from orderflow_tui.recordings.run_files import MAGIC, RawError, RawReader
from tests.core.kit import NOON
from tests.recordings.recordings import core_of, feed, frames, recorder


def edges(content: bytes) -> set[int]:
    """Where a block ends: a file that breaks off there looks whole."""
    found, at = set(), len(MAGIC)
    while at < len(content):
        found.add(at)
        at += 8 + int.from_bytes(content[at : at + 4], "big")
    return found


WHOLE = st.integers(-(2**63), 2**63 - 1)
TEXT = st.text(max_size=8)
PRINTS = st.builds(Print, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, WHOLE, TEXT, WHOLE)
LEVELS = st.lists(st.tuples(WHOLE, WHOLE), max_size=3).map(tuple)
BOOKS = st.builds(Book, WHOLE, WHOLE, LEVELS, LEVELS)
EVENTS: st.SearchStrategy[Event] = st.one_of(
    PRINTS,
    BOOKS,
    st.builds(Clock, WHOLE),
    st.builds(TapeCovered, WHOLE),
    st.builds(TapeCorrection, WHOLE, WHOLE, st.lists(PRINTS, max_size=2).map(tuple)),
    st.builds(SideCheckResult, WHOLE, WHOLE, st.booleans(), st.tuples(PRINTS), st.tuples(BOOKS)),
    st.builds(Gap, WHOLE, TEXT),
    st.builds(Halt, WHOLE, st.booleans(), TEXT),
)


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, list[CoreCall]]:
    """A run of two blocks and more, its bytes and its frames."""
    directory = tmp_path_factory.mktemp("raw")
    one = recorder(directory)
    core = core_of(one)
    for part in range(3):
        feed(core, 20, 20 * part)
        one._write()
    core.answer(NOON, "BAC:exit:1", Answer("hold", note="stay"))
    one.close()
    (path,) = (directory / "run-1").glob("*.raw")
    whole, torn = frames(directory)
    assert not torn
    return path, path.read_bytes(), whole


@given(frame=st.one_of(st.builds(Fed, WHOLE, st.lists(EVENTS, max_size=4))))
def test_what_was_fed_comes_back_equal(frame: Fed) -> None:
    assert decode(encode(frame)) == frame


def test_a_run_is_its_calls_in_order(recording: tuple[Path, bytes, list[CoreCall]]) -> None:
    begin, *calls = recording[2]
    assert isinstance(begin, Begin)
    assert (begin.symbol, begin.rules.large_order_size_threshold) == ("BAC", 10_000)
    assert [call.news_from_ns for call in calls if isinstance(call, Fed)] == [NOON + (n - 30) * NS for n in range(60)]
    assert calls[-1] == Answered(NOON, "BAC:exit:1", Answer("hold", note="stay"))


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_broken_off_at_any_byte_it_reads_up_to_there(
    recording: tuple[Path, bytes, list[CoreCall]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path, content, whole = recording
    cut = data.draw(st.integers(0, len(content) - 1))
    run = tmp_path_factory.mktemp("torn") / "run-1"
    run.mkdir()
    (run / path.name).write_bytes(content[:cut])
    found, torn = frames(run.parent)
    assert found == whole[: len(found)]
    assert bool(torn) == (cut not in edges(content))


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_a_changed_byte_is_refused_or_breaks_it_off(
    recording: tuple[Path, bytes, list[CoreCall]], tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path, content, whole = recording
    at = data.draw(st.integers(0, len(content) - 1))
    changed = bytearray(content)
    changed[at] ^= 1 << data.draw(st.integers(0, 7))
    run = tmp_path_factory.mktemp("changed") / "run-1"
    run.mkdir()
    (run / path.name).write_bytes(changed)
    reader, refused = RawReader(run, "BAC"), ""
    read = reader.frames()
    for frame in whole:
        try:
            assert next(read, None) in (frame, None)
        except RawError as problem:
            refused = str(problem)
            break
    assert path.name in (refused or reader.torn)


def test_days_follow_each_other_and_none_may_be_missing(tmp_path: Path) -> None:
    now = [NOON]
    one = recorder(tmp_path, clock=lambda: now[0])
    core = core_of(one)
    for day in range(3):
        feed(core, 3, 86_400 * day)
        now[0] += 86_400 * NS
        one._write()
    one.close()
    first, second, third = sorted((tmp_path / "run-1").glob("*.raw"))
    assert second.name == "BAC-2025-10-23.raw"
    whole, torn = frames(tmp_path)
    assert (len(whole), torn) == (10, "")
    content = second.read_bytes()
    second.write_bytes(content[:-1])
    with pytest.raises(RawError, match="later days follow"):
        frames(tmp_path)
    second.unlink()
    with pytest.raises(RawError, match=f"{third.name}: what the run recorded before is missing"):
        frames(tmp_path)
    second.write_bytes(content)
    first.unlink()
    with pytest.raises(RawError, match="is missing"):
        frames(tmp_path)
    with pytest.raises(RawError, match="nothing of AIG"):
        frames(tmp_path, "AIG")
    second.write_bytes(b"something else")
    with pytest.raises(RawError, match="no recording"):
        frames(tmp_path)
