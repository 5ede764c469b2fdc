from __future__ import annotations

from base64 import b64encode, urlsafe_b64encode

import pytest

from orderflow_tui.feeds.errors import one_line
from orderflow_tui.support.masking import hide, masked
from orderflow_tui.support.printable import shown_value

KEY = "q7Zm2Xw9Lk4Rt8Vb1Ny6Pc3Jh5"
hide(KEY)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (KEY, "***"),
        (f"bad key {KEY}.", "bad key ***."),
        (f"{KEY}{KEY}", "******"),
        (f"starts {KEY[:6]}", "starts ***"),
        (f"ends {KEY[-6:]}!", "ends ***!"),
        (f"amid {KEY[7:20]} it", "amid *** it"),
        (f"{KEY[:10]}\u200b{KEY[10:]}", "***\u200b***"),
        (KEY[:5], KEY[:5]),
        ("nothing of it", "nothing of it"),
        ("", ""),
    ],
)
def test_a_secret_and_every_part_of_it_that_tells_something_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown


@pytest.mark.parametrize("before", ["", "u", "me", "key", "user:"])
def test_it_is_masked_in_other_letters_and_codes(before: str) -> None:
    whole = (before + KEY + "!").encode()
    for form in (b64encode(whole), urlsafe_b64encode(whole), whole.hex().encode(), whole.lower(), whole.upper()):
        said = masked(f"Basic {form.decode()} refused")
        assert said.startswith("Basic ")
        assert said.endswith(" refused")
        assert len(said) < len("Basic *** refused") + 2 * len(before) + 8, said


def test_it_is_masked_before_the_text_is_cut() -> None:
    for before in range(150, 210):
        said = one_line(" ".join(["x" * before, KEY, "after"]))
        assert not any(KEY[at : at + 6] in said for at in range(len(KEY) - 5)), said
    assert KEY[:8] not in shown_value("y" * 40 + KEY)


def test_a_short_secret_is_masked_as_a_word_and_spoils_no_other() -> None:
    for secret in ("zq4w", " ", "s"):
        hide(secret)
    assert masked("key zq4w refused in 3 s: zq4w4 azq4w") == "key *** refused in 3 s: zq4w4 azq4w"


def test_a_run_of_one_character_in_a_key_masks_no_times_and_the_rest_of_it_stays_masked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for kept in ("_parts", "_encoded"):
        monkeypatch.setattr(f"orderflow_tui.support.masking.{kept}", set())
    hide("db-unittest0000000000000000FVKHU")
    assert masked("BUSY at 1795970751522000000, 1000000 shares") == "BUSY at 1795970751522000000, 1000000 shares"
    shown = masked("key db-unittest0000000000000000FVKHU is refused")
    assert shown.startswith("key ***")
    assert not any(part in shown for part in ("unit", "FVKHU", "db-"))
    hide("zzzzzzzz")
    assert masked("a zzzzzzzz b") == "a *** b"
