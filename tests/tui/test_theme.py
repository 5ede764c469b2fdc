from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from textual.color import Color

from orderflow_tui.tui.look import theme_switcher
from orderflow_tui.tui.look.shipped_themes import DEFAULT, THEMES
from orderflow_tui.tui.look.styled_lines import COLORED
from orderflow_tui.tui.look.theme import FALLBACK_SIGNALS, ThemeError, contrast, load_themes, read_theme, theme_folders
from tests.tui import write_shipped_themes
from tests.tui.contrast import grey
from tests.tui.driving import press, running, toasts
from tests.tui.fake import busy_market, calm_market

SHIPPED = theme_folders()[0]
NAMES = {"dark", "light", "high-contrast", "colour-blind", "colour-blind-light", "terminal"}
TEXT = (
    "bid", "ask", "buy", "sell", "profit", "loss", "muted", "strong", "exit-line", "alert", "watch", "calm", "stale",
)  # fmt: skip
PLAIN = [token for token in TEXT if token not in COLORED]
PAIRS = ("picked", "exit", "blind", "live", "simulated")


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
    assert set(themes) == NAMES
    assert all(set(FALLBACK_SIGNALS) <= set(theme.variables) for theme in themes.values())


def test_the_embedded_themes_are_the_files() -> None:
    assert write_shipped_themes.TARGET.read_text(encoding="utf-8") == write_shipped_themes.module()
    assert write_shipped_themes.shipped() == THEMES
    assert DEFAULT.name == "dark"


def test_a_shipped_file_that_was_changed_is_read_anew() -> None:
    text = (SHIPPED / "dark.yaml").read_text(encoding="utf-8")
    assert read_theme(text) is DEFAULT
    assert read_theme(text.replace("#5b8db8", "#00ff00")).primary == "#00ff00"


async def test_the_files_are_read_after_the_first_paint_or_when_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    changed = replace(DEFAULT, primary="#00ff00")
    monkeypatch.setattr(theme_switcher, "DEFAULT", changed)
    async with running(calm_market()) as (app, pilot):
        assert app.theme == "dark"
        assert set(app.theme_names) == NAMES
        await pilot.pause()
        assert app.current_theme == DEFAULT


def test_what_is_wrong_is_named_with_key_and_reason() -> None:
    signals = content()["signals"]
    assert isinstance(signals, dict)
    assert refused(primry="red") == "unknown key 'primry', did you mean 'primary'?"
    assert refused(primary="#12") == "key 'primary': '#12' is not a colour"
    assert refused(primary={"get": "nocolor"}) == "key 'primary': a dict is not text"
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
        assert any("'nowhere' not found" in message for message in toasts(app))


async def test_every_theme_paints_every_state() -> None:
    async with running(busy_market()) as (app, pilot):
        seen = set()
        for _ in app.theme_names:
            seen.add(app.theme)
            await press(pilot, "T")
        assert seen == NAMES


def shipped() -> dict[str, dict[str, str]]:
    """Each shipped theme's colours that are not the terminal's own, with `background` and `surface` among its signals."""
    found = {}
    for path in SHIPPED.glob("*.yaml"):
        theme = yaml.safe_load(path.read_text(encoding="utf-8"))
        if not theme.get("ansi"):
            plain = {key: value for key, value in theme.items() if isinstance(value, str)}
            found[theme["name"]] = {**plain, **theme["signals"]}
    return found


@pytest.mark.parametrize("name", sorted(NAMES - {"terminal"}))
def test_text_can_be_read_and_marks_be_seen(name: str) -> None:
    colours = shipped()[name]
    for under in ("background", "surface", "bar"):
        poor = {token: contrast(colours[token], colours[under]) for token in (*TEXT, "foreground")}
        assert {token: ratio for token, ratio in poor.items() if ratio < 4.5} == {}, under
    for token in PAIRS:
        assert contrast(colours[f"{token}-text"], colours[token]) >= 4.5, token


