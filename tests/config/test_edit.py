from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orderflow_tui.config.edit import SettingsFile, Table
from orderflow_tui.core.model.validators import DataValidationError

MINE = """# mine
volume_spike_threshold = 3.0   # why

[symbols.brk-b] # b
large_order_size_threshold = 2000

# screen
[ui]
theme = "light"  # bright room
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path = tmp_path / "orderflow.toml"
    path.write_text(MINE)
    return path


def settings_file(path: Path, **overrides: object) -> SettingsFile:
    return SettingsFile(overrides, env={}, cwd=path.parent)


def test_comments_and_all_else_stay(file: Path) -> None:
    desk = settings_file(file)
    look = desk.look()
    look = desk.write(look, ("symbols", "BRK.B"), "volume_spike_threshold", 2.5)
    look = desk.write(look, ("symbols", "AAPL"), "bucket_seconds", 5)
    look = desk.write(look, (), "large_order_size_threshold", 5_000)
    look = desk.write(look, ("ui",), "theme", "dark")
    look = desk.write(look, ("ui",), "fps", 4.0)
    text = file.read_text()
    assert all(line in text for line in ("# mine", "3.0   # why", "[symbols.brk-b] # b", '"dark"  # bright room'))
    assert look.loaded.for_symbol("BRK.B").volume_spike_threshold == 2.5
    assert look.loaded.for_symbol("AAPL").bucket_seconds == 5
    assert look.loaded.config.large_order_size_threshold == 5_000
    for table, name in ((("symbols", "AAPL"), "bucket_seconds"), ((), "large_order_size_threshold"), (("keys",), "x")):
        look = desk.write(look, table, name, None)
    assert "bucket_seconds" not in file.read_text()
    assert tomllib.loads(file.read_text())["ui"] == {"theme": "dark", "fps": 4.0}
    assert [path.name for path in file.parent.iterdir()] == ["orderflow.toml"]


@pytest.mark.parametrize(
    ("table", "name", "value", "reason"),
    [
        ((), "volume_spike_threshold", 99.0, "must be a number from 1.5 to 10.0"),
        (("ui",), "fps", 0, "fps = 0 refused"),
        (("ui",), "nothing", 1, "nothing"),
        (("symbols", "AAPL"), "stream", "on", "unknown key 'stream'"),
        (("symbols", "no symbol"), "bucket_seconds", 5, "[symbols]"),
    ],
)
def test_what_would_not_load_is_not_written(file: Path, table: Table, name: str, value: object, reason: str) -> None:
    desk = settings_file(file)
    with pytest.raises(DataValidationError) as caught:
        desk.write(desk.look(), table, name, value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
    assert ".orderflow-" not in str(caught.value)
    assert file.read_text() == MINE
    assert [path.name for path in file.parent.iterdir()] == ["orderflow.toml"]


def refusal(desk: SettingsFile, look: Any) -> str:
    with pytest.raises(DataValidationError) as caught:
        desk.write(look, ("ui",), "fps", 4)
    return str(caught.value)


def test_a_file_that_changed_meanwhile_or_is_read_only_is_left_alone(file: Path) -> None:
    desk = settings_file(file)
    look = desk.look()
    file.write_text(MINE + "# another hand\n")
    assert "was changed meanwhile" in refusal(desk, look)
    look = desk.look()
    file.chmod(0o444)
    assert "is read-only" in refusal(desk, look)
    file.unlink()
    assert "was changed meanwhile" in refusal(desk, look)
    file.mkdir()
    assert "cannot be read" in refusal(desk, look)


def test_a_folder_that_cannot_be_written_is_said(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = settings_file(file)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert "cannot be written: No space left" in refusal(desk, desk.look())
    assert file.read_text() == MINE
    assert [path.name for path in file.parent.iterdir()] == ["orderflow.toml"]


def test_a_first_setting_makes_the_file_in_the_users_folder(file: Path) -> None:
    file.unlink()
    desk = settings_file(file)
    look = desk.look()
    assert look.content is None
    desk.write(look, ("symbols", "AAPL"), "bucket_seconds", 5)
    made = file.parent / "config" / "orderflow-tui" / "orderflow.toml"
    assert made.stat().st_mode & 0o777 == 0o600
    assert desk.look().loaded.for_symbol("AAPL").bucket_seconds == 5


def test_a_link_a_mode_and_a_mark_are_kept(file: Path) -> None:
    real = file.with_name("real.toml")
    real.write_bytes(b"\xef\xbb\xbf" + MINE.replace("\n", "\r\n").encode())
    real.chmod(0o640)
    file.unlink()
    file.symlink_to(real)
    desk = settings_file(file)
    desk.write(desk.look(), ("ui",), "theme", "dark")
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    content = real.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf# mine\r\n")
    assert b'theme = "dark"  # bright room\r\n' in content


NAMES = st.sampled_from(["volume_spike_threshold", "bucket_seconds", "large_order_size_threshold"])
TABLES = st.sampled_from([(), ("symbols", "AAPL"), ("symbols", "BRK.B"), ("symbols", "F")])
VALUES = {"volume_spike_threshold": 2.5, "bucket_seconds": 7, "large_order_size_threshold": 3_000}
STARTS = st.sampled_from(
    [
        MINE,
        "",
        "symbols.AAPL.bucket_seconds = 3\n[ui]\nfps = 3\n",
        "symbols = {AAPL = {bucket_seconds = 3}}\n",
        "[symbols.AAPL]\nbucket_seconds=3\n[ui]\n[symbols.F]\n# end\n",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(start=STARTS, changes=st.lists(st.tuples(TABLES, NAMES, st.booleans()), max_size=6))
def test_a_change_means_what_it_says_or_is_refused(
    file: Path, start: str, changes: list[tuple[Table, str, bool]]
) -> None:
    file.write_text(start)
    desk = settings_file(file)
    look = desk.look()
    for table, name, put in changes:
        before = look.loaded
        try:
            look = desk.write(look, table, name, VALUES[name] if put else None)
        except DataValidationError as error:
            refused = str(error)
        else:
            refused = ""
        if refused:
            assert "cannot be changed here" in refused
            continue
        now = look.loaded
        assert tomllib.loads(file.read_text()) == tomllib.loads((look.content or b"").decode())
        if table:
            assert (name in now.symbols.get(table[1], {})) == put
            assert {s: dict(t) for s, t in now.symbols.items() if s != table[1]} == {
                s: dict(t) for s, t in before.symbols.items() if s != table[1]
            }
        elif put:
            assert getattr(now.config, name) == VALUES[name]
        assert dict(now.ui) == dict(before.ui)
