"""Views are made as often as the fastest screen is sent them, and are there when it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.core.model.units import NS
from orderflow_tui.monitor.view_pace import ViewPace

LEAST_NS = NS // 20


@given(last_ns=st.integers(0, 10**15), fps=st.floats(0.1, 19.9))
def test_a_screen_is_sent_views_that_were_just_made(last_ns: int, fps: float) -> None:
    pace = ViewPace(LEAST_NS, last_ns=last_ns)
    pace.look(1, fps)
    due, pause = pace.due_ns(news=False), round(NS / fps)
    assert last_ns < due <= last_ns + pause  # one publication for each turn of the screen
    assert pause - due % pause <= NS // 100  # and its turn comes within a hundredth of a second
    pace.last_ns = due
    assert pace.due_ns(news=False) == due + pause


def test_who_wants_more_than_there_may_be_gets_what_there_may_be() -> None:
    pace = ViewPace(LEAST_NS, last_ns=NS)
    for fps in (0.0, 20.0, 60.0):
        pace.look(1, fps)
        assert pace.due_ns(news=False) == NS + LEAST_NS


def test_news_waits_for_no_turn() -> None:
    pace = ViewPace(LEAST_NS, last_ns=NS)
    pace.look(1, 0.5)
    assert pace.due_ns(news=True) == NS + NS // 100


def test_no_views_are_made_for_nobody() -> None:
    pace = ViewPace(LEAST_NS)
    assert pace.makes_views
    pace.look(0, 0.0)
    assert not pace.makes_views
    assert not ViewPace(0).makes_views
