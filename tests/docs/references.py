"""The reference tables of the documentation, written from the code; the words of each row's last column stay.

    python -m tests.docs.references

rewrites them. A row that is new has no words yet: write them, in the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec.structs import asdict

from orderflow_tui.commands.options import SETTINGS
from orderflow_tui.config.schema import OrderFlowConfig
from orderflow_tui.config.screen_settings import ScreenSettings
from orderflow_tui.config.sources import SECRET_VARIABLES, SOURCES
from orderflow_tui.config.values import VARIABLES
from orderflow_tui.core.model.outputs import AlertOutcome, Controls, PricePath
from orderflow_tui.journal import records
from orderflow_tui.journal.records import HEADER, Header
from orderflow_tui.tui.keys.bindings import SCOPES, named
from orderflow_tui.tui.look.theme import DEFAULT_THEME
from tests.docs.pages import ROOT, table

CONFIGURATION = ROOT / "docs" / "configuration.md"
JOURNAL = ROOT / "docs" / "journal.md"
_TABLE = re.compile(r"(?P<head>^\|.*\|\n\|[-|]+\|\n)(?P<rows>(?:^\|.*\|\n)*)", re.MULTILINE)
_COURSE = PricePath(0, 2, worst_5m=1)
OUTCOME = AlertOutcome(
    "BAC", "id", "alert", "red_burst", "", "critical", counts=True, exit_eligible=False, against="long", alert_ns=0,
    time_ns=0, spread=1, usual_range=None, course=_COURSE, fell=True, success=None, fell_1s=True, fell_5s=None,
    around=Controls(3, 1, 0), alike=None, truncated=False, gap=False,
)  # fmt: skip


@dataclass(frozen=True)
class Reference:
    """One table: where it stands, what the code knows of each row, and whether words follow."""

    page: Path
    heading: str
    rows: tuple[tuple[str, ...], ...]
    explained: bool = True


def _code(value: object, otherwise: str = "none") -> str:
    return otherwise if value is None else f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _settings() -> Iterable[tuple[str, ...]]:
    variables = {field: _code(variable) for variable, field in VARIABLES.items()}
    for field, (first, *others) in SECRET_VARIABLES.items():
        variables[field] = f"{_code(first)} (or {', '.join(map(_code, others))})" if others else _code(first)
    options = {field: option for option, field, *_ in SETTINGS}
    for field, about in OrderFlowConfig.model_fields.items():
        yield _code(field), variables[field], _code(options.get(field)), _code(about.default)


def _sources() -> Iterable[tuple[str, ...]]:
    for source in SOURCES:
        needs = [_code(setting.variables[0]) for setting in source.settings if setting.needed]
        if source.extra:
            needs.append(f"extra {_code(source.extra)}")
        yield _code(source.name), _code(source.label), source.source_class, ", ".join(needs) or "nothing"


def _screen() -> Iterable[tuple[str, ...]]:
    for field, usual in asdict(ScreenSettings()).items():
        default = DEFAULT_THEME if field == "theme" else usual
        yield _code(field), _code(f"--{field.replace('_', '-')}"), _code(default)


def _keys() -> Iterable[tuple[str, ...]]:
    for scope, bindings in SCOPES.items():
        for binding in named(bindings):
            yield _code(binding.id), _code(binding.key), f"{scope}: {binding.tooltip}"


def _fields(*fields: str) -> tuple[tuple[str, ...], ...]:
    return tuple((_code(field),) for field in fields)


RECORDS: dict[str, Sequence[str]] = {
    event: kind.__struct_fields__[len(Header.__struct_fields__) :]
    for event, kind in records.RECORDS.items()
    if event != records.ALERT_UPDATED
}
"""An update's fields are an alert's."""

REFERENCES = (
    Reference(CONFIGURATION, "## Settings", tuple(_settings())),
    Reference(CONFIGURATION, "## Sources", tuple(_sources())),
    Reference(CONFIGURATION, "## Screen", tuple(_screen())),
    Reference(CONFIGURATION, "## Keys", tuple(_keys()), explained=False),
    Reference(JOURNAL, "## Every record", _fields(*HEADER)),
    *(Reference(JOURNAL, f"### `{event}`", _fields(*fields)) for event, fields in RECORDS.items()),
)


def written(text: str, reference: Reference) -> str:
    """The page's text with this table as the code has it."""
    begin = text.index(f"\n{reference.heading}\n") + len(reference.heading)
    match = _TABLE.search(text, begin)
    assert match, f"no table under {reference.heading}"
    words = {row[0].strip(): row[-1] for row in table(match[0])}
    rows = [[*row, words.get(row[0], "")] if reference.explained else row for row in reference.rows]
    lines = "".join(f"| {' | '.join(row)} |\n" for row in rows)
    return text[: match.start("rows")] + lines + text[match.end("rows") :]


def main() -> None:
    """Rewrite every table in its page."""
    for reference in REFERENCES:
        text = reference.page.read_text(encoding="utf-8")
        reference.page.write_text(written(text, reference), encoding="utf-8")


if __name__ == "__main__":
    main()
