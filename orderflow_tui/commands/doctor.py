"""`orderflow-tui doctor`: every check, as a table or as JSON."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Mapping, Sequence

from orderflow_tui.config.load import load_config
from orderflow_tui.config.sources import Source, load, source_named
from orderflow_tui.config.values import Settings
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.doctor import machine
from orderflow_tui.support.console import print_json, print_lines
from orderflow_tui.support.findings import Finding, printed


def run_doctor(overrides: Mapping[str, object], config_file: str | None, *, as_json: bool, try_stream: bool) -> int:
    """Check everything and print it; 1 where something fails. The stream is opened only where asked for."""
    findings = findings_of(overrides, config_file, try_stream=try_stream)
    if as_json:
        print_json([dataclasses.asdict(finding) for finding in findings])
    else:
        print_lines(printed(findings, shutil.get_terminal_size().columns))
    return 1 if any(finding.state == "FAIL" for finding in findings) else 0


def findings_of(
    overrides: Mapping[str, object], config_file: str | None, *, try_stream: bool, ask: bool = True
) -> list[Finding]:
    """Every check of these settings; of refused ones only that. Without `ask` the source is left alone."""
    try:
        loaded = load_config(overrides, path=config_file)
    except DataValidationError as refused:
        return [Finding("settings", "FAIL", str(refused), "fix the setting named above")]
    settings = machine.settings(loaded)
    held, manager = machine.positions(loaded)
    source = source_named(loaded.config.data_source)
    depth = source_named(loaded.config.depth_source) if loaded.config.depth_source else None
    source_class = source.source_class
    findings = [
        settings,
        held,
        machine.journal(loaded.journal_dir(source_class), source_class),
        machine.terminal(os.environ),
    ]
    if settings.state == "FAIL" or not source.checks or not ask:
        return findings
    symbols = [position.symbol for position in manager.get_active_positions()] if manager else []
    findings += ask_source(source, loaded.config, symbols, try_stream=try_stream)
    if depth is not None:
        for finding in ask_source(depth, loaded.config, symbols, try_stream=try_stream):
            findings.append(dataclasses.replace(finding, name=f"depth {finding.name}"))
    return findings


def ask_source(source: Source, config: Settings, symbols: Sequence[str], *, try_stream: bool) -> list[Finding]:
    """What a source says of its key, its plan and these symbols."""
    try:
        checks = load(source.checks, source.extra)
    except DataValidationError as missing:
        return [Finding("library", "FAIL", str(missing), "install the extra it names")]
    found: list[Finding] = checks(config, symbols, try_stream=try_stream).findings()
    return found
