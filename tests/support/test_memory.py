"""What a run that lasts all day does about its memory."""

from __future__ import annotations

import gc

from orderflow_tui.support.memory import settle_memory


def test_what_is_loaded_is_left_out_of_later_collections() -> None:
    gc.disable()
    gc.unfreeze()  # what the collection of the tests froze
    try:
        settle_memory()
        assert gc.isenabled()
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.enable()
