"""Secrets from a file of the owner's alone or the keyring; no refusal shows a value."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from orderflow_tui.config.load import load_config
from orderflow_tui.config.secrets import with_secrets
from orderflow_tui.core.model.validators import DataValidationError

GOOD = """
# keys
POLYGON_API_KEY=pk-SECRET
export APCA_API_KEY_ID = "ak-SECRET"
APCA_API_SECRET_KEY='as=SECRET'
"""


def secrets_file(folder: Path, text: str = GOOD, mode: int = 0o600) -> Path:
    path = folder / "secrets.env"
    path.write_text(text)
    path.chmod(mode)
    return path


def test_the_file_in_the_users_folder_is_read_and_the_environment_wins(tmp_path: Path) -> None:
    secrets_file(tmp_path)
    found = with_secrets({"APCA_API_KEY_ID": "mine"}, lambda: tmp_path)
    assert found == {"POLYGON_API_KEY": "pk-SECRET", "APCA_API_KEY_ID": "mine", "APCA_API_SECRET_KEY": "as=SECRET"}
    assert with_secrets({}, lambda: tmp_path / "nowhere") == {}


def test_the_key_reaches_the_configuration_and_no_text_of_it(tmp_path: Path) -> None:
    loaded = load_config(env={"ORDER_FLOW_SECRETS": str(secrets_file(tmp_path))}, cwd=tmp_path)
    assert loaded.config.polygon_api_key is not None
    assert loaded.config.polygon_api_key.get_secret_value() == "pk-SECRET"
    assert loaded.env["APCA_API_KEY_ID"] == "ak-SECRET"
    assert not any(secret in repr(loaded) for secret in ("pk-SECRET", "ak-SECRET", "as=SECRET"))


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660])
def test_a_file_that_others_can_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = secrets_file(tmp_path, mode=mode)
    with pytest.raises(DataValidationError, match=rf"can be read by others \(mode {mode:04o}\): `chmod 600` it"):
        with_secrets({"ORDER_FLOW_SECRETS": str(path)}, lambda: tmp_path)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("POLYGON_API_KEY SECRET", "secrets.env:1: must be NAME=value"),
        ("\nPOLYGON_KEY=SECRET", "secrets.env:2: POLYGON_KEY is not a known secret; did you mean POLYGON_API_KEY?"),
        ("POLYGON_API_KEY=SECRET\nPOLYGON_API_KEY=SECRET", "secrets.env:2: POLYGON_API_KEY is listed twice"),
    ],
)
def test_broken_lines_are_named_without_their_value(tmp_path: Path, text: str, reason: str) -> None:
    path = secrets_file(tmp_path, text)
    with pytest.raises(DataValidationError) as caught:
        with_secrets({"ORDER_FLOW_SECRETS": str(path)}, lambda: tmp_path)
    assert str(caught.value).endswith(reason)
    assert "SECRET" not in str(caught.value)


def test_a_named_file_must_be_there_and_be_a_file(tmp_path: Path) -> None:
    with pytest.raises(DataValidationError, match="cannot be read"):
        with_secrets({"ORDER_FLOW_SECRETS": str(tmp_path / "none.env")}, lambda: tmp_path)
    with pytest.raises(DataValidationError, match="is a directory, not a regular file"):
        with_secrets({"ORDER_FLOW_SECRETS": str(tmp_path)}, lambda: tmp_path)
    path = secrets_file(tmp_path)
    path.write_bytes(b"\xff" * 9)
    with pytest.raises(DataValidationError, match="not UTF-8 text"):
        with_secrets({"ORDER_FLOW_SECRETS": str(path)}, lambda: tmp_path)
    path.write_bytes(b"#" * 70_000)
    with pytest.raises(DataValidationError, match="larger than 65,536 bytes"):
        with_secrets({"ORDER_FLOW_SECRETS": str(path)}, lambda: tmp_path)


def keyring_with(monkeypatch: pytest.MonkeyPatch, entries: dict[str, str], *, broken: bool = False) -> None:
    module, errors = ModuleType("keyring"), ModuleType("keyring.errors")

    class KeyringError(Exception):
        pass

    def get_password(service: str, name: str) -> str | None:
        assert service == "orderflow-tui"
        if broken:
            raise KeyringError("SECRET")
        return entries.get(name)

    errors.KeyringError = KeyringError  # type: ignore[attr-defined]
    module.get_password = get_password  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", module)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)


def test_the_keyring(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    keyring_with(monkeypatch, {"POLYGON_API_KEY": "pk-SECRET"})
    found = with_secrets({"ORDER_FLOW_SECRETS": "keyring"}, lambda: tmp_path)
    assert found["POLYGON_API_KEY"] == "pk-SECRET"
    keyring_with(monkeypatch, {}, broken=True)
    with pytest.raises(DataValidationError, match=r"cannot be asked for POLYGON_API_KEY: KeyringError$"):
        with_secrets({"ORDER_FLOW_SECRETS": "keyring"}, lambda: tmp_path)
    monkeypatch.setitem(sys.modules, "keyring", None)
    with pytest.raises(
        DataValidationError, match=r"needs the extra of that name: pip install 'orderflow-tui\[keyring\]'$"
    ):
        with_secrets({"ORDER_FLOW_SECRETS": "keyring"}, lambda: tmp_path)
