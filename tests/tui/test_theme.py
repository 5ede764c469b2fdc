from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from orderflow_tui.tui.theme import FALLBACK_SIGNALS, ThemeError, contrast, load_themes, read_theme, theme_folders
from tests.tui.driving import press, running, toasts
from tests.tui.fake import busy_market, calm_market

SHIPPED = theme_folders()[0]


def content() -> dict[str, object]:
    loaded = yaml.safe_load((SHIPPED / "dark.yaml").read_text(encoding="utf-8"))
    assert isinstance(loaded, dict)
    return loaded


def refused(**changes: object) -> str:
    with pytest.raises(ThemeError) as caught:
        read_theme(yaml.safe_dump({**content(), **changes}))
    return str(caught.value)


def test_the_shipped_themes_are_good() -> None:
    themes, problems = load_themes([SHIPPED])
    assert problems == []
    assert set(themes) == {"dark", "light", "high-contrast", "colour-blind", "terminal"}
    assert all(set(FALLBACK_SIGNALS) <= set(theme.variables) for theme in themes.values())


def test_what_is_wrong_is_named_with_key_and_reason() -> None:
    signals = content()["signals"]
    assert isinstance(signals, dict)
    assert refused(primry="red") == "unknown key 'primry', did you mean 'primary'?"
    assert refused(primary="#12") == "key 'primary': '#12' is not a colour"
    assert refused(primary={"get": "nocolor"}).startswith("key 'primary': {'get': 'nocolor'} is not text")
    assert refused(name="Bad Name").startswith("key 'name'")
    assert refused(dark="yes") == "key 'dark': 'yes' is neither true nor false"
    assert refused(boost="nope") == "key 'boost': 'nope' is not a colour"
    assert refused(signals=[]) == "key 'signals': expected keys and values"
    assert refused(**{"1": 2}) == "unknown key '1'"
    assert refused(signals={**signals, "bidd": "red"}) == "unknown key 'signals.bidd', did you mean 'bid'?"
    assert refused(signals={**signals, "ask": "notacolour"}) == "key 'signals.ask': 'notacolour' is not a colour"
    assert (
        refused(signals={key: value for key, value in signals.items() if key != "exit"})
        == "key 'signals.exit' is missing"
    )
    assert refused(signals={**signals, "bid": "#101010"}).startswith("key 'signals.bid': contrast 1.0")
    assert "is missing" in refused_text("name: x")
    assert refused_text("- a\n- b") == "expected keys and values"
    assert refused_text("a: [").startswith("not YAML")


def refused_text(text: str) -> str:
    with pytest.raises(ThemeError) as caught:
        read_theme(text)
    return str(caught.value)


def test_contrast_is_the_usual_ratio() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_a_bad_file_costs_one_message_and_the_rest_is_used(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("name: [", encoding="utf-8")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump({**content(), "name": "mine"}), encoding="utf-8")
    themes, problems = load_themes([SHIPPED, tmp_path, tmp_path / "missing"])
    assert "mine" in themes
    assert [problem.split(":")[0] for problem in problems] == ["theme bad.yaml", "theme binary.yaml"]


async def test_bad_themes_are_told_and_never_stop_the_app(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "orderflow-tui" / "themes"
    folder.mkdir(parents=True)
    (folder / "bad.yaml").write_text("primry: '[/]'", encoding="utf-8")
    async with running(calm_market(), theme="nowhere") as (app, _):
        assert app.theme == "dark"
        assert any(message.startswith("theme bad.yaml: ") for message in toasts(app))
        assert any("'nowhere' is not there" in message for message in toasts(app))


async def test_every_theme_paints_every_state() -> None:
    async with running(busy_market()) as (app, pilot):
        seen = set()
        for _ in app.theme_names:
            seen.add(app.theme)
            await press(pilot, "t")
        assert seen == {"dark", "light", "high-contrast", "colour-blind", "terminal"}
