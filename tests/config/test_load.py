from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from orderflow_tui.config.load import LoadedConfig, describe, find_file, load_config, user_config_folder
from orderflow_tui.config.reload import ConfigWatcher
from orderflow_tui.core.model.validators import DataValidationError

KEY = "sekret-key-0123456789"
ENV = {"POLYGON_API_KEY": KEY}


@pytest.fixture(autouse=True)
def _own_config_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))


def write(folder: Path, text: str, name: str = "orderflow.toml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def refusal(tmp_path: Path, text: str, **arguments: Any) -> str:
    write(tmp_path, text)
    with pytest.raises(DataValidationError) as caught:
        load_config(env=arguments.pop("env", {}), cwd=tmp_path, **arguments)
    assert caught.value.code == "CONFIG_INVALID"
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_each_source_wins_over_the_next(tmp_path: Path) -> None:
    path = write(tmp_path, 'bucket_seconds = 20\nalert_window_seconds = 60\nprofile = "plan"')
    loaded = load_config(
        {"bucket_seconds": 40, "stream": None}, ENV | {"ORDER_FLOW_ALERT_WINDOW_SECONDS": "90"}, tmp_path
    )
    config = loaded.config
    assert (config.bucket_seconds, config.alert_window_seconds, config.profile) == (40, 90, "plan")
    assert loaded.provenance["bucket_seconds"] == "command line"
    assert loaded.provenance["alert_window_seconds"] == "ORDER_FLOW_ALERT_WINDOW_SECONDS"
    assert loaded.provenance["profile"] == str(path)
    assert loaded.provenance["stream"] == "default"
    assert loaded.provenance["polygon_api_key"] == "POLYGON_API_KEY"
    assert loaded.path == path


def test_the_file_is_looked_for_in_order(tmp_path: Path) -> None:
    here, named, flagged = tmp_path / "here", tmp_path / "named.toml", tmp_path / "flagged.toml"
    write(user_config_folder(), "bucket_seconds = 11")
    assert load_config(env={}, cwd=tmp_path).config.bucket_seconds == 11
    write(here, "bucket_seconds = 12")
    assert load_config(env={}, cwd=here).config.bucket_seconds == 12
    write(tmp_path, "bucket_seconds = 13", named.name)
    assert load_config(env={"ORDER_FLOW_CONFIG": str(named)}, cwd=here).config.bucket_seconds == 13
    write(tmp_path, "bucket_seconds = 14", flagged.name)
    assert load_config(env={"ORDER_FLOW_CONFIG": str(named)}, cwd=here, path=flagged).config.bucket_seconds == 14
    assert load_config(env={}, cwd=tmp_path, path="flagged.toml").config.bucket_seconds == 14


def test_without_any_file_the_defaults_stand(tmp_path: Path) -> None:
    loaded = load_config(env={}, cwd=tmp_path)
    assert loaded.path is None
    assert set(loaded.provenance.values()) == {"default"}


def test_a_named_file_must_exist(tmp_path: Path) -> None:
    with pytest.raises(DataValidationError, match="cannot be read"):
        load_config(env={}, cwd=tmp_path, path="nowhere.toml")
    with pytest.raises(DataValidationError, match="a directory, not a regular file"):
        load_config(env={"ORDER_FLOW_CONFIG": str(tmp_path)}, cwd=tmp_path)
    with pytest.raises(DataValidationError, match="ORDER_FLOW_CONFIG"):
        load_config(env={"ORDER_FLOW_CONFIG": ""}, cwd=tmp_path)


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("alert_window_seconds = 500", ("orderflow.toml: alert_window_seconds = 500 refused", "30 to 300")),
        ("red_burst_threshold = nan", ("red_burst_threshold = nan",)),
        ("bucket_seconds = true", ("bucket_seconds = True",)),
        ("bukcet_seconds = 3", ("unknown key 'bukcet_seconds'", "did you mean bucket_seconds?")),
        ('"\\u001b[2J" = 3', ("unknown key '\\x1b[2J'",)),
        ("= 3", ("not valid TOML", "line 1")),
        ("a = " + "[" * 5000, ("not valid TOML",)),
        ("bucket_seconds = " + "9" * 5000, ("not valid TOML",)),
        ("ui = 3", ("must be a table",)),
        ("symbols = 3", ("must be a table",)),
        ("[symbols]\nAAPL = 3", ("[symbols.AAPL] = 3", "must be a table")),
        ("[symbols.AAPL]\nred_burst_threshold = 2", ("[symbols.AAPL] red_burst_threshold = 2", "threshold, 3.0")),
        ("[symbols.AAPL]\nalert_windw_seconds = 60", ("[symbols.AAPL] unknown key", "did you mean alert_window")),
        ("[symbols.AAPL]\nlog_dir = 'x'", ("[symbols.AAPL] unknown key 'log_dir'",)),
        ("[symbols.'../x']\nbucket_seconds = 5", ("not a ticker",)),
        ("[symbols.BRK-B]\nbucket_seconds = 5\n[symbols.'BRK/B']\nbucket_seconds = 6", ("BRK.B", "twice")),
    ],
)
def test_a_bad_file_is_refused_in_one_line(tmp_path: Path, text: str, parts: tuple[str, ...]) -> None:
    line = refusal(tmp_path, text)
    for part in parts:
        assert part in line


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_bytes(b"a = '\xff'")
    with pytest.raises(DataValidationError, match="UTF-8"):
        load_config(env={}, cwd=tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        f'polygon_api_key = "{KEY}"',
        f'api_key = "{KEY}"',
        f'POLYGON_API_KEY = "{KEY}"',
        f'[symbols.AAPL]\napi_key = "{KEY}"',
        f'[ui]\napikey = "{KEY}"',
    ],
)
def test_a_key_in_the_file_is_refused_and_told_where_to_go(tmp_path: Path, text: str) -> None:
    line = refusal(tmp_path, text)
    assert "POLYGON_API_KEY" in line
    assert "in the environment" in line
    assert KEY not in line


