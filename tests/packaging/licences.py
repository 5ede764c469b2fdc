"""The licences of what a user gets: the package's dependencies with theirs, as their metadata states them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OURS: Final = "orderflow-tui"
NOT_A_USERS: Final = frozenset({"test", "bench", "conformance"})
"""Extras of who works on the package."""

_MAY_SHIP: Final = re.compile(
    r"MIT(-0)?( License)?|0BSD|(New )?BSD([- ][0-9]-Clause)?( License)?|Apache( Software License|[- ]2(\.0)?)?"
    r"|PSF-2\.0|Python Software Foundation License|MPL-2\.0|Mozilla Public License 2\.0|ISC"
    r"|Zlib|CC0-1\.0",
    re.IGNORECASE,
)


def stated(found: Distribution) -> str:
    """The licence in the metadata's own words: the SPDX expression, else the classifiers, else the first line."""
    about = found.metadata
    if "License-Expression" in about:
        return about["License-Expression"]
    lines = [line for line in about.get_all("Classifier", []) if line.startswith("License :: OSI")]
    said = [line.rsplit(" :: ", 1)[1].partition(" (")[0] for line in lines]
    return " AND ".join(said) or about.get_all("License", [""])[0].strip().partition("\n")[0]


def may_ship(licence: str) -> bool:
    """Whether it is MIT, BSD, Apache, PSF, MPL, ISC, zlib or CC0: of an `AND` every part, of an `OR` one is enough."""
    return all(any(map(_MAY_SHIP.fullmatch, part.strip("()").split(" OR "))) for part in licence.split(" AND "))


def shipped() -> tuple[dict[str, Distribution], set[str]]:
    """Everything a user may get, extras included, by name; and the names that are not installed here."""
    ours = distribution(OURS)
    extras = set(ours.metadata.get_all("Provides-Extra", [])) - NOT_A_USERS
    found: dict[str, Distribution] = {}
    missing: set[str] = set()
    waiting = [(name, wanted) for name, wanted in _requirements(ours, {"", *extras})]
    asked: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        name, wanted = waiting.pop()
        if (name, wanted) in asked:
            continue
        asked.add((name, wanted))
        try:
            found[name] = distribution(name)
        except PackageNotFoundError:
            missing.add(name)
        else:
            waiting += _requirements(found[name], {"", *wanted})
    return found, missing


def _requirements(of: Distribution, extras: set[str]) -> Iterator[tuple[str, frozenset[str]]]:
    for line in of.requires or ():
        wanted = Requirement(line)
        if wanted.marker is None or any(wanted.marker.evaluate({"extra": extra}) for extra in extras):
            yield canonicalize_name(wanted.name), frozenset(wanted.extras)
