"""What every source of depth gets wrong at first: 42 traps, and the tests that hold each.

A trap is a requirement. Where one goes unheld, or its test is renamed, this file fails.
"""

from __future__ import annotations

import ast
import contextlib
import os
import pty
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from typing import Final

from orderflow_tui.config.sources import NAMES

ROOT: Final = Path(__file__).parents[2]
IBKR, ALPACA, DATABENTO = "tests/feeds/ibkr/test_", "tests/feeds/alpaca/test_", "tests/feeds/databento/test_"
CONTRACT, STATUS = "tests/feeds/contract/test_contract", "tests/monitor/test_symbol_status"
NO_SOURCE: Final = "schwab"
"""Traps of a source that is not offered: whoever adds it owes their tests."""

TRAPS: Final[dict[int, tuple[str, tuple[str, ...]]]] = {
    1: (
        "IBKR rows applied by one dialect",
        (
            f"{IBKR}depth::test_random_books_in_each_dialect_end_as_they_are",
            f"{IBKR}depth::test_a_delete_past_the_end_takes_the_last_row",
            f"{IBKR}wire::test_a_stream_cut_anywhere_gives_the_same_rows",
        ),
    ),
    2: (
        "IBKR book shown in the middle of a change",
        (
            f"{IBKR}feed::test_a_change_in_two_messages_is_never_shown_half_done",
            f"{IBKR}depth::test_a_smart_book_holds_a_row_twice_until_its_change_is_over",
            f"{IBKR}session::test_a_book_that_is_never_quiet_is_told_4_times_a_second_and_called_thinned",
        ),
    ),
    3: (
        "rows taken for price levels",
        (
            f"{IBKR}depth::test_two_venues_at_a_price_are_one_level",
            f"{IBKR}depth::test_a_side_as_long_as_was_asked_for_has_no_last_level",
        ),
    ),
    4: (
        "a dozen best quotes taken for depth",
        (
            f"{IBKR}feed::test_a_dozen_best_quotes_are_no_depth",
            f"{IBKR}parts::test_the_notice_about_venues_is_read",
        ),
    ),
    5: (
        "round lots taken for shares",
        (
            f"{IBKR}feed::test_lots_are_noticed_and_no_size_is_judged",
            f"{IBKR}session::test_lots_that_one_book_proves_are_said_of_every_symbol_before_a_book_is_judged",
        ),
    ),
    6: (
        "317 taken for failure, 316 for noise",
        (
            f"{IBKR}feed::test_a_book_that_is_reset_or_halted_withdraws_nothing",
            f"{IBKR}lines::test_no_alarm_comes_of_a_book_that_was_out_of_sight",
        ),
    ),
    7: (
        "IBKR's delayed data taken for live",
        (
            f"{IBKR}feed::test_delayed_data_says_so",
            f"{STATUS}::test_a_delayed_symbol_of_a_login_in_real_time_is_judged_by_its_own_clock",
        ),
    ),
    8: (
        "lines: three books, five tapes, more names",
        (
            f"{IBKR}feed::test_three_books_and_five_tapes_for_four_names",
            f"{IBKR}feed::test_lines_refused_lower_what_is_asked_for",
            f"{IBKR}parts::test_whoever_got_a_line_keeps_it_a_minute",
            f"{IBKR}parts::test_a_refused_line_lowers_them_for_good",
            f"{IBKR}lines::test_no_alarm_comes_of_a_book_that_was_out_of_sight",
            f"{IBKR}session::test_tick_lines_bring_prints_alone_and_spare_ones_stay_free",
        ),
    ),
    9: (
        "a cancel without the flag of its request",
        (f"{IBKR}session::test_a_book_that_ended_is_cancelled_as_it_was_asked_for_and_what_still_comes_is_dropped",),
    ),
    10: (
        "a reconnect that asks for nothing again",
        (
            f"{IBKR}feed::test_nothing_is_lost_or_doubled_through_a_break",
            f"{IBKR}feed::test_a_lost_connection_blinds_at_once_and_ends",
            f"{IBKR}feed::test_a_farm_that_comes_back_is_asked_again",
            f"{IBKR}feed::test_the_daily_restart_is_waited_for",
            f"{IBKR}session::test_a_server_that_answers_and_brings_no_data_is_asked_again_and_then_left",
        ),
    ),
    11: ("326: a client id in use", (f"{IBKR}feed::test_a_client_id_in_use_is_changed",)),
    12: (
        "10197: another session has the data",
        (f"{IBKR}feed::test_another_session_has_the_data_and_it_is_tried_again",),
    ),
    13: (
        "IBKR's prints of whole seconds without ids",
        (
            f"{IBKR}parts::test_times_are_the_later_of_stamp_and_arrival_and_never_go_back",
            f"{IBKR}parts::test_past_and_streamed_ticks_are_told_once_each",
            f"{IBKR}parts::test_without_past_ticks_a_gap_says_so",
        ),
    ),
    14: (
        "unreported, off-exchange and averaged prints",
        (f"{IBKR}parts::test_what_letters_and_venues_leave_of_a_print",),
    ),
    15: (
        "sides read from a sampled quote",
        (
            f"{IBKR}side_checks::test_a_print_has_the_side_that_all_quotes_of_its_second_agree_on",
            f"{IBKR}feed::test_three_books_and_five_tapes_for_four_names",
        ),
    ),
    16: (
        "a book made of a trade's levels",
        (f"{DATABENTO}records::test_a_book_is_shown_when_its_event_is_complete_and_never_from_a_trade",),
    ),
    17: (
        "A and B swapped",
        (
            f"{DATABENTO}records::test_sides_are_the_aggressors",
            f"{DATABENTO}records::test_a_trade_says_who_sold_and_the_change_that_follows_says_what_is_left",
        ),
    ),
    18: (
        "skipped records and doubtful books pass for data",
        (
            f"{DATABENTO}feed::test_skipped_records_are_a_gap_that_is_said",
            f"{DATABENTO}records::test_a_doubtful_book_opens_one_gap",
            f"{DATABENTO}delivery::test_behind_the_newest_book_is_enough_and_no_print_is_dropped",
        ),
    ),
    19: (
        "a clean close is final, a refusal loops",
        (
            f"{DATABENTO}feed::test_what_was_delivered_is_what_was_printed_through_every_break",
            f"{DATABENTO}feed::test_a_refused_subscription_is_asked_once_without_halts_and_then_once_a_minute",
            f"{DATABENTO}feed::test_a_refused_key_ends_everything",
            f"{DATABENTO}feed::test_a_symbol_the_dataset_does_not_have_is_named_and_the_others_go_on",
        ),
    ),
    20: (
        "the hole of a reconnect",
        (
            f"{DATABENTO}feed::test_what_was_delivered_is_what_was_printed_through_every_break",
            f"{DATABENTO}records::test_a_session_that_follows_repeats_nothing_and_leaves_out_nothing",
        ),
    ),
    21: (
        "instrument ids of another session",
        (f"{DATABENTO}delivery::test_an_unknown_instrument_is_counted_and_a_new_session_maps_anew",),
    ),
    22: (
        "Nasdaq's tape called the market",
        (
            "tests/config/test_sources::test_what_one_source_taught_is_not_anothers",
            "tests/config/test_sources::test_what_one_data_set_taught_is_not_anothers",
        ),
    ),
    23: (
        "IEX's tape called the market",
        (f"{ALPACA}feed::test_figures_of_a_feed_are_its_own_and_iex_prices_no_exit",),
    ),
    24: (
        "back-fill from another feed than the stream's",
        (f"{ALPACA}feed::test_what_was_delivered_is_what_was_printed_through_a_drop",),
    ),
    25: (
        "what a key is worth",
        (
            f"{ALPACA}feed::test_sip_that_the_key_has_not_ends_and_names_auto",
            f"{ALPACA}feed::test_figures_of_a_feed_are_its_own_and_iex_prices_no_exit",
            f"{ALPACA}feed::test_a_key_that_only_the_stream_refuses_ends_everything_too",
        ),
    ),
    26: (
        "406: another program has the one connection",
        (f"{ALPACA}feed::test_while_another_program_streams_the_polls_have_it_and_it_is_tried_again",),
    ),
    27: (
        "405: more names than places",
        (
            f"{ALPACA}feed::test_a_stream_with_few_places_takes_the_urgent_and_names_the_rest",
            f"{ALPACA}feed::test_a_place_goes_to_whoever_is_most_urgent_after_a_minute",
        ),
    ),
    28: ("connected and mute", (f"{ALPACA}feed::test_a_mute_stream_is_left",)),
    29: (
        "corrections and busts",
        (
            f"{ALPACA}corrections::test_a_correction_stands_in_the_place_of_its_print_and_a_cancel_leaves_none",
            f"{ALPACA}corrections::test_a_correction_of_what_was_never_told_is_counted_and_nothing_is_guessed",
        ),
    ),
    30: (
        "halts and bands",
        (
            f"{ALPACA}feed::test_a_halt_its_end_and_the_bands_come_by_the_stream_for_polled_names_too",
            f"{IBKR}feed::test_a_halt_and_its_end",
            f"{DATABENTO}feed::test_a_halt_and_its_end_are_told",
        ),
    ),
    31: ("letters of the wrong tape", (f"{ALPACA}wire::test_letters_mean_what_their_tape_says",)),
    32: (
        "times by way of a float",
        (f"{ALPACA}wire::test_times_are_whole_nanoseconds", f"{ALPACA}wire::test_what_is_no_time_is_refused"),
    ),
    33: (
        "a step of the day's volume as one print",
        (f"{IBKR}parts::test_a_step_of_the_days_volume_is_never_one_print",),
    ),
    34: ("Schwab: a missing field is unchanged, not zero", ()),
    35: ("Schwab: two books of one stock", ()),
    36: ("Schwab: a login that ends on the seventh day", ()),
    37: (
        "keys in frames, errors and recordings",
        (
            f"{CONTRACT}::test_a_break_of_the_connection",
            "tests/feeds/test_echoed_key::test_a_host_that_echoes_the_key",
            "tests/feeds/test_echoed_key::test_a_stream_that_echoes_the_key_reaches_neither_journal_nor_screen",
            "tests/recordings/test_writer::test_files_are_the_owners_alone_and_hold_no_key",
            f"{DATABENTO}feed::test_nothing_but_three_kinds_of_line_is_ever_sent",
        ),
    ),
    38: (
        "libraries that write to the terminal",
        (
            "tests/feeds/test_traps::test_whatever_is_wrong_no_source_writes_to_the_terminal",
            f"{CONTRACT}::test_a_server_that_is_not_there_is_a_fault_and_no_end_and_no_word_on_a_terminal",
        ),
    ),
    39: ("pandas, numpy, pyarrow", (f"{CONTRACT}::test_no_heavy_library_comes_with_any_source",)),
    40: (
        "start and stop that wait for a server",
        (f"{CONTRACT}::test_a_server_that_never_answers_holds_up_neither_start_nor_stop",),
    ),
    41: (
        "a library that is missing; what a source is worth",
        (
            "tests/config/test_sources::test_a_missing_library_is_one_line_that_names_the_extra",
            f"{IBKR}checks::test_a_login_with_everything_is_told",
            f"{ALPACA}checks::test_all_is_well",
            f"{DATABENTO}checks::test_all_is_well",
        ),
    ),
    42: (
        "data that may not be passed on",
        ("tests/recordings/test_writer::test_files_are_the_owners_alone_and_hold_no_key",),
    ),
}