def test_a_refused_override_names_the_command_line(tmp_path: Path) -> None:
    line = refusal(tmp_path, "", overrides={"bucket_seconds": 99})
    assert line.startswith("bucket_seconds (command line) = 99 refused")
    assert "did you mean bucket_seconds" in refusal(tmp_path, "", overrides={"bucket_second": 9})


def test_thresholds_by_symbol(tmp_path: Path) -> None:
    write(tmp_path, '[symbols.BRK-B]\nlarge_order_size_threshold = 1000\nprofile = "plan"\n[symbols.SPY]')
    loaded = load_config({"bucket_seconds": 20}, ENV, tmp_path)
    brk = loaded.for_symbol("BRK.B")
    assert (brk.large_order_size_threshold, brk.profile, brk.bucket_seconds) == (1_000, "plan", 20)
    assert brk.polygon_api_key == loaded.config.polygon_api_key
    assert loaded.for_symbol("SPY") == loaded.config
    assert loaded.for_symbol("AAPL") is loaded.config
    assert loaded.config.large_order_size_threshold == 10_000


def test_paths_in_the_file_start_at_the_file(tmp_path: Path) -> None:
    write(tmp_path / "conf", 'log_dir = "logs"\npositions = "mine.toml"')
    loaded = load_config(env={"ORDER_FLOW_CONFIG": "conf/orderflow.toml"}, cwd=tmp_path)
    assert loaded.config.log_dir == tmp_path / "conf" / "logs"
    assert loaded.config.positions == str(tmp_path / "conf" / "mine.toml")
    loaded = load_config(env={"ORDER_FLOW_CONFIG": "conf/orderflow.toml", "ORDER_FLOW_LOG_DIR": "logs"}, cwd=tmp_path)
    assert loaded.config.log_dir == Path("logs")


def test_screen_tables_pass_through(tmp_path: Path) -> None:
    write(tmp_path, '[ui]\nfps = 4\ntheme = "night"\n[keys]\nacknowledge = "f2"')
    loaded = load_config(env={}, cwd=tmp_path)
    assert dict(loaded.ui) == {"fps": 4, "theme": "night"}
    assert dict(loaded.keys) == {"acknowledge": "f2"}


def test_journals_never_mix(tmp_path: Path) -> None:
    loaded = load_config(env={}, cwd=tmp_path)
    assert not loaded.log_dir_explicit
    assert loaded.journal_dir("live") == Path("logs/order_flow")
    assert loaded.journal_dir("simulated") == Path("logs/demo")
    assert loaded.journal_dir("replayed", "/data/bac 2013.jsonl.gz", "r1") == Path("logs/replay/bac_2013-r1")
    assert loaded.journal_dir("replayed", "../..", "../r") == Path("logs/replay/recording-.._r")
    explicit = load_config({"log_dir": tmp_path / "mine"}, {}, tmp_path)
    assert explicit.log_dir_explicit
    assert {explicit.journal_dir(kind) for kind in ("live", "simulated", "replayed")} == {tmp_path / "mine"}


def test_describe_shows_no_argument_and_no_address_of_notify(tmp_path: Path) -> None:
    write(
        tmp_path,
        """[notify]
quiet_hours = "22:00-07:00"
url = "json://hidden-1"
[notify.command]
argv = ["/home/me/tell", "--to", "hidden-2"]
at_least = "critical"
[notify.push]
urls = ["json://hidden-3"]
[notify.command.more]
x = "hidden-4"
""",
    )
    said = "\n".join(describe(load_config(env={}, cwd=tmp_path)))
    assert "hidden" not in said
    for line in (
        "[notify] quiet_hours = 22:00-07:00 (",
        "[notify] url = (not shown) (",
        "[notify.command] argv = /home/me/tell, 2 arguments (not shown) (",
        "[notify.command] at_least = critical (",
        "[notify.push] urls = (not shown) (",
    ):
        assert line in said


