"""`make audit`: the licences of what a user gets, and what is known against the versions installed here.

    python -m tests.packaging.audit

Exit codes: 0 when both are good, 1 when a licence or a version is not, 3 when the versions could not be looked up, all or
some of them: nothing is known then, which is not the same as nothing being wrong.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.packaging.licences import OURS, may_ship, shipped, stated

BAD: Final = 1
UNKNOWN: Final = 3
_AUDIT: Final = ("pip_audit", "--format", "json", "--progress-spinner", "off", "--skip-editable")


@dataclass(frozen=True)
class Verdict:
    """What is known against the installed versions: the exit code, and what to say."""

    code: int
    lines: tuple[str, ...]


def verdict(report: Mapping[str, Any]) -> Verdict:
    """What pip-audit's report comes to. A package it skipped is one that nothing is known about."""
    asked = [entry for entry in report["dependencies"] if entry["name"] != OURS]
    skipped = [entry for entry in asked if "skip_reason" in entry]
    bad = [
        f"VULNERABLE {entry['name']} {entry['version']}: {flaw['id']}, fixed in {', '.join(flaw['fix_versions']) or 'none'}"
        for entry in asked
        for flaw in entry.get("vulns", ())
    ]
    if skipped or not asked:
        bad.append(
            f"UNKNOWN: {len(skipped)} of {len(asked)} packages could not be looked up, so nothing is known about them: "
            f"{', '.join(entry['name'] for entry in skipped[:5])}{', ...' if len(skipped) > 5 else ''}"
        )
    vulnerable = any(line.startswith("VULNERABLE") for line in bad)
    code = BAD if vulnerable else UNKNOWN if bad else 0
    return Verdict(code, tuple(bad) or (f"no known vulnerability in {len(asked)} packages",))


def look_up() -> Verdict:
    """What pip-audit says about this environment."""
    done = subprocess.run([sys.executable, "-m", *_AUDIT], capture_output=True, text=True, check=False)
    try:
        report = json.loads(done.stdout)
    except ValueError:
        reason = (done.stderr.strip() or "no answer").splitlines()[-1]
        return Verdict(UNKNOWN, (f"UNKNOWN: nothing could be looked up: {reason}",))
    return verdict(report)


def licences() -> Verdict:
    """The licence of each package a user may get; one that is not installed here is bad, it was not looked at."""
    found, missing = shipped()
    words = {name: stated(package) for name, package in sorted(found.items())}
    lines = [f"{name:24} {word}{'' if may_ship(word) else '   CANNOT SHIP'}" for name, word in words.items()]
    lines += [f"{name:24} NOT INSTALLED HERE" for name in sorted(missing)]
    return Verdict(BAD if missing or not all(map(may_ship, words.values())) else 0, tuple(lines))


def main() -> int:
    """Print both, return the exit code."""
    found = [licences(), look_up()]
    for each in found:
        print("\n".join(each.lines))
    codes = [each.code for each in found]
    return BAD if BAD in codes else max(codes)


if __name__ == "__main__":
    sys.exit(main())
