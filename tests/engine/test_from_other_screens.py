"""What is said while a screen takes it is taken once."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from orderflow_tui.engine.from_other_screens import FromOtherScreens


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads change places as often as the interpreter can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_what_threads_say_at_once_is_taken_once() -> None:
    inbox, ended = FromOtherScreens(), threading.Event()
    found: list[str] = []
    settings: dict[str, object] = {}

    def take() -> None:
        while not ended.is_set():
            found.extend(inbox.take_answers())
            settings.update(inbox.take_settings())

    def say(teller: int) -> None:
        for place in range(100):
            before = len(found)
            inbox.answers(word for word in [f"{teller} {place}"])
            inbox.settings({f"{teller} {place}": place})
            while len(found) == before:
                pass  # no more wait than an inbox holds

    taker = threading.Thread(target=take)
    tellers = [threading.Thread(target=say, args=(teller,)) for teller in range(3)]
    for thread in (taker, *tellers):
        thread.start()
    for thread in tellers:
        thread.join()
    ended.set()
    taker.join()
    found.extend(inbox.take_answers())
    settings.update(inbox.take_settings())
    said = [f"{teller} {place}" for teller in range(3) for place in range(100)]
    assert sorted(found) == sorted(said)
    assert sorted(settings) == sorted(said)


def test_a_screen_that_does_not_take_holds_the_newest() -> None:
    inbox = FromOtherScreens()
    inbox.answers(map(str, range(50)))
    inbox.settings({str(name): 0 for name in range(300)})
    inbox.settings({"0": 1})
    assert inbox.take_answers() == tuple(map(str, range(30, 50)))
    taken = inbox.take_settings()
    assert len(taken) == 200
    assert taken["0"] == 1
    assert inbox.take_answers() == ()
    assert inbox.take_settings() == {}
