"""What is checked without pydantic is what pydantic makes of it, or is left to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from orderflow_tui.config.load import load_config, read_given
from orderflow_tui.config.quick_check import plainly_right
from orderflow_tui.config.schema import OrderFlowConfig, to_settings, validate_order_flow_config
from orderflow_tui.config.values import Settings
from orderflow_tui.core.model.validators import DataValidationError

KEY = "not-a-real-key"
USUAL = {"POLYGON_API_KEY": KEY}


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


def both(env: dict[str, str], overrides: dict[str, object], file: str, folder: Path) -> tuple[object, object]:
    """What the quick check says, and what the whole one does: its settings, or None where it refuses them."""
    (folder / "orderflow.toml").write_text(file)
    quick = plainly_right(read_given(overrides, env, folder))
    try:
        whole = load_config(overrides, env, folder)
        validate_order_flow_config(whole.config)
    except DataValidationError:
        return quick, None
    return quick, whole


def test_the_defaults_are_written_once() -> None:
    assert Settings() == to_settings(OrderFlowConfig())


@pytest.mark.parametrize(
    ("env", "overrides", "file"),
    [
        (USUAL, {}, ""),
        ({"POLYGON_API_KEY": f" {KEY} "}, {"log_dir": "~/days", "profile": "plan"}, "[ui]\nfps = 4"),
        (USUAL, {"record": "days"}, "log_dir = 'journal'\npositions = 'mine.toml'\nstream = 'off'\n[keys]\nquit = 'x'"),
        (
            {**USUAL, "ORDER_FLOW_DATA_SOURCE": "simulator", "ORDER_FLOW_POLYGON_BASE_URL": "http://127.0.0.1:1/"},
            {"positions": "alpaca"},
            "monitoring_mode = 'watchlist'",
        ),
        ({**USUAL, "APCA_API_KEY_ID": "id", "APCA_API_SECRET_KEY": KEY, "ORDER_FLOW_DATA_SOURCE": "alpaca"}, {}, ""),
    ],
)
def test_usual_settings_need_no_second_look(
    env: dict[str, str], overrides: dict[str, object], file: str, tmp_path: Path
) -> None:
    quick, whole = both(env, overrides, file, tmp_path)
    assert quick is not None
    assert quick == whole


@pytest.mark.parametrize(
    ("env", "overrides", "file"),
    [
        ({}, {}, ""),
        ({"POLYGON_API_KEY": "a b"}, {}, ""),
        (USUAL, {"data_source": "yahoo"}, ""),
        (USUAL, {"data_source": "simulator"}, ""),
        (USUAL, {"data_source": "databento"}, ""),
        (USUAL, {"profile": "wild"}, ""),
        (USUAL, {"stream": "maybe"}, ""),
        (USUAL, {"bucket_seconds": "0"}, ""),
        (USUAL, {"polygon_base_url": "http://data.example"}, ""),
        (USUAL, {"polygon_base_url": "https://host:port"}, ""),
        (USUAL, {"polygon_ws_url": "https://host"}, ""),
        (USUAL, {"log_dir": "a\0b"}, ""),
        (USUAL, {"positions": " "}, ""),
        (USUAL, {}, "profile = 3"),
        (USUAL, {}, "stream = true"),
        (USUAL, {}, "log_dir = ['a']"),
        (USUAL, {}, "[symbols.AAPL]\nbucket_seconds = 0"),
    ],
)
def test_what_is_refused_is_left_to_the_whole_check(
    env: dict[str, str], overrides: dict[str, object], file: str, tmp_path: Path
) -> None:
    assert both(env, overrides, file, tmp_path) == (None, None)


def test_a_proxy_is_left_to_the_whole_check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://10.0.0.1")
    assert both(USUAL, {}, "", tmp_path) == (None, None)
