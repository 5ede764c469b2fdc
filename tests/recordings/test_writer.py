"""Writing recordings: for the owner alone, never in the monitor's way, and honest about a disk that does not take them."""

from __future__ import annotations

import errno
import json
import os
import shutil
import stat
import sys
import zlib
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.core.model.events import Clock, Print
from orderflow_tui.core.model.units import NS
from orderflow_tui.recordings import writer
from orderflow_tui.recordings.run_files import MAGIC, RawError, read_run, runs, symbols
from tests.core.kit import NOON
from tests.recordings.recordings import core_of, feed, frames, recorder, until


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX permissions")
def test_files_are_the_owners_alone_and_hold_no_key(tmp_path: Path) -> None:
    one = recorder(tmp_path / "raw")
    feed(core_of(one), 5)
    one.close()
    for path in (tmp_path / "raw").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)
    (path,) = (tmp_path / "raw" / "run-1").glob("*.raw")
    content, unpack, at = path.read_bytes(), zlib.decompressobj(), len(MAGIC)
    plain = b""
    while at < len(content):
        size = int.from_bytes(content[at : at + 4], "big")
        plain += unpack.decompress(content[at + 8 : at + 8 + size])
        at += 8 + size
    assert b"api.example" in plain
    assert b"SECRET" not in plain
    about = json.loads((tmp_path / "raw" / "run-1" / "run.json").read_text())
    assert set(about) == {"run_id", "profile", "source_class", "data_source", "journal", "version"}


def test_runs_and_symbols_are_found(tmp_path: Path) -> None:
    assert runs(tmp_path / "nothing") == []
    for run_id in ("run-2", "run-1"):
        one = recorder(tmp_path, run_id)
        for symbol in ("BRK.B", "BAC"):
            feed(core_of(one, symbol), 1)
        one.close()
    (tmp_path / "run-0").mkdir()
    assert [path.name for path in runs(tmp_path)] == ["run-1", "run-2"]
    assert runs(tmp_path / "run-1") == [tmp_path / "run-1"]
    assert symbols(tmp_path / "run-1") == ["BAC", "BRK.B"]
    (tmp_path / "run-1" / "run.json").write_text("{")
    assert read_run(tmp_path / "run-1") is None


def test_a_directory_that_cannot_be_written_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(RawError, match="cannot be recorded to"):
        recorder(tmp_path / "file")


def test_a_full_disk_is_told_and_nothing_is_lost_when_there_is_room_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = [False]
    whole = os.write

    def write(fd: int, data: Any) -> int:
        if full[0]:
            if len(data) <= 40:
                raise OSError(errno.ENOSPC, "No space left on device")
            return whole(fd, data[: len(data) // 2])  # a disk takes a part before it is full
        return whole(fd, data)

    one = recorder(tmp_path)
    core = core_of(one)
    feed(core, 5)
    until(lambda: bool(one._blocks))
    monkeypatch.setattr(os, "write", write)
    full[0] = True
    feed(core, 5, 5)
    until(lambda: one.problem == "NOT RECORDING: no space left on device")
    full[0] = False
    until(lambda: not one.problem)
    feed(core, 5, 10)
    one.close()
    found, torn = frames(tmp_path)
    assert (len(found), torn) == (16, "")


def test_a_vanished_directory_is_told_and_the_run_goes_on(tmp_path: Path) -> None:
    one = recorder(tmp_path / "raw", limit=20_000)
    core = core_of(one)
    feed(core, 5)
    until(lambda: (tmp_path / "raw" / "run-1" / "BAC-2025-10-22.raw").exists() or bool(list(tmp_path.rglob("*.raw"))))
    shutil.rmtree(tmp_path / "raw")
    until(lambda: bool(one.problem))
    assert one.problem == "NOT RECORDING: no such file or directory"
    second = 5
    while "over for this run" not in one.problem:
        assert second < 20_000
        feed(core, 100, second)
        second += 100
        one._wake.set()
    assert one.problem == "NOT RECORDING: no such file or directory; over for this run"
    feed(core, 100, second)
    assert not one._waiting
    one.close()


def test_what_waits_is_bounded_where_the_thread_does_not_come_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer.Recorder, "_write", lambda _: None)
    one = recorder(tmp_path, limit=5_000)
    feed(core_of(one), 200)
    assert one.problem == "NOT RECORDING: the disk is too slow; over for this run"
    assert not one._waiting
    one.close()


def test_a_bad_disk_does_not_hold_up_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(fd: int, data: Any) -> int:
        raise OSError(errno.EIO, "Input/output error")

    one = recorder(tmp_path)
    monkeypatch.setattr(os, "write", refused)
    feed(core_of(one), 1)
    one.close(0.1)
    one._thread.join(10)
    assert not one._thread.is_alive()
    assert one.problem == "NOT RECORDING: input/output error"


def test_many_small_blocks_pack_well(tmp_path: Path) -> None:
    one = recorder(tmp_path)
    core = core_of(one)
    for second in range(300):
        core.process([Clock(10**18 + second * 10**9)], news_from_ns=10**18 + second * 10**9)
        one._write()
    one.close()
    (path,) = (tmp_path / "run-1").glob("*.raw")
    assert len(frames(tmp_path)[0]) == 301
    assert path.stat().st_size < 300 * 40


def test_what_no_recording_can_hold_ends_the_recording_and_not_the_rules(tmp_path: Path) -> None:
    one = recorder(tmp_path)
    core = core_of(one)
    feed(core, 3)
    core.process([Print(NOON + 9 * NS, 2**70, 138_600, 100)])
    assert one.problem == "NOT RECORDING: OverflowError in what the rules were told; over for this run"
    feed(core, 3)
    one.close()
