from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from orderflow_tui.core.market.volume_window import BASELINE_SECONDS, LONGEST_WINDOW, VolumeWindow
from orderflow_tui.core.model.events import BUY, SELL, UNKNOWN

START = 1_700_000_000
Row = tuple[int, int, int]
"""`(second, size, side)`."""


@st.composite
def tapes(draw: DrawFn) -> list[Row]:
    """Prints with gaps of up to twenty minutes; some up to 2 s late."""
    second, prints = START, list[Row]()
    for _ in range(draw(st.integers(1, 60))):
        second += draw(st.sampled_from([0, 0, 0, 1, 1, 2, 7, 59, 61, 299, 300, 301, 511, 512, 513, 1_200]))
        late = min(draw(st.sampled_from([0, 0, 0, 1, 2])), second - START)
        size = draw(st.integers(1, 1_000_000))
        prints.append((second - late, size, draw(st.sampled_from([BUY, SELL, UNKNOWN]))))
    return prints


def _recount(prints: list[Row], first: int, last: int, side: int | None = None) -> int:
    return sum(size for second, size, who in prints if first <= second <= last and side in (None, who))


@given(tapes(), st.integers(1, LONGEST_WINDOW), st.integers(1, 420), st.integers(0, 700))
def test_any_window_and_baseline_equal_a_recount(
    prints: list[Row], window_seconds: int, baseline_seconds: int, later: int
) -> None:
    window = VolumeWindow()
    for number, (second, size, side) in enumerate(prints, start=1):
        window.add(second, size, side)
        seen = prints[:number]
        head = max(second for second, _, _ in seen)
        assert window.head == head
        start = head - window_seconds
        assert window.volume - window.volume_through(start) == _recount(seen, start + 1, head)
        assert window.sell - window.sell_through(start) == _recount(seen, start + 1, head, SELL)
        assert window.buy - window.buy_through(start) == _recount(seen, start + 1, head, BUY)
        inside = [size for second, size, _ in seen if start < second <= head]
        assert window.count - window.count_through(start) == len(inside)
        assert window.squares(window_seconds) == sum(size * size for size in inside)
        assert window.largest(window_seconds) == max(inside)
        base = window.volume_through(start) - window.volume_through(start - baseline_seconds)
        assert base == _recount(seen, start - baseline_seconds + 1, start)
    now = window.head + later
    volumes, sells, buys = window.by_second(now, 60)
    assert volumes == [_recount(prints, second, second) for second in range(now - 59, now + 1)]
    assert sells == [_recount(prints, second, second, SELL) for second in range(now - 59, now + 1)]
    assert buys == [_recount(prints, second, second, BUY) for second in range(now - 59, now + 1)]


def test_rolling_to_a_second_that_has_passed_changes_nothing() -> None:
    window = VolumeWindow()
    window.add(START, 100, SELL)
    window.roll(START - 5)
    window.roll(START)
    assert (window.head, window.volume_through(START - 1), window.volume) == (START, 0, 100)


def test_the_state_is_small_at_any_rate() -> None:
    window = VolumeWindow()
    for second in range(START, START + 1_000):
        for _ in range(10):
            window.add(second, 100, BUY)
    assert window.volume - window.volume_through(window.head - 10) == 10_000
    assert (
        window.volume_through(window.head - 10) - window.volume_through(window.head - 10 - BASELINE_SECONDS) == 300_000
    )
