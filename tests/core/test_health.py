from orderflow_tui.core.health import Health


def test_blind_at_the_first_bad_payload_and_seeing_after_three_good_ones_in_a_row() -> None:
    health = Health()
    assert health.bad("book", "LEVEL2_CROSSED")
    assert not health.bad("book", "LEVEL2_CROSSED")
    assert not health.good("book")
    assert not health.good("book")
    assert not health.bad("book", "LEVEL2_STALE")
    assert health.reason == "LEVEL2_STALE"
    assert [health.good("book") for _ in range(3)] == [False, False, True]
    assert not health.reason
    assert not health.good("book")
    assert not health.good("tape")


def test_one_healthy_channel_does_not_heal_the_other() -> None:
    health = Health()
    health.bad("book", "a")
    assert not health.bad("tape", "b")
    assert [health.good("tape") for _ in range(3)] == [False, False, False]
    assert health.reason == "a"
    assert [health.good("book") for _ in range(3)] == [False, False, True]


def test_a_key_or_the_end_of_the_cause_heals_at_once() -> None:
    health = Health()
    assert not health.clear()
    health.bad("age", "old")
    health.bad("book", "bad")
    assert not health.clear("age")
    assert health.reason == "bad"
    assert health.clear()
    assert not health.reason