def test_describe_names_every_setting_its_value_and_its_origin(tmp_path: Path) -> None:
    path = write(tmp_path, "bucket_seconds = 20\n[symbols.SPY]\nbucket_seconds = 5\n[ui]\nfps = 4")
    lines = describe(load_config({"profile": "plan"}, ENV, tmp_path))
    assert f"bucket_seconds = 20 ({path})" in lines
    assert "profile = plan (command line)" in lines
    assert "alert_window_seconds = 120 (default)" in lines
    assert "polygon_api_key = set (POLYGON_API_KEY)" in lines
    assert f"[symbols.SPY] bucket_seconds = 5 ({path})" in lines
    assert f"[ui] fps = 4 ({path})" in lines
    assert KEY not in "".join(lines)
    assert "polygon_api_key = not set (POLYGON_API_KEY or MASSIVE_API_KEY)" in describe(
        load_config(env={}, cwd=tmp_path)
    )


def watcher(tmp_path: Path) -> ConfigWatcher:
    load = partial(load_config, {"stream": "off"}, ENV, tmp_path)
    return ConfigWatcher(load(), load)


def test_what_cannot_be_checked_any_more_leaves_the_old_settings(tmp_path: Path) -> None:
    (tmp_path / "orderflow.toml").write_text("bucket_seconds = 20")

    def gone() -> LoadedConfig:
        raise ModuleNotFoundError("pydantic")

    watched = ConfigWatcher(load_config(env={}, cwd=tmp_path), gone)
    (tmp_path / "orderflow.toml").write_text("bucket_seconds = 21 ")
    assert watched.poll() is None
    assert watched.message.endswith("cannot be checked: ModuleNotFoundError (the old settings still apply)")
    assert watched.loaded.config.bucket_seconds == 20


def rewrite(path: Path, text: str) -> None:
    """As editors do it: a new file renamed over the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(path)


def test_a_changed_file_is_reloaded(tmp_path: Path) -> None:
    path = write(tmp_path, "bucket_seconds = 20")
    watch = watcher(tmp_path)
    assert watch.poll() is None
    rewrite(path, "bucket_seconds = 30\n[symbols.SPY]\nbucket_seconds = 7")
    fresh = watch.poll()
    assert isinstance(fresh, LoadedConfig)
    assert fresh.config.bucket_seconds == 30
    assert fresh.config.stream == "off"
    assert fresh.for_symbol("SPY").bucket_seconds == 7
    assert watch.loaded is fresh
    assert watch.message == ""
    assert watch.poll() is None


def test_a_bad_file_is_refused_and_the_old_values_stay(tmp_path: Path) -> None:
    path = write(tmp_path, "bucket_seconds = 20")
    watch = watcher(tmp_path)
    rewrite(path, "bucket_seconds = 99")
    assert watch.poll() is None
    assert "bucket_seconds = 99" in watch.message
    assert watch.loaded.config.bucket_seconds == 20
    assert watch.poll() is None
    assert watch.message
    path.unlink()
    assert watch.poll() is None
    assert "gone" in watch.message
    rewrite(path, "bucket_seconds = 25")
    assert watch.poll() is not None
    assert watch.message == ""
    assert watch.loaded.config.bucket_seconds == 25


def test_wiring_waits_for_the_next_start_and_says_so(tmp_path: Path) -> None:
    path = write(tmp_path, "")
    watch = watcher(tmp_path)
    rewrite(
        path,
        'log_dir = "/elsewhere"\nprofile = "plan"\nbucket_seconds = 15\n'
        '[symbols.SPY]\nbucket_seconds = 5\n[symbols.QQQ]\nprofile = "plan"',
    )
    fresh = watch.poll()
    assert fresh is not None
    assert fresh.config.log_dir == Path("logs/order_flow")
    assert not fresh.log_dir_explicit
    assert (fresh.config.profile, fresh.config.bucket_seconds) == ("guarded", 15)
    assert (fresh.for_symbol("SPY").profile, fresh.for_symbol("SPY").bucket_seconds) == ("guarded", 5)
    assert fresh.for_symbol("QQQ").profile == "plan"
    assert "profile, log_dir from the next start" in watch.message


def test_without_a_file_there_is_nothing_to_watch(tmp_path: Path) -> None:
    watch = watcher(tmp_path)
    write(tmp_path, "bucket_seconds = 20")
    assert watch.poll() is None


def test_a_file_that_appears_later_is_taken_up(tmp_path: Path) -> None:
    def load() -> LoadedConfig:
        return load_config({}, {}, tmp_path)

    watched = ConfigWatcher(load(), load, lambda: find_file({}, tmp_path))
    assert watched.poll() is None
    path = tmp_path / "orderflow.toml"
    path.write_text("bucket_seconds = 700\n")
    assert watched.poll() is None
    assert "bucket_seconds = 700 refused" in watched.message
    path.write_text("bucket_seconds = 7\n")
    found = watched.poll()
    assert found is not None
    assert (found.path, found.config.bucket_seconds) == (path, 7)
    assert watched.message == ""
    assert watched.poll() is None
    path.unlink()
    assert watched.poll() is None
    assert "is gone" in watched.message
