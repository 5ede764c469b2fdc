"""Reading a regular file of bounded size; whatever else stands in its place is refused at once."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from orderflow_tui.support.bounded_file import UnfitFileError, read_bounded


def refusal(path: Path, limit: int = 100, *, follow_link: bool = True) -> str:
    with pytest.raises(UnfitFileError) as refused:
        read_bounded(path, limit, follow_link=follow_link)
    assert str(refused.value) == refused.value.strerror
    assert "\n" not in str(refused.value)
    return str(refused.value)


def test_a_file_is_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 100)
    assert read_bounded(path, 100) == b"x" * 100
    path.write_bytes(b"")
    assert read_bounded(path, 100) == b""


def test_a_file_over_the_limit_is_refused_without_being_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    assert refusal(path) == "larger than 100 bytes"


def test_no_file_and_no_path_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_bounded(tmp_path / "none")
    assert refusal(Path("a\0b")) == "no path of a file"


def test_what_is_no_regular_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe") == "a pipe, not a regular file"
    assert refusal(tmp_path) == "a directory, not a regular file"
    assert refusal(Path("/dev/zero")) == "a device, not a regular file"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.path.relpath(tmp_path / "socket"))
        assert refusal(tmp_path / "socket") == "a socket, not a regular file"


def test_a_link_is_followed_only_where_it_may_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"content")
    (tmp_path / "link").symlink_to("file")
    assert read_bounded(tmp_path / "link") == b"content"
    assert refusal(tmp_path / "link", follow_link=False) == "a symbolic link, which is not followed here"
    (tmp_path / "to pipe").symlink_to("pipe")
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "to pipe") == "a pipe, not a regular file"
