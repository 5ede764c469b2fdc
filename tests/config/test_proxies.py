"""The proxy of the environment: used, refused in one line, never shown."""

from __future__ import annotations

import pytest

from orderflow_tui.config.proxies import proxy_of
from orderflow_tui.core.model.validators import DataValidationError

NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def _none_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize(
    ("variables", "url", "proxy"),
    [
        ({}, "https://api.polygon.io", None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://api.polygon.io", "http://proxy:3128"),
        ({"ALL_PROXY": "https://proxy"}, "https://api.polygon.io", "https://proxy"),
        ({"HTTP_PROXY": "http://proxy:3128"}, "https://api.polygon.io", None),
        ({"ALL_PROXY": "http://proxy", "NO_PROXY": "polygon.io"}, "https://api.polygon.io", None),
        ({"ALL_PROXY": "socks5://proxy"}, "http://127.0.0.1:8080", None),
        ({"ALL_PROXY": "socks5://proxy", "HTTPS_PROXY": "http://proxy"}, "https://api.polygon.io", "http://proxy"),
    ],
)
def test_which_proxy(variables: dict[str, str], url: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert proxy_of(url) == proxy


@pytest.mark.parametrize("name", ["ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize(
    "value",
    [
        "socks5://user:hunter2@proxy:9",
        "proxy.hunter2:3128",
        "http://",
        "http://hunter2:port",
        "http://[hunter2",
        "://hunter2",
        "http://hunter2 x",
        "http://hunt\u00e9r2",
        "ftp://hunter2",
    ],
)
def test_one_that_cannot_be_used_is_named_and_not_shown(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(DataValidationError) as refused:
        proxy_of("https://api.polygon.io")
    said = str(refused.value)
    assert said.startswith(f"{name} refused: must be http://host:port")
    assert "hunt" not in said
    assert "\n" not in said
