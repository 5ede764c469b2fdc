"""`orderflow-tui init`: from nothing to a running watch by plain questions.

Everything is asked and checked first. Files are written at the end, each whole; until then Ctrl+C leaves nothing.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from orderflow_tui.commands.doctor import ask_source, findings_of
from orderflow_tui.commands.init_positions import ask_positions
from orderflow_tui.commands.init_sources import OFFERS, Offer, offer_lines
from orderflow_tui.commands.init_write import Chosen, write_all
from orderflow_tui.commands.questions import (
    CancelledError,
    ask,
    ask_choice,
    ask_hidden,
    ask_yes,
    refuse_without_terminal,
    tell,
)
from orderflow_tui.config.load import FILE_NAME, find_file, load_config, user_config_folder, working_directory
from orderflow_tui.config.secrets import with_secrets
from orderflow_tui.config.secrets_file import secrets_place
from orderflow_tui.config.sources import source_named
from orderflow_tui.config.values import VARIABLES
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.support.console import print_error
from orderflow_tui.support.findings import Finding, printed

_INSTEAD: Final = "without one write orderflow.toml and positions.toml yourself (docs/configuration.md)"
_CANCELLED: Final = "nothing was written"


class Probed(Struct, frozen=True):
    """A source, the settings it needs, and whether it answered.

    Attributes:
        offer: Which.
        settings: By field, for `orderflow.toml`.
        secrets: By variable, typed here.
        answers: Whether every check of it was passed.
    """

    offer: Offer
    settings: dict[str, str]
    secrets: dict[str, str]
    answers: bool


def run_init(start: Callable[[], int]) -> int:
    """Ask, check, write, and offer to start.

    Args:
        start: Runs the dashboard on what was written.

    Returns:
        The exit code: 1 where nothing was written.

    Raises:
        DataValidationError: `CONFIG_INVALID`: no terminal, or a file that is refused as it stands.
    """
    refuse_without_terminal("init", _INSTEAD)
    folder = working_directory()
    found = find_file(os.environ, folder)
    loaded = load_config({}) if found is not None and found.exists() else None
    tell([
        "This sets up the watch in a few questions. Ctrl+C leaves at any time; nothing is written before the end.",
        f"Folder: {folder}. Start the program from here later.",
    ])  # fmt: skip
    if loaded is not None:
        tell([f"{loaded.path} exists: only what you choose here changes in it."])
    try:
        probed = _ask_source()
        wanted = ask_positions(folder, probed.offer.source, with_secrets(os.environ, user_config_folder))
        chosen = Chosen(
            settings_file=found or folder / FILE_NAME,
            settings={"data_source": probed.offer.source, **probed.settings, **wanted.settings},
            secrets={**probed.secrets, **wanted.secrets},
            secrets_place=secrets_place(os.environ, user_config_folder),
            positions=wanted,
        )
        if not _confirmed(chosen):
            raise CancelledError  # noqa: TRY301 the same end as Ctrl+C
    except CancelledError:
        print_error(_CANCELLED)
        return 1
    tell(write_all(chosen))
    return _check_and_start(probed, start)


def _ask_source() -> Probed:
    while True:
        tell(["", "Where does your market data come from?", *offer_lines(_width())])
        offer = OFFERS[_number_of_source() - 1]
        tell(["", *offer.steps])
        while True:
            probed = _probe(offer)
            if probed is not None and probed.answers:
                return probed
            what = ask_choice("What now?", (
                "again: ask it again, with another key or address",
                "source: choose another source",
                "keep: use it anyway",
            ))  # fmt: skip
            if what == 3 and probed is not None:
                return probed
            if what == 2:
                break


def _number_of_source() -> int:
    while True:
        answer = ask("Number of your source:", "1").lower()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(OFFERS):
            return int(answer)
        named = [number for number, offer in enumerate(OFFERS, 1) if offer.source == answer]
        if named:
            return named[0]
        tell([f"Type a number from 1 to {len(OFFERS)}."])


def _probe(offer: Offer) -> Probed | None:
    """Ask for what the source needs and try it; None where what was typed is refused."""
    source = source_named(offer.source)
    known = with_secrets(os.environ, user_config_folder)
    settings = {field: ask(question, proposal) for field, question, proposal in offer.asked}
    secrets: dict[str, str] = {}
    for setting in source.settings:
        if setting.kind != "secret" or not setting.needed:
            continue
        variable = setting.variables[0]
        stored = next((name for name in setting.variables if known.get(name, "").strip()), "")
        if stored and ask_yes(f"{stored} is set already. Use it?", default=True):
            continue
        if typed := ask_hidden(variable):
            secrets[variable] = typed
    try:
        config = load_config({"data_source": offer.source, **settings}, {**known, **secrets}).config
        missing = [source.missing(one) for one in source.settings if one.needed and not getattr(config, one.field)]
        if missing:
            tell(printed([Finding("key", "FAIL", missing[0])], _width()))
            return None
    except DataValidationError as refused:
        tell(printed([Finding("settings", "FAIL", str(refused))], _width()))
        return None
    tell(["", f"Asking {offer.title} ..."])
    found = ask_source(source, config, (), try_stream=False)
    tell(printed(found, _width()))
    return Probed(offer, settings, secrets, answers=all(one.state != "FAIL" for one in found))


def _confirmed(chosen: Chosen) -> bool:
    tell(["", "This will be written:", *(f"  {line}" for line in chosen.lines())])
    return ask_yes("Write it?", default=True)


def _check_and_start(probed: Probed, start: Callable[[], int]) -> int:
    shadows = sorted(variable for variable in VARIABLES if variable in os.environ)
    if shadows:
        tell([f"These variables are set and win over the file: {', '.join(shadows)}."])
    tell(["", "Checks:"])
    findings = findings_of({}, None, try_stream=False, ask=probed.answers)
    tell(printed(findings, _width()))
    failed = any(finding.state == "FAIL" for finding in findings)
    words = "A check above failed. Start anyway?" if failed else "Start the dashboard now?"
    tell([""])
    try:
        if ask_yes(words, default=not failed):
            return start()
    except CancelledError:
        tell(["Everything is written."])
    tell(["Start it any time from this folder: orderflow-tui"])
    return 1 if failed else 0


def _width() -> int:
    return shutil.get_terminal_size().columns - 1
