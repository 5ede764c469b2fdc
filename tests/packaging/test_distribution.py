"""What is built is whole: the program starts from the wheel alone, and finds there what it finds in a checkout."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import orderflow_tui
from tests.docs.pages import ROOT
from tests.packaging.installing import Installed, checkout, install, run
from tests.tui.pty_terminal import PtyTerminal

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
NAME = f"orderflow_tui-{orderflow_tui.__version__}"
DRESS = """
import importlib, json, pkgutil, sys
from pathlib import Path
import orderflow_tui.tui
from orderflow_tui.tui.look.theme import load_themes, theme_folders

css = {}
for found in pkgutil.walk_packages(orderflow_tui.tui.__path__, "orderflow_tui.tui."):
    for name, kind in vars(importlib.import_module(found.name)).items():
        if isinstance(kind, type) and kind.__module__ == found.name and "DEFAULT_CSS" in vars(kind):
            css[f"{found.name}.{name}"] = kind.DEFAULT_CSS
themes, problems = load_themes(theme_folders()[:1])
print(json.dumps({
    "package": orderflow_tui.__file__, "folder": str(theme_folders()[0]), "problems": problems,
    "themes": {name: str(theme) for name, theme in themes.items()}, "css": css,
}))
"""
"""Where the package lies, and its themes and styles as they are loaded there."""


def files(folder: Path) -> set[str]:
    """Every file below the checkout's folder, or itself, that is no cache, from the root on."""
    found = [folder] if folder.is_file() else folder.rglob("*")
    return {
        path.relative_to(ROOT).as_posix()
        for path in found
        if path.is_file() and not {"__pycache__", ".hypothesis"} & set(path.parts)
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source distribution, and the wheel that is built from it and nothing else."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    return built / f"{NAME}-py3-none-any.whl"


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    return install(tmp_path_factory.mktemp("wheel"), wheel)


def test_the_source_distribution_holds_what_pyproject_lists_and_nothing_else(built: Path) -> None:
    listed = PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"]
    with tarfile.open(built / f"{NAME}.tar.gz") as archive:
        held = {member.name.removeprefix(f"{NAME}/") for member in archive if member.isfile()}
    assert held - {"PKG-INFO", ".gitignore"} == set().union(*(files(ROOT / name.removeprefix("/")) for name in listed))


def test_the_wheel_holds_the_package_the_themes_and_the_licence(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
        about = message_from_bytes(archive.read(f"{NAME}.dist-info/METADATA"))
        licence = archive.read(f"{NAME}.dist-info/licenses/LICENSE")
    themes = {f"orderflow_tui/{name}" for name in files(ROOT / "themes")}
    assert len(themes) == 6
    assert held == files(ROOT / "orderflow_tui") | themes
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert (about["License-Expression"], about["Requires-Python"]) == ("MIT", PROJECT["project"]["requires-python"])
    assert set(about.get_all("Provides-Extra", ())) == set(PROJECT["project"]["optional-dependencies"])


def test_themes_and_styles_are_found_alike_wherever_the_package_is(installed: Installed, tmp_path: Path) -> None:
    ways = {"wheel": installed}
    for way in ("checkout", "editable"):
        (tmp_path / way).mkdir()
    ways["checkout"] = checkout(tmp_path / "checkout")
    ways["editable"] = install(tmp_path / "editable", "-e", ROOT)
    found = {way: place.asks(DRESS) for way, place in ways.items()}
    for way, dress in found.items():
        home = installed.python.parents[1] if way == "wheel" else ROOT
        assert Path(dress.pop("package")).is_relative_to(home), way
        assert Path(dress.pop("folder")).is_relative_to(home), way
        assert dress["problems"] == []
    assert len(found["wheel"]["themes"]) == 6
    assert len(found["wheel"]["css"]) > 15
    assert found["wheel"] == found["checkout"] == found["editable"]


def test_the_wheel_answers_help_version_and_config(installed: Installed) -> None:
    said = {
        words: run(installed.program, *words.split(), cwd=installed.folder, env=installed.env)
        for words in ("--help", "--version", "config")
    }
    assert "headless" in said["--help"]
    assert said["--version"] == f"orderflow-tui {orderflow_tui.__version__}\n"
    assert "profile = guarded (default)" in said["config"]


def test_the_wheel_serves_a_market_and_watches_it(installed: Installed, tmp_path: Path) -> None:
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "ACME"\nquantity = 100\naverage_cost = 25\n')
    market = subprocess.Popen(
        [installed.program, "simulate", "--port", "0"], cwd=tmp_path, env=installed.env, stdout=subprocess.PIPE, text=True
    )  # fmt: skip
    with market:
        try:
            assert market.stdout
            address = market.stdout.readline().strip()
            run(
                installed.program, "headless", "--duration", "2", "--data-source", "simulator", "--base-url", address,
                cwd=tmp_path, env={**installed.env, "POLYGON_API_KEY": "any"},
            )  # fmt: skip
        finally:
            market.terminate()
    records = "".join(path.read_text() for path in (tmp_path / "logs" / "demo").glob("*.jsonl"))
    assert re.search(r'"event":"order_flow\.run_started".*"symbols":\["ACME"\]', records)
    assert '"exit_code":0' in records
    assert '"event":"order_flow.api_error"' not in records


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_demo_starts_from_the_wheel(installed: Installed, tmp_path: Path) -> None:
    with PtyTerminal("", ["demo"], program=installed.program, cwd=tmp_path, env=installed.env) as terminal:
        terminal.read_until(rb"SIMULATED", 20)
        terminal.read_until(rb"ACME", 20)
        terminal.quit(10)
    assert terminal.child.returncode == 0
    assert list((tmp_path / "logs" / "demo").glob("*.jsonl"))


def test_every_dependency_has_an_upper_bound() -> None:
    project = PROJECT["project"]
    asked = [*project["dependencies"], *PROJECT["build-system"]["requires"]]
    asked += [line for lines in project["optional-dependencies"].values() for line in lines]
    open_ended = [
        line
        for line in map(Requirement, asked)
        if line.name != project["name"] and not any(part.operator in {"<", "<=", "=="} for part in line.specifier)
    ]
    assert open_ended == []
