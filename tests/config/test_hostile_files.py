"""Settings and secrets that others wrote, or that are no files: refused at the start, with the reason."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from orderflow_tui.config.edit import SettingsFile
from orderflow_tui.config.load import load_config
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.ownership import distrust

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="owners, permissions and pipes are POSIX's")
needs_root = pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root gives files away")
STRANGER = 12_345


def settings(folder: Path, text: str = 'profile = "plan"\n') -> Path:
    path = folder / "orderflow.toml"
    path.write_text(text)
    path.chmod(0o644)
    return path


def refusal(cwd: Path, **arguments: str) -> str:
    with pytest.raises(DataValidationError) as caught:
        load_config(env=arguments, cwd=cwd)
    assert caught.value.code == "CONFIG_INVALID"
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_the_users_own_file_is_read(tmp_path: Path) -> None:
    settings(tmp_path)
    assert load_config(env={}, cwd=tmp_path).config.profile == "plan"


@pytest.mark.parametrize("mode", [0o666, 0o646, 0o777])
def test_one_that_others_may_write_is_refused(mode: int, tmp_path: Path) -> None:
    path = settings(tmp_path)
    path.chmod(mode)
    said = refusal(tmp_path)
    assert said.startswith(f"{path} refused: writable by others (mode {mode:04o}): check what it says, then")
    assert refusal(tmp_path / "elsewhere", ORDER_FLOW_CONFIG=str(path)) == said


@needs_root
def test_one_that_another_user_owns_is_refused(tmp_path: Path) -> None:
    path = settings(tmp_path)
    os.chown(path, STRANGER, 0)
    assert (
        refusal(tmp_path)
        == f"{path} refused: another user's file (uid {STRANGER}): `chown` it if you trust what it says"
    )


@needs_root
def test_a_link_that_another_user_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cwd").mkdir()
    (tmp_path / "cwd/orderflow.toml").symlink_to(settings(tmp_path))
    assert load_config(env={}, cwd=tmp_path / "cwd").config.profile == "plan"
    os.lchown(tmp_path / "cwd/orderflow.toml", STRANGER, 0)
    assert f"a link that another user made (uid {STRANGER})" in refusal(tmp_path / "cwd")


@needs_root
def test_the_group_of_the_user_alone_counts_as_the_user(tmp_path: Path) -> None:
    path = settings(tmp_path)
    path.chmod(0o664)
    assert distrust(path.stat()) == ""
    os.chown(path, 0, STRANGER)
    assert "writable by others (mode 0664)" in refusal(tmp_path)


def pipe(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def gigabytes(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(20 << 30)
    path.chmod(0o600)


def folder(path: Path) -> None:
    path.mkdir()


def link_to_nothing(path: Path) -> None:
    path.symlink_to("nowhere")


NO_FILES = [pipe, device, gigabytes, folder, link_to_nothing]


@pytest.mark.parametrize("put_there", NO_FILES)
def test_settings_that_are_no_file_are_refused_at_once(put_there: Callable[[Path], None], tmp_path: Path) -> None:
    path = tmp_path / "orderflow.toml"
    put_there(path)
    said = refusal(tmp_path)
    assert said.startswith(str(path))
    assert refusal(tmp_path / "elsewhere", ORDER_FLOW_CONFIG=str(path)) == said
    with pytest.raises(DataValidationError):
        SettingsFile({}, env={}, cwd=tmp_path).look()


@pytest.mark.parametrize("put_there", NO_FILES)
def test_secrets_that_are_no_file_are_refused_at_once(
    put_there: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = tmp_path / "config/orderflow-tui/secrets.env"
    usual.parent.mkdir(parents=True)
    put_there(usual)
    assert refusal(tmp_path, ORDER_FLOW_SECRETS=str(usual)).startswith(str(usual))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    assert refusal(tmp_path).startswith(str(usual))


def test_a_working_directory_that_was_removed_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(DataValidationError, match="the working directory is gone"):
        load_config(env={})
