"""While the monitor runs, its positions become everything that they must not be: every seller is still heard."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from orderflow_tui.core.model.events import REGULAR, SELL, SIDE_GIVEN, Book, Print, TapeCovered
from orderflow_tui.core.model.units import NS
from orderflow_tui.positions import Holdings, PositionManager, TomlPositions, source_of
from tests.monitor.test_monitor import Desk

GOOD = {
    "positions.toml": b'[[position]]\nsymbol = "BAC"\nquantity = 1000\naverage_cost = 10\n',
    "positions.csv": b"Symbol,Quantity,Average Cost\nBAC,1000,10.00\n",
}


def gigabytes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(8 * 2**30)


def written(change: Callable[[bytes], bytes]) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(change(GOOD[path.name]))


Break = tuple[str, Callable[[Path], object]]
BREAKS: tuple[Break, ...] = (
    ("a pipe", os.mkfifo),
    ("a device", lambda path: path.symlink_to("/dev/zero")),
    ("larger than", gigabytes),
    ("a directory", Path.mkdir),
    ("there is no such", lambda path: path),
    ("cannot be read", lambda path: path.symlink_to(path)),
    ("refused", written(lambda good: good.replace(b"1000", b"1e1000000"))),
    ("refused", written(lambda good: good.replace(b"1000", b"nan"))),
    ("not", written(lambda _: b"\x00\xff" * 1_000)),
    ("", written(lambda _: b"[" * 500_000)),
    ("", written(lambda good: good.replace(b"BAC", b'"BAC'))),
)


@pytest.mark.parametrize(("name", "breaks"), [("positions.toml", BREAKS), ("positions.csv", BREAKS[-3:])])
def test_every_break_of_the_file_leaves_the_seller_heard(tmp_path: Path, name: str, breaks: tuple[Break, ...]) -> None:
    path = tmp_path / name
    path.write_bytes(GOOD[name])
    positions = PositionManager(source_of(str(path), {}, beside=tmp_path / "beside.toml"))
    desk = Desk(tmp_path / "journal", positions=positions)
    told = ""
    for heard, (words, break_it) in enumerate(breaks):
        remove(path)
        break_it(path)
        until(lambda before=told, words=words: said(desk) != before and words in said(desk))  # type: ignore[misc]
        told = said(desk)
        assert told.endswith("(the last good positions still apply)")
        assert sells(desk, heard) == heard + 1
        assert [position.quantity for position in positions.get_active_positions()] == [1000]
    remove(path)
    path.write_bytes(GOOD[name].replace(b"BAC", b"NIO"))
    until(lambda: desk.feed.symbols[:1] == ("NIO",))
    assert said(desk) == ""
    desk.monitor.stop(timeout=5)
    assert desk.monitor.failure is None


def test_a_file_whose_reading_never_ends_leaves_the_seller_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network drive that is gone: the read itself hangs, which no flag prevents."""
    path = tmp_path / "positions.toml"
    path.write_bytes(GOOD[path.name])
    positions = PositionManager(path)
    hung, go_on = threading.Event(), threading.Event()
    read = TomlPositions.read

    def hang(source: TomlPositions) -> Holdings:
        hung.set()
        assert go_on.wait(60)
        return read(source)

    monkeypatch.setattr(TomlPositions, "read", hang)
    desk = Desk(tmp_path / "journal", positions=positions)
    path.write_bytes(GOOD[path.name].replace(b"1000", b"600"))
    assert hung.wait(10)
    assert sells(desk, sells(desk, 0)) == 2
    go_on.set()
    until(lambda: [position.quantity for position in positions.get_active_positions()] == [600])
    desk.monitor.stop(timeout=5)
    assert desk.monitor.failure is None


def sells(desk: Desk, heard: int) -> int:
    """Sell at the bid, more than any threshold, and wait until it is told; how often that has been so.

    Sales are 300 ms apart: what follows sooner is the same sweep.
    """
    now = time.time_ns()
    sold = now - 5 * NS + heard * 3 * NS // 10
    book = Book(sold - NS // 10, 10 * heard + 1, ((100_000, 500),), ((100_100, 500),))
    sale = Print(sold, 10 * heard + 2, 100_000, 60_000, REGULAR | SIDE_GIVEN, SELL, 11, trade_id=str(heard))
    desk.events(book, sale, TapeCovered(now))
    until(lambda: len([one for one in desk.named("order_flow_alert") if one["evidence"] == "sell_print"]) > heard)
    return heard + 1


def said(desk: Desk) -> str:
    return desk.monitor.status().config_message


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def until(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 15
    while not done():
        assert time.monotonic() < deadline
        time.sleep(0.01)