@pytest.mark.parametrize("name", sorted(NAMES - {"terminal"}))
def test_text_can_be_read_without_colour(name: str) -> None:
    colours = shipped()[name]
    for under in ("background", "surface", "bar"):
        ratios = {token: contrast(grey(colours[token]), grey(colours[under])) for token in PLAIN}
        assert {token: ratio for token, ratio in ratios.items() if ratio < 4.5} == {}, under
    for token in ("picked", "live", "simulated"):  # exit and blind are reversed there
        assert contrast(grey(colours[f"{token}-text"]), grey(colours[token])) >= 4.5, token


# Linear RGB as people without red, or without green, receptors see it (Vienot, Brettel and Mollon 1999).
WITHOUT_RED = ((0.11238, 0.88762, 0.0), (0.11238, 0.88762, 0.0), (0.00401, -0.00401, 1.0))
WITHOUT_GREEN = ((0.29275, 0.70725, 0.0), (0.29275, 0.70725, 0.0), (-0.02234, 0.02234, 1.0))


def seen(colour: str, sight: tuple[tuple[float, ...], ...]) -> tuple[float, ...]:
    linear = [(value / 255) ** 2.2 for value in Color.parse(colour).rgb]
    mixed = [sum(share * value for share, value in zip(row, linear, strict=True)) for row in sight]
    return tuple(max(0.0, value) ** (1 / 2.2) for value in mixed)


@pytest.mark.parametrize("name", ["colour-blind", "colour-blind-light"])
@pytest.mark.parametrize("sight", [WITHOUT_RED, WITHOUT_GREEN], ids=["without red", "without green"])
def test_the_pair_stays_apart_with_a_colour_vision_deficiency(name: str, sight: tuple[tuple[float, ...], ...]) -> None:
    colours = shipped()[name]
    for one, other in (("bid", "ask"), ("buy", "sell"), ("profit", "loss")):
        apart = zip(seen(colours[one], sight), seen(colours[other], sight), strict=True)
        assert sum((a - b) ** 2 for a, b in apart) ** 0.5 > 0.4


async def test_a_changed_theme_is_taken_up(tmp_path: Path) -> None:
    folder = tmp_path / "config" / "orderflow-tui" / "themes"
    folder.mkdir(parents=True)
    path = folder / "mine.yaml"
    mine = {**content(), "name": "mine"}
    path.write_text(yaml.safe_dump(mine), encoding="utf-8")
    async with running(busy_market(), theme="mine") as (app, pilot):
        app._follow_themes()
        signals = dict(mine["signals"])  # type: ignore[call-overload]
        path.write_text(yaml.safe_dump({**mine, "signals": {**signals, "bid": "#00ffff"}}), encoding="utf-8")
        app._follow_themes()
        await pilot.pause()
        strips = app.screen._compositor.render_strips(app.size)
        painted = {
            segment.style.color.name for strip in strips for segment in strip if segment.style and segment.style.color
        }
        assert "#00ffff" in painted
        path.write_text("name: [", encoding="utf-8")
        app._follow_themes()
        await pilot.pause()
        assert toasts(app)[-1].startswith("theme mine.yaml: not YAML")
        assert app.theme == "mine"
        (folder / "new.yaml").write_text(yaml.safe_dump({**mine, "name": "new"}), encoding="utf-8")
        app._follow_themes()
        assert "new" in app.theme_names


def test_a_theme_that_is_no_file_is_one_message_and_holds_up_nothing(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    (tmp_path / "folder.yaml").mkdir()
    with (tmp_path / "gigabytes.yaml").open("wb") as file:
        file.truncate(20 << 30)
    themes, problems = load_themes([SHIPPED, tmp_path])
    assert set(themes) == NAMES
    assert problems == [
        "theme device.yaml: a device, not a regular file",
        "theme folder.yaml: a directory, not a regular file",
        "theme gigabytes.yaml: larger than 1,000,000 bytes",
        "theme pipe.yaml: a pipe, not a regular file",
    ]
