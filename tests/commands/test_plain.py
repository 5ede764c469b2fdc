"""The watch in sentences: the first look says how all stands, every other what has changed."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from orderflow_tui.commands.plain import Sentences, follow
from tests.engine.kit import Engine, until
from tests.tui.fake import alert, recommendation, status, symbol_view


@pytest.fixture
def engine() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as name:  # pytest's own are too long for a socket
        engine = Engine(Path(name))
        yield engine
        engine.close()


def test_every_change_is_a_sentence_once() -> None:
    sentences = Sentences()
    bac = replace(symbol_view("BAC"), chip="CALM", chip_detail="")
    card = recommendation("BAC")
    first = sentences.look(status(), [bac], [], [])
    assert len(first) == 2
    assert first[0].endswith(", market open.")
    assert first[1].startswith("BAC, ")
    assert first[1].endswith(" is calm.")
    assert sentences.look(status(), [bac], [], []) == []
    said = sentences.look(status(), [replace(bac, chip="EXIT")], [alert("BAC", 1, "Heavy selling")], [card])
    assert said[0].startswith(f"Exit recommended for BAC: {card.reason}.")
    assert "orderflow-tui answer BAC hold" in said[0]
    assert said[1].endswith("has an exit recommendation.")
    assert said[2] == "BAC, warning: Heavy selling."
    held = sentences.look(
        status(), [replace(bac, chip="EXIT")], [alert("BAC", 1, "more")], [replace(card, status="held")]
    )
    assert held == ["The recommendation for BAC is kept. To undo: orderflow-tui answer BAC undo."]
    lost = sentences.look(status(connected=False, detail="retrying in 4 s"), [replace(bac, chip="BLIND")], [], [])
    assert "not connected, retrying in 4 s" in lost[0]
    assert "cannot be trusted" in lost[1]


def test_it_follows_an_engine_to_its_end(engine: Engine) -> None:
    said: list[str] = []
    codes: list[int] = []
    monitor = engine.screen(fps=2.0)
    follower = threading.Thread(target=lambda: codes.append(follow(monitor, said.extend)))
    follower.start()
    engine.monitor.put(symbol_view("BAC"))
    engine.monitor.ring()
    until(lambda: any("BAC" in line for line in said))
    engine.server.close()
    follower.join(10)
    assert codes == [1]
    assert "nothing is watched" in said[-1]
