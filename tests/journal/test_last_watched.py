"""From when to when nobody watched: a run that ended without a word, and one that ended in order."""

from __future__ import annotations

import os
from pathlib import Path

from orderflow_tui.journal.last_watched import unwatched_since
from tests.journal.journal_tools import bare, put, writer

TODAY = "2025-10-22.jsonl"


def test_a_run_that_ended_without_a_word_was_alive_at_its_last_second(tmp_path: Path) -> None:
    assert unwatched_since(tmp_path) is None
    journal = writer(tmp_path)
    assert unwatched_since(tmp_path) is None, "it has written nothing"
    put(journal)
    os.utime(tmp_path / TODAY, ns=(1, 1))
    assert unwatched_since(tmp_path) == 1
    journal.tick()
    assert unwatched_since(tmp_path) == (tmp_path / TODAY).stat().st_mtime_ns > 1
    journal.write(bare("order_flow.run_stopped"), 0, 0)
    journal.close()
    assert unwatched_since(tmp_path) is None


def test_a_torn_last_line_is_no_end_in_order(tmp_path: Path) -> None:
    (tmp_path / TODAY).write_bytes(b'{"event":"order_flow.run_stopped"}\n{"event":"order_fl')
    assert unwatched_since(tmp_path) is not None
    (tmp_path / TODAY).unlink()
    (tmp_path / TODAY).mkdir()
    assert unwatched_since(tmp_path) is None