@cache
def _tests_of(module: str) -> frozenset[str]:
    tree = ast.parse((ROOT / f"{module}.py").read_text())
    return frozenset(one.name for one in tree.body if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef))


def test_each_of_the_42_traps_is_held_by_tests_that_are_there() -> None:
    assert list(TRAPS) == list(range(1, 43))
    unheld = [
        f"{number} {what}: {test}"
        for number, (what, tests) in TRAPS.items()
        for module, _, test in (one.partition("::") for one in tests)
        if test not in _tests_of(module)
    ]
    assert not unheld
    without = {number for number, (_, tests) in TRAPS.items() if not tests}
    assert without == {34, 35, 36}
    assert NO_SOURCE not in NAMES, "its traps 34 to 36 need their tests now"


SAYS: Final = (
    b"HTTP/1.1 500 no\r\nContent-Length: 2\r\n\r\n{]",
    b"lsg_version=0.7.2\ncram=x\nsuccess=1|session_id=1\n\x20\x13" + b"\x7f" * 600,
    b"\0\0\0\x08" + b"178\x002026\0" + b"\0\0\0\x05" + b"99\0\xff\0",
)
"""Another protocol, and the beginnings of two that go on with nonsense; each hangs up after it."""
AT_A_TERMINAL: Final = """
import sys, threading
from tests.feeds.contract.wires import SYMBOLS, alpaca_feed, databento_feed, ibkr_feed, polygon_feed
from orderflow_tui.feeds.feed import ApiFault
from orderflow_tui.feeds.live.retry import RetryPolicy

once = RetryPolicy(max_retries=0)
makes = (
    lambda address: polygon_feed(address, policy=once), lambda address: alpaca_feed(address, policy=once),
    databento_feed, ibkr_feed,
)
heard, feeds = {}, []
for address in sys.argv[1:]:
    for at, make in enumerate(makes):
        fault = heard[address, at] = threading.Event()
        feed = make(address)
        feed.start(SYMBOLS, lambda message, fault=fault: isinstance(message, ApiFault) and fault.set())
        feeds.append(feed)
silent = [one for one, fault in heard.items() if not fault.wait(30)]
for feed in feeds:
    feed.stop()
sys.exit(str(silent) if silent else 0)
"""


