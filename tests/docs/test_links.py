"""Every internal link leads somewhere, and every page is reachable."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.docs.pages import PAGES, ROOT, anchors, without_blocks

_LINK = re.compile(r"\]\((?!https?://)([^)\s]+)\)")
_MODULE = re.compile(r"`((?:[\w.-]+/)*[\w-]+\.py)(?:::\w+)?`")


def links(page: Path) -> list[str]:
    return _LINK.findall(without_blocks(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_that_a_page_names_are_there(page: Path) -> None:
    for named in set(_MODULE.findall(page.read_text(encoding="utf-8"))):
        found = [
            path
            for folder in ("orderflow_tui", "tests", "benchmarks")
            for path in (ROOT / folder).rglob(Path(named).name)
            if f"{path}".endswith(f"/{named}")
        ]
        assert found, f"{page.name}: {named}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_internal_links_resolve(page: Path) -> None:
    for link in links(page):
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        assert target.is_file(), f"{page.name}: {link}"
        assert target.is_relative_to(ROOT), f"{page.name}: {link} leaves the project"
        if anchor:
            assert anchor in anchors(target), f"{page.name}: {link}: no such heading"


def test_every_page_is_linked_from_the_readme() -> None:
    linked = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert {page for page in PAGES if page.name != "README.md"} <= linked


def test_the_picture_is_there_and_shows_a_recommendation() -> None:
    picture = (ROOT / "docs" / "demo.svg").read_text(encoding="utf-8").replace("&#160;", " ")
    assert "EXIT?" in picture
    assert "SIMULATED" in picture
    assert "http" not in picture.replace('xmlns="http://www.w3.org/2000/svg"', "")
