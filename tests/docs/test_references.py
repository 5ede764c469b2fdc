"""The reference tables are as the code has them, and every row of theirs is explained."""

from __future__ import annotations

import pytest

from tests.docs.pages import section, table
from tests.docs.references import REFERENCES, Reference, written

EACH = pytest.mark.parametrize("reference", REFERENCES, ids=lambda reference: reference.heading)


@EACH
def test_the_table_is_what_the_code_says(reference: Reference) -> None:
    text = reference.page.read_text(encoding="utf-8")
    assert text == written(text, reference), "python -m tests.docs.references"


@EACH
def test_every_row_is_explained(reference: Reference) -> None:
    rows = table(section(reference.page, reference.heading))
    assert [row[0] for row in rows if not row[-1]] == []
    assert len(rows) == len(reference.rows)


def test_words_stay_and_a_new_row_waits_for_its_own() -> None:
    page = "\n## A\n\nText.\n\n| key | default | meaning |\n|---|---|---|\n| `a` | `1` | one |\n| `gone` | `2` | x |\n\nMore.\n"
    reference = Reference(REFERENCES[0].page, "## A", (("`a`", "`3`"), ("`new`", "none")))
    assert written(page, reference) == page.replace("| `1` | one", "| `3` | one").replace(
        "| `gone` | `2` | x |", "| `new` | none |  |"
    )
