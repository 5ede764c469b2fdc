from __future__ import annotations

import math
import pickle
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError

from orderflow_tui.config.schema import OrderFlowConfig, validate_order_flow_config
from orderflow_tui.config.sources import one_of
from orderflow_tui.config.values import VARIABLES, VENDOR_BASE_URL, VENDOR_WS_URL
from orderflow_tui.core.model.validators import DataValidationError

KEY = "sekret-key-0123456789"


def refusal(**values: Any) -> str:
    with pytest.raises(DataValidationError) as caught:
        OrderFlowConfig(**values)
    assert caught.value.code == "CONFIG_INVALID"
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_defaults_are_the_specifications() -> None:
    config = OrderFlowConfig()
    assert config.large_order_size_threshold == 10_000
    assert config.volume_spike_threshold == 3.0
    assert config.red_burst_threshold == 4.0
    assert config.alert_window_seconds == 120
    assert config.data_source == "polygon"
    assert config.polygon_api_key is None
    assert config.monitoring_mode == "positions_only"
    assert config.profile == "guarded"
    assert config.bucket_seconds == 10
    assert config.requests_per_second == 5
    assert (config.polygon_base_url, config.polygon_ws_url) == (VENDOR_BASE_URL, VENDOR_WS_URL)
    assert config.stream == "auto"
    assert config.log_dir == Path("logs/order_flow")
    assert config.positions == "positions.toml"


def test_it_is_frozen_and_hashable() -> None:
    config = OrderFlowConfig(polygon_api_key=KEY)
    with pytest.raises(ValidationError):
        config.profile = "plan"  # type: ignore[misc]
    assert hash(config) == hash(OrderFlowConfig(polygon_api_key=KEY))


@pytest.mark.parametrize(
    ("field", "value", "bound"),
    [
        ("large_order_size_threshold", 999, "1000 or more"),
        ("large_order_size_threshold", 10.5, "whole number"),
        ("large_order_size_threshold", True, "whole number"),
        ("large_order_size_threshold", 10**40, "1000 or more"),
        ("volume_spike_threshold", 1.49, "1.5 to 10.0"),
        ("volume_spike_threshold", 10.01, "1.5 to 10.0"),
        ("volume_spike_threshold", math.nan, "1.5 to 10.0"),
        ("volume_spike_threshold", "nan", "1.5 to 10.0"),
        ("volume_spike_threshold", True, "1.5 to 10.0"),
        ("red_burst_threshold", 2.9, "not below the volume spike threshold, 3.0"),
        ("red_burst_threshold", math.inf, "finite"),
        ("red_burst_threshold", math.nan, "finite"),
        ("alert_window_seconds", 29, "30 to 300"),
        ("alert_window_seconds", 301, "30 to 300"),
        ("alert_window_seconds", None, "30 to 300"),
        ("bucket_seconds", 0, "1 to 60"),
        ("bucket_seconds", 61, "1 to 60"),
        ("bucket_seconds", True, "1 to 60"),
        ("requests_per_second", 0, "above 0"),
        ("requests_per_second", "inf", "above 0"),
        ("data_source", "yahoo", one_of()),
        ("monitoring_mode", "all", "positions_only or watchlist"),
        ("profile", "wild", "guarded or plan"),
        ("stream", True, "auto, on or off"),
        ("polygon_base_url", "ftp://host", "https://"),
        ("polygon_base_url", "https://", "https://"),
        ("polygon_base_url", "https://host:port", "https://"),
        ("polygon_base_url", "https://ho\x1b[2Jst", "https://"),
        ("polygon_ws_url", "https://host", "wss://"),
        ("log_dir", "", "directory"),
        ("log_dir", "a\0b", "directory"),
        ("positions", " ", "file"),
    ],
)
def test_a_bad_value_is_refused_with_key_value_and_bound(field: str, value: object, bound: str) -> None:
    line = refusal(**{field: value})
    assert field in line
    assert bound in line
    assert line.isprintable()
    variable = {name: variable for variable, name in VARIABLES.items()}[field]
    assert variable in line
    assert (ascii(value) if value != 10**40 else "more than 30 digits") in line


@pytest.mark.parametrize(
    "values",
    [
        {"large_order_size_threshold": 1_000},
        {"volume_spike_threshold": 1.5},
        {"volume_spike_threshold": 10.0, "red_burst_threshold": 10.0},
        {"red_burst_threshold": 3.0},
        {"alert_window_seconds": 30},
        {"alert_window_seconds": 300},
        {"bucket_seconds": 1},
        {"bucket_seconds": 60},
        {"requests_per_second": 0.5},
        {"polygon_base_url": "http://127.0.0.1:8080/"},
        {"polygon_ws_url": "ws://127.0.0.1:8080/stocks"},
    ],
)
def test_the_bounds_themselves_are_legal(values: dict[str, Any]) -> None:
    config = OrderFlowConfig(**values)
    for name, value in values.items():
        assert getattr(config, name) == (value.rstrip("/") if name.endswith("url") else value)