def _serve(server: socket.socket, said: bytes) -> None:
    def answer() -> None:
        with contextlib.suppress(OSError):
            while True:
                one, _ = server.accept()
                with one, contextlib.suppress(OSError):
                    one.sendall(said)

    threading.Thread(target=answer, daemon=True).start()


def test_whatever_is_wrong_no_source_writes_to_the_terminal() -> None:
    """Every source against servers that talk nonsense or hang up, its process at a real terminal."""
    servers = [socket.create_server(("127.0.0.1", 0)) for _ in SAYS]
    for server, said in zip(servers, SAYS, strict=True):
        _serve(server, said)
    leader, terminal = pty.openpty()
    try:
        addresses = [f"127.0.0.1:{server.getsockname()[1]}" for server in servers]
        command = [sys.executable, "-W", "default", "-c", AT_A_TERMINAL, *addresses]
        ended = subprocess.run(
            command, cwd=ROOT, stdin=terminal, stdout=terminal, stderr=terminal, timeout=60, check=False
        )
        os.write(terminal, b"END")
        written = b""
        while not written.endswith(b"END"):
            written += os.read(leader, 4_096)
    finally:
        for server in servers:
            server.shutdown(socket.SHUT_RDWR)
            server.close()
        os.close(leader)
        os.close(terminal)
    assert written == b"END"
    assert ended.returncode == 0
