"""Whatever is published, a screen that applies the differences it is sent has the engine's own state."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import msgspec.inspect
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orderflow_tui.engine.changes import Unsent, with_lines
from orderflow_tui.engine.protocol import FromEngine, FromScreen, decode_from_engine, decode_from_screen, forms
from orderflow_tui.support.decoding import NO_JSON
from orderflow_tui.views.frozen_views import AlertLine
from tests.tui.fake import FakeMonitor, alert, symbol_view

LINES = st.lists(st.tuples(st.integers(0, 12), st.booleans()), max_size=12)


def _published(before: list[AlertLine], changes: list[tuple[int, bool]], most: int) -> list[AlertLine]:
    """Lines as the publisher keeps them: updated in place, new ones first, the oldest dropped."""
    lines = list(before)
    for number, _ in changes:
        line = alert("BAC", number, f"line {number}")
        places = [at for at, old in enumerate(lines) if old.episode_id == line.episode_id]
        if places:
            lines[places[0]] = line
        else:
            lines.insert(0, line)
    return lines[:most]


@given(st.lists(st.tuples(LINES, st.booleans()), max_size=8), st.integers(1, 6))
def test_lines_are_those_of_the_engine_however_many_states_were_skipped(
    steps: list[tuple[list[tuple[int, bool]], bool]], most: int
) -> None:
    monitor, unsent = FakeMonitor(), Unsent()
    published: list[AlertLine] = []
    shown: tuple[AlertLine, ...] = ()
    for changes, sent in steps:
        published = _published(published, changes, most)
        monitor.put(alerts=tuple(published))
        if sent:
            state = unsent.state(monitor)
            shown = with_lines(() if state.all_lines else shown, state.lines, state.line_count)
            assert shown == tuple(published)


@given(st.lists(st.dictionaries(st.sampled_from(["BAC", "KO", "AIG"]), st.integers(0, 3), min_size=1), max_size=6))
def test_views_are_those_of_the_engine(steps: list[dict[str, int]]) -> None:
    monitor, unsent = FakeMonitor(), Unsent()
    shown: dict[str, object] = {}
    for step in steps:
        for symbol in set(monitor.views()) - set(step):
            monitor.drop(symbol)
        monitor.put(*(symbol_view(symbol, "CALM", seed=seed) for symbol, seed in step.items()))
        state = unsent.state(monitor)
        changed = {view.symbol: view for view in state.views}
        shown = {symbol: changed.get(symbol) or shown[symbol] for symbol in state.symbols}
        assert shown == monitor.views()


@given(
    st.binary(max_size=200)
    | st.recursive(
        st.none() | st.integers(-(2**63), 2**64 - 1) | st.text(),
        lambda leaf: st.lists(leaf) | st.dictionaries(st.text() | st.sampled_from(["type", "symbol", "answer"]), leaf),
    ).map(msgspec.msgpack.encode)
)
@pytest.mark.parametrize("decode", [decode_from_engine, decode_from_screen])
def test_any_bytes_are_a_message_or_refused(decode: object, data: bytes) -> None:
    with suppress(*NO_JSON):
        decode(data)  # type: ignore[operator]


def test_every_form_on_the_wire_counts_for_the_protocol() -> None:
    todo = list(msgspec.inspect.multi_type_info([FromEngine, FromScreen]))
    seen: set[str] = set()
    while todo:
        one = todo.pop()
        if isinstance(one, (msgspec.inspect.StructType, msgspec.inspect.DataclassType)):
            if one.cls.__name__ in seen:
                continue
            seen.add(one.cls.__name__)
            assert set(one.cls.__annotations__) >= {field.name for field in one.fields}
            todo += [field.type for field in one.fields]
        for name in ("types", "item_types", "item_type", "key_type", "value_type"):
            found = getattr(one, name, ())
            todo += found if isinstance(found, tuple) else [found]
    assert len(seen) > 20
    assert seen <= set(forms()), "another form of these would not be another protocol"
    assert {"Chip", "Levels", "SideWord"} <= set(forms())
