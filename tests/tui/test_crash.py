"""What a defect of the screen leaves on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from orderflow_tui.support.masking import hide
from orderflow_tui.tui.app import OrderFlowApp
from tests.tui.driving import running
from tests.tui.fake import calm_market


async def test_a_defect_tells_where_it_was_met_and_shows_no_value(capfd: pytest.CaptureFixture[str]) -> None:
    hide("key-told-by-a-host-0123456789")

    def broken(key: str) -> None:
        message = f"\x1b[2Jrefused {key}"
        raise RuntimeError(message)

    apps: list[OrderFlowApp] = []

    async def run() -> None:
        async with running(calm_market()) as (app, pilot):
            apps.append(app)
            app.call_later(broken, "key-told-by-" + "a-host-0123456789")
            await pilot.pause()

    with pytest.raises(RuntimeError):
        await run()
    assert apps[0].return_code == 1
    said = capfd.readouterr().err
    assert "RuntimeError: ?[2Jrefused ***" in said
    assert "in broken" in said
    assert "a-host-0123456789" not in said.replace('"a-host-0123456789"', "")
    assert "locals" not in said


async def test_a_picture_is_not_saved_through_a_link(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.write_text("mine")
    async with running(calm_market(), export_directory=tmp_path) as (app, pilot):
        assert app.model.status is not None
        picture = tmp_path / f"screen-{app.model.status.now_ns // 1_000_000}.svg"
        picture.symlink_to(kept)
        await pilot.press("f12")
        await pilot.pause()
    assert kept.read_text() == "mine"
    assert "<svg" in picture.read_text(encoding="utf-8")
