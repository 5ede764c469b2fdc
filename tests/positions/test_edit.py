"""A position typed in one line, and put into a file that keeps all else."""

from __future__ import annotations

import stat
from decimal import Decimal
from pathlib import Path

import pytest

from orderflow_tui.core.model.data_models import Position
from orderflow_tui.positions.edit import file_of, look_at, with_position, write
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.toml_file import TomlPositions
from orderflow_tui.positions.typed import typed_position

MINE = """\
# my account
watchlist = ["SPY"]

# the bank
[[position]]
symbol = "bac"   # Bank of America
quantity = 1000  # since May
average_cost = 13.90
events = ["2026-01-29 after"]

# the drink
[[position]]
symbol = "KO"
quantity = 200
average_cost = 61.2
"""


@pytest.mark.parametrize(
    ("line", "position"),
    [
        ("bac 1000 13.90 13.50", Position("BAC", 1000, Decimal("13.90"), Decimal("13.50"))),
        ("BAC 1,000 @ $13.90 stop 13.50", Position("BAC", 1000, Decimal("13.90"), Decimal("13.50"))),
        ("KO -200 stop 63", Position("KO", -200, Decimal(0), Decimal(63))),
        ("brk-b 10", Position("BRK.B", 10, Decimal(0), None)),
        ("BAC 0", Position("BAC", 0, Decimal(0), None)),
    ],
)
def test_a_typed_line(line: str, position: Position) -> None:
    assert typed_position(line) == position


@pytest.mark.parametrize(
    "line",
    ["", "BAC", "BAC x", "BAC 10.5", "BAC 10 -3", "BAC 10 x", "BAC 10 1 2 3", "BAC 1e99", "VTSAX 10", "b@d! 10 3",
     "BAC 10 stop 3 stop 4"],
)  # fmt: skip
def test_a_line_that_is_no_position_is_refused_in_one_line(line: str) -> None:
    with pytest.raises(PositionsError) as refused:
        typed_position(line)
    assert "\n" not in str(refused.value)


def test_a_change_keeps_comments_order_events_and_mode(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text(MINE)
    path.chmod(0o640)
    look = look_at(path)
    look = write(look, with_position(look, typed_position("BAC 900 13.95 stop 13.40")))
    look = write(look, with_position(look, typed_position("XOM 50 110")))
    text = path.read_text()
    for kept in (
        "# my account",
        'symbol = "bac"   # Bank of America',
        "# since May",
        "# the drink",
        "2026-01-29 after",
    ):
        assert kept in text
    assert text.index("stop = 13.40") < text.index("# the drink")
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    held = TomlPositions(path).read().positions
    assert [(one.symbol, one.quantity) for one in held] == [("BAC", 900), ("KO", 200), ("XOM", 50)]
    assert held[0].events == ("2026-01-29 after",)
    assert [file.name for file in tmp_path.iterdir()] == ["positions.toml"]


def test_a_new_file_and_a_stop_taken_out(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    look = write(look_at(path), file_of([typed_position("BAC 1000 13.90 13.50")], ["SPY"]))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    write(look, with_position(look, typed_position("BAC 1000 13.90")))
    holdings = TomlPositions(path).read()
    assert holdings.positions == (Position("BAC", 1000, Decimal("13.90"), None),)
    assert holdings.watchlist == ("SPY",)


def test_nothing_is_written_over_what_somebody_else_wrote(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text(MINE)
    look = look_at(path)
    path.write_text("# theirs\n")
    with pytest.raises(PositionsError, match="changed meanwhile"):
        write(look, with_position(look, typed_position("XOM 50 110")))
    assert path.read_text() == "# theirs\n"


def test_a_read_only_file_and_strange_tables_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "positions.toml"
    path.write_text('position = [{symbol = "BAC", quantity = 5, average_cost = 1}]\n')
    look = look_at(path)
    with pytest.raises(PositionsError, match="edit it yourself"):
        with_position(look, typed_position("KO 5 60"))
    path.write_text(MINE)
    path.chmod(0o400)
    look = look_at(path)
    with pytest.raises(PositionsError, match="read-only"):
        write(look, with_position(look, typed_position("KO 5 60")))
    path.chmod(0o600)
    path.write_text("position = 3\n")
    with pytest.raises(PositionsError):
        look_at(path)
