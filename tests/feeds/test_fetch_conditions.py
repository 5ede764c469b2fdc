"""The vendor's list of sale conditions replaces the embedded one, and a bad one does not."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui.core.model.events import REGULAR, VOLUME
from orderflow_tui.feeds.errors import AuthError, FeedError
from orderflow_tui.feeds.feed import ApiFault, Batch
from orderflow_tui.feeds.live.retry import RetryPolicy
from orderflow_tui.feeds.polygon.feed import PolygonFeed
from orderflow_tui.feeds.polygon.fetch_conditions import AGAIN_SECONDS, FetchedConditions
from orderflow_tui.feeds.polygon.rest_calls import Gateway
from orderflow_tui.feeds.polygon.sale_conditions import EMBEDDED, KNOWN_CONDITIONS
from tests.feeds.collector import Collector
from tests.feeds.fake_polygon import FakePolygon, Fault, condition, ordinary_conditions, say, status

PATH = "/v3/reference/conditions"
REFERENCE = Path(__file__).parents[3] / "shared/data/polygon/conditions_stocks_sale_2026-09-27.json"
POLICY = RetryPolicy(max_retries=0)


class Listed:
    """The part under test against a server on loopback."""

    def __init__(self, host: FakePolygon) -> None:
        self.got = Collector()
        stop = threading.Event()
        self.gateway = Gateway(
            host.config(), clock=lambda: 1, stop=stop, deadline_seconds=2.0, policy=POLICY, on_reply=lambda _: None
        )
        self.conditions = FetchedConditions(self.gateway, self.got, lambda: 1)


@pytest.fixture
def listed(host: FakePolygon) -> Iterator[Listed]:
    found = Listed(host)
    yield found
    found.gateway.session.close()


def test_the_list_replaces_the_embedded_rules(host: FakePolygon, listed: Listed) -> None:
    host.market.conditions += [condition(777), condition(778, last=False), condition(779, volume=False, last=False)]
    host.market.conditions += [condition(10), condition(37, last=False), {"id": 780, "data_types": ["trade"]}]
    host.market.conditions += [condition(781, volume=False) | {"data_types": ["quote"]}]
    assert listed.conditions.poll() == AGAIN_SECONDS
    table = listed.conditions.table
    assert [table.flags((number,)) for number in (777, 778, 779, 780, 781)] == [REGULAR, VOLUME, 0, REGULAR, REGULAR]
    assert table.unknown((777, 778, 779, 780, 781)) == (780, 781)
    assert table.flags((10,)) == REGULAR  # the vendor's word, where ours was another
    assert table.flags((37,)) == REGULAR  # judged here
    assert table.flags((2,)) == VOLUME  # not in the list: as before
    assert EMBEDDED.flags((10,)) == VOLUME
    assert listed.got.messages == []


def test_the_list_of_2026_says_what_is_embedded(host: FakePolygon, listed: Listed) -> None:
    if not REFERENCE.exists():
        pytest.skip("the reference list is not here")
    host.market.conditions = json.loads(REFERENCE.read_text(encoding="utf-8"))["results"]
    listed.conditions.poll()
    assert listed.conditions.table is not EMBEDDED
    for number in KNOWN_CONDITIONS:
        assert listed.conditions.table.flags((number,)) == EMBEDDED.flags((number,)), number


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (status(404, b"404 page not found"), "404"),
        (status(403, {"status": "NOT_AUTHORIZED", "message": "not entitled"}), "403"),
        (status(500), "5xx"),
        (say(b"{"), "malformed"),
        (say({"results": None}), "malformed"),
        (say({"results": [*ordinary_conditions(), condition(1)]}), "malformed"),
        (say({"results": [*ordinary_conditions(), condition(15)]}), "malformed"),
        (say({"results": [condition(1) | {"id": "x"}]}), "malformed"),
        (say({"results": [row | condition(row["id"], volume=False) for row in ordinary_conditions()]}), "malformed"),
    ],
)
def test_a_bad_list_leaves_the_embedded_one_and_is_told_once(
    host: FakePolygon, listed: Listed, fault: Fault, word: str
) -> None:
    host.always(PATH, fault)
    for _ in range(3):
        with pytest.raises(FeedError):
            listed.conditions.poll()
    assert listed.conditions.table is EMBEDDED
    (told,) = listed.got.of(ApiFault)
    assert (told.error_type, told.endpoint) == (word, "conditions")
    assert told.detail.endswith("the built-in list of sale conditions still applies")
    host.always(PATH, None)
    listed.conditions.poll()
    assert listed.conditions.table is not EMBEDDED


def test_a_refused_key_is_not_about_the_list(host: FakePolygon, listed: Listed) -> None:
    host.always(PATH, status(401, {"error": "Unknown API Key"}))
    with pytest.raises(AuthError):
        listed.conditions.poll()
    assert listed.got.messages == []


def test_prints_are_judged_by_the_new_list_once_it_is_there(host: FakePolygon) -> None:
    host.market.conditions.append(condition(777, last=False))
    host.market.quote("KO")
    got = Collector()
    feed = PolygonFeed(host.config(), cycle_seconds=0.05, policy=POLICY)
    feed.start(["KO"], got)
    try:
        got.wait(Batch, lambda batch: batch.channel == "tape" and bool(host.asked(PATH)))
        mark = got.mark()
        got.wait(Batch, lambda batch: batch.channel == "tape", count=3, since=mark)
        host.market.trade("KO", conditions=[777])
        got.wait(Batch, lambda _: bool(got.prints("KO")))
        assert got.prints("KO")[0].flags == VOLUME
        assert feed.unknown_conditions == {}
    finally:
        feed.stop()
        assert feed.join(60)