def test_a_spike_threshold_above_the_default_burst_threshold_names_both() -> None:
    line = refusal(volume_spike_threshold=5.0)
    assert "red_burst_threshold" in line
    assert "= 4.0 refused" in line
    assert "threshold, 5.0" in line


def test_an_unknown_setting_is_refused_with_the_nearest() -> None:
    assert "did you mean alert_window_seconds?" in refusal(alert_windw_seconds=60)


@pytest.mark.parametrize("key", ["", "  ", "two words", "line\nbreak", "naïve", 5])
def test_an_unusable_key_is_refused_without_being_shown(key: object) -> None:
    line = refusal(polygon_api_key=key)
    assert "POLYGON_API_KEY" in line
    assert "two words" not in line


def test_the_key_never_shows() -> None:
    config = OrderFlowConfig(polygon_api_key=f" {KEY}\n")
    assert isinstance(config.polygon_api_key, SecretStr)
    assert config.polygon_api_key.get_secret_value() == KEY
    for text in (repr(config), str(config), config.model_dump_json(), repr(config.model_dump())):
        assert KEY not in text
    assert KEY not in refusal(polygon_api_key=KEY, bucket_seconds=0)
    assert KEY not in refusal(polygon_base_url=f"https://api.polygon.io?apiKey={KEY}")
    assert KEY not in refusal(polygon_ws_url=f"wss://{KEY}@socket.polygon.io/stocks")
    with pytest.raises(ValidationError) as caught:
        OrderFlowConfig.model_validate({"polygon_api_key": KEY, "profile": "x"})
    assert KEY not in str(caught.value)


def test_without_a_key_construction_is_legal_and_running_is_not() -> None:
    with pytest.raises(DataValidationError, match=r"POLYGON_API_KEY.*orderflow-tui demo") as caught:
        validate_order_flow_config(OrderFlowConfig())
    assert caught.value.code == "CONFIG_INVALID"
    validate_order_flow_config(OrderFlowConfig(polygon_api_key=KEY))
    validate_order_flow_config(OrderFlowConfig(data_source="replay"))
    with pytest.raises(DataValidationError, match="ORDER_FLOW_POLYGON_BASE_URL"):
        validate_order_flow_config(OrderFlowConfig(data_source="simulator"))
    validate_order_flow_config(OrderFlowConfig(data_source="simulator", polygon_base_url="http://127.0.0.1:1"))


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"polygon_base_url": "http://10.0.0.5:8080"}, "polygon_base_url"),
        ({"polygon_base_url": "http://data.example", "data_source": "simulator"}, "polygon_base_url"),
        ({"polygon_base_url": "http://127.0.0.1.example"}, "polygon_base_url"),
        ({"polygon_ws_url": "ws://10.0.0.5/stocks"}, "polygon_ws_url"),
        ({"polygon_base_url": "http://10.0.0.5:8080", "unencrypted_host": "10.0.0.5:81"}, "polygon_base_url"),
        ({"polygon_base_url": "http://a.example", "unencrypted_host": "b.example"}, "polygon_base_url"),
    ],
)
def test_a_key_is_not_sent_unencrypted_to_another_machine(values: dict[str, Any], field: str) -> None:
    with pytest.raises(DataValidationError) as caught:
        validate_order_flow_config(OrderFlowConfig(polygon_api_key=KEY, **values))
    line = str(caught.value)
    assert caught.value.code == "CONFIG_INVALID"
    assert field in line
    assert "ORDER_FLOW_UNENCRYPTED_HOST" in line
    assert "\n" not in line


@pytest.mark.parametrize(
    "values",
    [
        {"polygon_base_url": "http://127.0.0.1:8080", "polygon_ws_url": "ws://localhost:8080"},
        {"polygon_base_url": "http://[::1]:8080"},
        {"polygon_base_url": "http://10.0.0.5:8080", "unencrypted_host": "10.0.0.5:8080"},
        {"polygon_base_url": "http://Data.Example:8080", "unencrypted_host": "data.example"},
        {"polygon_base_url": "http://[fd00::5]:8080", "unencrypted_host": "[fd00::5]:8080"},
        {"polygon_ws_url": "ws://10.0.0.5/stocks", "stream": "off"},
        {"polygon_base_url": "http://10.0.0.5", "data_source": "replay"},
        {"polygon_base_url": "http://10.0.0.5", "data_source": "simulator", "polygon_api_key": None},
    ],
)
def test_unencrypted_it_goes_to_this_machine_and_to_the_host_that_is_named(values: dict[str, Any]) -> None:
    validate_order_flow_config(OrderFlowConfig(**{"polygon_api_key": KEY, **values}))


@pytest.mark.parametrize("host", ["http://10.0.0.5", "a b", "a/b", "u@h", "*", "h:port"])
def test_what_is_no_host_is_refused(host: str) -> None:
    assert "unencrypted_host" in refusal(unencrypted_host=host)


