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


class TestVolumeWindow:
    """What a second counted, late or read again, is in every total after it."""

    def test_late_prints_of_both_sides_add_to_what_was_there(self) -> None:
        window = VolumeWindow()
        for second, size, side in ((10, 100, SELL), (11, 200, BUY), (13, 50, SELL), (11, 7, SELL), (11, 9, BUY)):
            window.add(second, size, side)
        assert [window.sell_through(second) for second in (10, 11, 12, 13)] == [100, 107, 107, 157]
        assert [window.buy_through(second) for second in (10, 11, 12, 13)] == [0, 209, 209, 209]

    def test_a_second_read_again_moves_every_total_after_it(self) -> None:
        window = VolumeWindow()
        for second, size, side in ((10, 100, SELL), (11, 200, BUY), (13, 50, BUY)):
            window.add(second, size, side)
        window.replace_second(11, (500, 60, 440, 3), [60, 400, 40])
        assert [window.buy_through(second) for second in (10, 11, 12, 13)] == [0, 440, 440, 490]
        assert [window.sell_through(second) for second in (10, 11, 12, 13)] == [100, 160, 160, 160]
        assert (window.largest(3), window.squares(3)) == (400, 60**2 + 400**2 + 40**2 + 50**2)
        window.replace_second(11, (0, 0, 0, 0), [])
        assert (window.largest(3), window.squares(3)) == (50, 50**2)

    def test_nothing_printed_has_no_largest(self) -> None:
        window = VolumeWindow()
        assert (window.head, window.volume) == (-1, 0)
        window.roll(10)
        assert window.largest(1) == window.largest(60) == 0
        window.add(11, 7, BUY)
        window.roll(300)
        assert window.largest(1) == window.largest(60) == 0
        window.replace_second(300, (0, 0, 0, 0), [])
        assert window.largest(1) == 0

    def test_a_clock_that_begins_at_zero_is_counted_too(self) -> None:
        window = VolumeWindow()
        window.add(0, 100, SELL)
        window.add(1, 50, SELL)
        assert window.of_second(0) == (100, 100, 0, 1)

    def test_the_head_is_not_begun_twice(self) -> None:
        window = VolumeWindow()
        window.add(10, 100, SELL)
        window.roll(10)
        assert (window.largest(1), window.squares(1)) == (100, 100**2)
