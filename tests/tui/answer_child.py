"""The dashboard over a market with an open recommendation, on a real terminal; a file holds the answers given.

python -m tests.tui.answer_child FILE
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.support.atomic_file import replace_file
from orderflow_tui.tui.run_dashboard import run_dashboard
from orderflow_tui.tui.state.attention import Attention
from tests.tui.fake import FakeMonitor, busy_market


class Kept(FakeMonitor):
    """Writes down each answer as it comes."""

    def answer(self, recommendation_id: str, answer: Answer) -> None:
        super().answer(recommendation_id, answer)
        replace_file(Path(sys.argv[1]), json.dumps([given.kind for _, given in self.answers]).encode())


def main() -> int:
    monitor = busy_market()
    monitor.__class__ = Kept
    return run_dashboard(monitor, fps=20.0, attention=Attention(bell=False))


if __name__ == "__main__":
    sys.exit(main())
