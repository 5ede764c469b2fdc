"""operations.md names exactly the keys, endpoints and kinds of a fault script."""

from __future__ import annotations

import re
from typing import get_args

import msgspec

from orderflow_tui.feeds.simulator.faults import ENDPOINTS, Fault, Kind
from tests.docs.pages import ROOT, code, section, table

PAGE = ROOT / "docs" / "operations.md"


def test_keys_endpoints_and_kinds() -> None:
    part = section(PAGE, "## Trying faults out")
    rows = table(part)
    keys = [name for row in rows for name in code(row[0])]
    assert sorted(keys) == sorted(field.name for field in msgspec.structs.fields(Fault))
    assert set(code(rows[0][1])) == set(ENDPOINTS)
    prose = part[part.index("Any endpoint but the stream") : part.index("`--plan basic")]
    assert set(re.findall(r"`([a-z_]+)`", prose)) == set(get_args(Kind))
