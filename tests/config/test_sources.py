"""The table of sources: every row loads, and what derives from it holds for every row."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orderflow_tui.config.load import load_config
from orderflow_tui.config.reload import START_ONLY
from orderflow_tui.config.schema import OrderFlowConfig, to_settings, validate_order_flow_config
from orderflow_tui.config.secrets import SECRET_NAMES
from orderflow_tui.config.sources import (
    NAMES,
    SETTINGS,
    SOURCES,
    Source,
    as_simulated,
    feed_of,
    load,
    one_of,
    source_named,
)
from orderflow_tui.config.values import SECRET_FIELDS, VARIABLES, Secret, Settings
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.journal.records import run_started
from orderflow_tui.monitor.learned_store import LearnedStore

TAUGHT = SessionStats(date(2026, 9, 21), "regular")


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.name)
def test_what_a_row_names_is_there(source: Source) -> None:
    assert source_named(source.name) is source
    for place in filter(None, (source.feed, source.checks)):
        assert callable(load(place, source.extra))
    for setting in source.settings:
        assert setting.field in Settings.__struct_fields__
        assert (setting.kind == "secret") == (setting.field in SECRET_FIELDS)
        if setting.kind == "secret":
            assert set(setting.variables) <= set(SECRET_NAMES)
            continue
        assert VARIABLES[setting.variables[0]] == setting.field
        assert setting.field in START_ONLY
        assert setting.bound or setting.kind != "value"


def test_a_setting_that_two_sources_share_is_one_setting() -> None:
    for source in SOURCES:
        for setting in source.settings:
            known = SETTINGS[setting.field]
            assert (setting.variables, setting.kind, setting.bound) == (known.variables, known.kind, known.bound)


def test_only_live_sources_journal_as_live() -> None:
    assert all(source.label.startswith("LIVE") == (source.source_class == "live") for source in SOURCES)


def test_books_may_come_from_another_source_that_has_some() -> None:
    given = {"data_source": "polygon", "depth_source": "databento"}
    env = {"POLYGON_API_KEY": "k" * 20}
    with pytest.raises(DataValidationError, match="DATABENTO_API_KEY is not set"):
        validate_order_flow_config(load_config(given, env=env, files=False).config)
    validate_order_flow_config(load_config(given, env={**env, "DATABENTO_API_KEY": "d" * 20}, files=False).config)
    for wrong in ("alpaca", "nobody", ""):
        with pytest.raises(DataValidationError, match="must be databento or ibkr"):
            load_config({**given, "depth_source": wrong}, env=env, files=False)
    with pytest.raises(DataValidationError, match="another one than the data source"):
        load_config({"data_source": "databento", "depth_source": "databento"}, env=env, files=False)


def test_the_choices_are_the_tables() -> None:
    assert one_of() == "polygon, simulator, alpaca, databento, ibkr or replay"
    for name in NAMES:
        assert OrderFlowConfig(data_source=name).data_source == name
    with pytest.raises(DataValidationError, match=one_of()):
        OrderFlowConfig(data_source="yahoo")


def test_a_source_that_needs_a_key_says_so_without_it() -> None:
    for source in SOURCES:
        needed = [setting for setting in source.settings if setting.needed]
        if not needed:
            validate_order_flow_config(OrderFlowConfig(data_source=source.name))
            continue
        with pytest.raises(DataValidationError, match=f"{needed[0].variables[0]} is not set.*{source.name} needs"):
            validate_order_flow_config(OrderFlowConfig(data_source=source.name))


def test_another_sources_key_refuses_nothing() -> None:
    """A broker's key with a space in it is the broker's trouble."""
    for source in SOURCES:
        own = {setting.field for setting in source.settings}
        for name in SECRET_FIELDS - own:
            assert getattr(OrderFlowConfig(data_source=source.name, **{name: "not usable"}), name) is None


@pytest.mark.parametrize("source", [source for source in SOURCES if source.feed], ids=lambda source: source.name)
def test_a_demo_reaches_its_market_by_the_row_alone(source: Source) -> None:
    """All that a source needs is filled in, nothing goes to another machine, and the run is no live one."""
    reached = {"url": "http://127.0.0.1:9", "ws": "ws://127.0.0.1:9", "host": "127.0.0.1", "port": "9", "key": "k" * 20}
    if source.name == "polygon":
        source = source_named("simulator")
    given, env = source.reach(reached)
    loaded = load_config(given, env=env, files=False)
    validate_order_flow_config(loaded.config)
    for setting in source.settings:
        if setting.kind in ("http", "ws") and setting.simulated:
            assert "127.0.0.1" in getattr(loaded.config, setting.field)
    assert as_simulated(source).source_class == "simulated"
    assert as_simulated(source).label.startswith("SIMULATED")


def test_a_missing_library_is_one_line_that_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "needs_a_library.py").write_text("import a_library_nobody_has\n")
    with pytest.raises(
        DataValidationError, match=r"^a_library_nobody_has is not installed: pip install 'orderflow-tui\[its\]'$"
    ):
        load("needs_a_library:Feed", "its")
    with pytest.raises(ModuleNotFoundError):
        load("needs_a_library:Feed")


def test_a_source_with_a_command_of_its_own_is_refused_in_one_line() -> None:
    for source in SOURCES:
        if source.feed:
            assert feed_of(source) is load(source.feed)
        else:
            with pytest.raises(DataValidationError, match=f"orderflow-tui {source.name}"):
                feed_of(source)


def test_secrets_are_known_by_their_type() -> None:
    assert {
        name for name in Settings.__struct_fields__ if "Secret" in str(Settings.__annotations__[name])
    } == SECRET_FIELDS
    settings = to_settings(OrderFlowConfig(**dict.fromkeys(SECRET_FIELDS, "0123456789abcdef")))
    for name in SECRET_FIELDS:
        assert isinstance(getattr(settings, name), Secret)
        assert name not in settings.recorded()
    assert "0123456789abcdef" not in str(settings.recorded())


@pytest.mark.parametrize("leak", [{"other_api_key": "hidden"}, {"other": Secret("0123456789")}])
def test_no_secret_of_any_name_is_recorded(leak: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no place in the journal"):
        run_started(version="1", host="h", symbols=[], settings={"profile": "plan", **leak})


def test_what_one_source_taught_is_not_anothers(tmp_path: Path) -> None:
    LearnedStore(tmp_path, "alpaca-iex").save("BAC", TAUGHT)
    assert LearnedStore(tmp_path).load("BAC") == {}
    assert list(LearnedStore(tmp_path, "alpaca-iex").load("BAC")) == [TAUGHT.session]


def test_what_one_data_set_taught_is_not_anothers(tmp_path: Path) -> None:
    store = LearnedStore(tmp_path, "alpaca")
    store.dataset = "iex"
    store.save("BAC", TAUGHT)
    store.dataset = "../sip"
    assert store.load("BAC") == {}
    store.save("BAC", TAUGHT)
    assert not store.problem
    assert {path.name for path in tmp_path.iterdir()} == {"learned-alpaca-iex", "learned-alpaca-__sip"}


def test_a_sources_folder_that_is_a_link_is_not_written_through(tmp_path: Path) -> None:
    """Neither the folder of the first source nor that of another leads elsewhere."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    for under in ("", "alpaca-iex"):
        journal = tmp_path / f"journal{under}"
        journal.mkdir()
        (journal / "learned").symlink_to(elsewhere)
        LearnedStore(journal, under).save("BAC", TAUGHT)
    assert not list(elsewhere.rglob("*"))
