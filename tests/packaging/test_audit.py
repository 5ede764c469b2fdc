from __future__ import annotations

from typing import Any

import pytest

from tests.packaging import audit
from tests.packaging.audit import verdict
from tests.packaging.licences import may_ship, shipped, stated


def test_every_dependency_has_a_licence_to_ship_with() -> None:
    found, missing = shipped()
    assert {"textual", "httpx", "anyio", "pydantic-core"} <= set(found)
    assert "pytest" not in found
    refused = {name: stated(package) for name, package in found.items() if not may_ship(stated(package))}
    assert refused == {}
    assert not missing & {"textual", "httpx", "msgspec"}


@pytest.mark.parametrize(
    "licence",
    ["MIT", "MIT License", "BSD-3-Clause", "BSD 2-Clause License", "Apache 2.0", "Apache-2.0 AND MIT", "ISC",
     "Apache Software License", "GPL-3.0 OR MIT", "(MIT OR Apache-2.0) AND PSF-2.0",
     "Mozilla Public License 2.0"],
)  # fmt: skip
def test_a_licence_to_ship_with(licence: str) -> None:
    assert may_ship(licence)


@pytest.mark.parametrize(
    "licence", ["", "UNKNOWN", "GPL-3.0-only", "LGPLv3", "MIT AND GPL-3.0", "Proprietary", "MITRE"]
)
def test_a_licence_not_to_ship_with(licence: str) -> None:
    assert not may_ship(licence)


def answered(name: str, *flaws: str) -> dict[str, Any]:
    return {"name": name, "version": "1.0", "vulns": [{"id": flaw, "fix_versions": ["1.1"]} for flaw in flaws]}


def skipped(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([answered("httpx"), skipped("orderflow-tui")], 0, "no known vulnerability in 1 packages"),
        ([answered("httpx", "CVE-1")], audit.BAD, "VULNERABLE httpx 1.0: CVE-1, fixed in 1.1"),
        ([answered("httpx"), skipped("rich")], audit.UNKNOWN, "UNKNOWN: 1 of 2 packages could not be looked up"),
        ([answered("httpx", "CVE-1"), skipped("rich")], audit.BAD, "UNKNOWN: 1 of 2"),
        ([], audit.UNKNOWN, "UNKNOWN: 0 of 0"),
    ],
)
def test_what_was_not_looked_up_is_not_called_good(dependencies: list[dict[str, Any]], code: int, said: str) -> None:
    found = verdict({"dependencies": dependencies})
    assert found.code == code
    assert said in "\n".join(found.lines)


def test_no_answer_is_unknown() -> None:
    """Here pip-audit is not installed: it cannot even be asked."""
    found = audit.look_up()
    assert found.code == audit.UNKNOWN
    assert found.lines[0].startswith("UNKNOWN: nothing could be looked up:")