def test_from_env_reads_every_variable() -> None:
    config = OrderFlowConfig.from_env(
        {
            "POLYGON_API_KEY": f" {KEY} ",
            "ORDER_FLOW_DATA_SOURCE": "polygon",
            "ORDER_FLOW_LARGE_ORDER_SIZE": "20000",
            "ORDER_FLOW_VOLUME_SPIKE_THRESHOLD": "2.5",
            "ORDER_FLOW_RED_BURST_THRESHOLD": "6",
            "ORDER_FLOW_ALERT_WINDOW_SECONDS": "60",
            "ORDER_FLOW_MONITORING_MODE": "watchlist",
            "ORDER_FLOW_PROFILE": "plan",
            "ORDER_FLOW_BUCKET_SECONDS": "20",
            "ORDER_FLOW_REQUESTS_PER_SECOND": "2.5",
            "ORDER_FLOW_POLYGON_BASE_URL": "http://localhost:1",
            "ORDER_FLOW_POLYGON_WS_URL": "ws://localhost:1/stocks",
            "ORDER_FLOW_UNENCRYPTED_HOST": "10.0.0.5:80",
            "ORDER_FLOW_STREAM": "off",
            "ORDER_FLOW_LOG_DIR": "/tmp/x",
            "ORDER_FLOW_POSITIONS": "mine.toml",
            "PATH": "/bin",
        }
    )
    assert config == OrderFlowConfig(
        polygon_api_key=KEY,
        large_order_size_threshold=20_000,
        volume_spike_threshold=2.5,
        red_burst_threshold=6.0,
        alert_window_seconds=60,
        monitoring_mode="watchlist",
        profile="plan",
        bucket_seconds=20,
        requests_per_second=2.5,
        polygon_base_url="http://localhost:1",
        polygon_ws_url="ws://localhost:1/stocks",
        unencrypted_host="10.0.0.5:80",
        stream="off",
        log_dir="/tmp/x",
        positions="mine.toml",
    )


def test_from_env_reads_the_process_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in (*VARIABLES, "MASSIVE_API_KEY", "ORDER_FLOW_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("POLYGON_API_KEY", KEY)
    monkeypatch.setenv("ORDER_FLOW_BUCKET_SECONDS", "30")
    assert OrderFlowConfig.from_env().bucket_seconds == 30


def test_the_second_key_variable_serves_where_the_first_is_empty() -> None:
    config = OrderFlowConfig.from_env({"POLYGON_API_KEY": " ", "MASSIVE_API_KEY": KEY})
    assert config.polygon_api_key == SecretStr(KEY)


@pytest.mark.parametrize("env", [{}, {"POLYGON_API_KEY": ""}, {"ORDER_FLOW_DATA_SOURCE": "polygon"}])
def test_from_env_without_a_key_fails_at_once(env: dict[str, str]) -> None:
    with pytest.raises(DataValidationError, match="POLYGON_API_KEY"):
        OrderFlowConfig.from_env(env)


def test_from_env_names_the_variable() -> None:
    with pytest.raises(DataValidationError) as caught:
        OrderFlowConfig.from_env({"POLYGON_API_KEY": KEY, "ORDER_FLOW_ALERT_WINDOW_SECONDS": "500"})
    assert str(caught.value).startswith("ORDER_FLOW_ALERT_WINDOW_SECONDS = '500' refused: ")


@pytest.mark.parametrize("variable", sorted(VARIABLES))
def test_an_empty_variable_is_a_mistake_and_no_default(variable: str) -> None:
    with pytest.raises(DataValidationError, match=variable):
        OrderFlowConfig.from_env({"POLYGON_API_KEY": KEY, variable: ""})


def test_an_unknown_variable_is_refused_with_the_nearest_and_without_its_value() -> None:
    with pytest.raises(DataValidationError, match="did you mean ORDER_FLOW_LARGE_ORDER_SIZE") as caught:
        OrderFlowConfig.from_env({"POLYGON_API_KEY": KEY, "ORDER_FLOW_LARGE_ORDER_SIZE_THRESHOLD": "7"})
    assert caught.value.code == "CONFIG_INVALID"
    with pytest.raises(DataValidationError, match="POLYGON_API_KEY") as caught:
        OrderFlowConfig.from_env({"ORDER_FLOW_API_KEY": KEY})
    assert KEY not in str(caught.value)


@given(st.text(max_size=40))
def test_any_text_in_any_variable_is_one_printable_line_or_a_config(text: str) -> None:
    for variable in VARIABLES:
        line = "a config"
        try:
            OrderFlowConfig.from_env({"POLYGON_API_KEY": KEY, variable: text})
        except DataValidationError as error:
            line = str(error)
        assert line.isprintable()


def test_a_config_crosses_a_process_boundary() -> None:
    config = OrderFlowConfig(polygon_api_key=KEY, bucket_seconds=12)
    assert pickle.loads(pickle.dumps(config)) == config
