from __future__ import annotations

import pytest

from orderflow_tui.tui.app import OrderFlowApp
from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.keys.user_keymap import KeymapError, check_keymap
from orderflow_tui.tui.run_dashboard import run_dashboard
from orderflow_tui.tui.screens.answer import AnswerScreen
from tests.tui.driving import block, press, running
from tests.tui.fake import busy_market, calm_market


@pytest.mark.parametrize(
    ("keymap", "reason"),
    [
        ({"acknowlege": "f3"}, "'acknowlege' is not a binding, did you mean 'acknowledge'?"),
        ({"zzz": "f3"}, "'zzz' is not a binding"),
        ({"help": "hyperdrive"}, "'hyperdrive', which is not a key"),
        ({"help": "strange+f3"}, "'strange+f3', which is not a key"),
        ({"help": "ctrl+p"}, "'ctrl+p', which opens the command palette"),
        ({"help": ""}, "'', which is not a key"),
        ({"acknowledge": "z"}, "'acknowledge' needs a function key"),
        ({"help": "f2"}, "'f2' is given to both 'help' and 'acknowledge'"),
        ({"pin": "q"}, "'q' is given to both 'quit-letter' and 'pin'"),
        ({"answer-hold": "e"}, "'e' is given to both 'answer-exited' and 'answer-hold'"),
    ],
)
def test_a_bad_keymap_is_refused_in_one_line(keymap: dict[str, str], reason: str) -> None:
    with pytest.raises(KeymapError) as caught:
        check_keymap(keymap)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_good_keymap_passes() -> None:
    keymap = {"acknowledge": "f5,z", "pin": "ctrl+t", "history": "space", "pause": "ctrl+y"}
    assert check_keymap(keymap) == keymap


def test_every_binding_documents_itself() -> None:
    for bindings in SCOPES.values():
        assert all(binding.id and binding.description and binding.tooltip for binding in named(bindings))
        assert len(named(bindings)) == len(bindings)


def test_ids_are_unique() -> None:
    ids = [binding.id for bindings in SCOPES.values() for binding in named(bindings)]
    assert len(ids) == len(set(ids))


async def test_a_remapped_key_acts_and_is_shown() -> None:
    async with running(busy_market(), keys={"acknowledge": "f5"}) as (app, pilot):
        assert "F5, then " in block(app, "card")
        await press(pilot, "f2")
        assert not isinstance(app.screen, AnswerScreen)
        await press(pilot, "f5")
        assert isinstance(app.screen, AnswerScreen)


def test_the_app_refuses_to_start_on_a_bad_keymap(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(KeymapError):
        OrderFlowApp(calm_market(), keys={"nothing": "f3"})
    assert run_dashboard(calm_market(), keys={"nothing": "f3"}) == 2
    assert capsys.readouterr().err.count("\n") == 1
