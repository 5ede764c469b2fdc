"""Keys are put where they are read from, for the owner alone, and other lines stay."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from orderflow_tui.config.secrets import read_secrets
from orderflow_tui.config.secrets_file import secrets_place, store_secrets
from orderflow_tui.core.model.validators import DataValidationError


def test_a_new_file_is_the_owners_alone(tmp_path: Path) -> None:
    place = secrets_place({}, lambda: tmp_path / "config")
    assert place == tmp_path / "config" / "secrets.env"
    store_secrets(place, {"APCA_API_KEY_ID": "PK1", "APCA_API_SECRET_KEY": "'odd'"})
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert read_secrets(place) == {"APCA_API_KEY_ID": "PK1", "APCA_API_SECRET_KEY": "'odd'"}


def test_other_lines_stay(tmp_path: Path) -> None:
    place = secrets_place({"ORDER_FLOW_SECRETS": str(tmp_path / "mine")}, lambda: tmp_path)
    assert place is not None
    place.touch(0o600)
    place.write_text("# mine\nexport POLYGON_API_KEY=old\nDATABENTO_API_KEY=db-1\n")
    store_secrets(place, {"POLYGON_API_KEY": "new"})
    assert place.read_text() == "# mine\nPOLYGON_API_KEY=new\nDATABENTO_API_KEY=db-1\n"


@pytest.mark.parametrize("value", ["", " x", "a\nPOLYGON_API_KEY=b", "a\x00"])
def test_what_is_no_key_changes_nothing(tmp_path: Path, value: str) -> None:
    with pytest.raises(DataValidationError):
        store_secrets(tmp_path / "secrets.env", {"POLYGON_API_KEY": value})
    assert not (tmp_path / "secrets.env").exists()


def test_a_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "secrets.env"
    place.write_text("")
    place.chmod(0o644)
    with pytest.raises(DataValidationError, match="read by others"):
        store_secrets(place, {"POLYGON_API_KEY": "new"})
    assert place.read_text() == ""


def test_the_keyring_is_named(tmp_path: Path) -> None:
    assert secrets_place({"ORDER_FLOW_SECRETS": "keyring"}, lambda: tmp_path) is None
