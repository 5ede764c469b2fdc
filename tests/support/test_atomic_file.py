"""Files of the owner alone: replaced whole by any number of processes, and never through a link."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from orderflow_tui.support.atomic_file import open_to_append, replace_file
from orderflow_tui.support.bounded_file import UnfitFileError

REPLACE = """
import sys
from pathlib import Path
from orderflow_tui.support.atomic_file import replace_file
path, mark = Path(sys.argv[1]), sys.argv[2].encode()
for _ in range(400):
    replace_file(path, mark * 50_000)
"""


def test_processes_that_replace_one_file_at_once_fail_never_and_leave_no_half(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    replace_file(path, b"a" * 50_000)
    processes = [subprocess.Popen([sys.executable, "-P", "-c", REPLACE, str(path), mark]) for mark in "abc"]
    seen = 0
    while any(process.poll() is None for process in processes):
        content = path.read_bytes()
        assert len(content) == 50_000
        assert len(set(content)) == 1
        seen += 1
    assert [process.wait() for process in processes] == [0, 0, 0]
    assert seen
    assert [entry.name for entry in tmp_path.iterdir()] == ["list.json"]


def test_a_replaced_file_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "made" / "list.json"
    replace_file(path, b"1")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    replace_file(path, b"2", mode=0o644)
    assert (path.read_bytes(), stat.S_IMODE(path.stat().st_mode)) == (b"2", 0o644)


def test_a_link_is_replaced_and_what_it_points_to_stays(tmp_path: Path) -> None:
    kept, path = tmp_path / "kept", tmp_path / "list.json"
    kept.write_text("mine")
    path.symlink_to(kept)
    replace_file(path, b"new")
    assert (kept.read_text(), path.read_text(), path.is_symlink()) == ("mine", "new", False)


def test_a_folder_that_is_a_link_is_refused_where_it_may_not_be_one(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "folder").symlink_to("elsewhere")
    with pytest.raises(UnfitFileError, match="symbolic link"):
        replace_file(tmp_path / "folder" / "list.json", b"new", linked_folder=False)
    assert list((tmp_path / "elsewhere").iterdir()) == []
    replace_file(tmp_path / "folder" / "list.json", b"new")
    assert (tmp_path / "elsewhere" / "list.json").read_bytes() == b"new"


def test_what_cannot_be_replaced_stands_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "list.json").mkdir()
    with pytest.raises(IsADirectoryError):
        replace_file(tmp_path / "list.json", b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["list.json"]


def test_only_a_regular_file_is_appended_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    (tmp_path / "link").symlink_to(kept)
    os.mkfifo(tmp_path / "pipe")
    for name, words in (("link", "symbolic link"), ("pipe", "not a regular file")):
        for readable in (False, True):
            with pytest.raises(UnfitFileError, match=words):
                open_to_append(tmp_path / name, readable=readable)
    assert kept.read_text() == "mine"
    descriptor = open_to_append(tmp_path / "new")
    os.write(descriptor, b"1")
    os.close(descriptor)
    assert (tmp_path / "new").read_bytes() == b"1"
