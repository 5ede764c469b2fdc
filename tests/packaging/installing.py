"""The package built and installed as a user has it: environments that borrow the dependencies and nothing else."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.docs.pages import ROOT

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet")


def run(*command: str | Path, cwd: Path, env: dict[str, str] | None = None) -> str:
    """The command's stdout; an assertion with both its outputs where it fails."""
    done = subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@dataclass(frozen=True)
class Installed:
    """An interpreter that finds the package in one way, and an empty folder to start it from."""

    python: Path
    folder: Path
    path: str = ""
    """`PYTHONPATH`, for a checkout that nothing installed."""

    @property
    def program(self) -> Path:
        return self.python.with_name(f"orderflow-tui{self.python.suffix}")

    @property
    def env(self) -> dict[str, str]:
        ours = ("ORDER_FLOW", "POLYGON", "MASSIVE", "PYTHON", "COV_")
        kept = {key: value for key, value in os.environ.items() if not key.startswith(ours)}
        home = str(self.folder)
        return {**kept, "HOME": home, "XDG_CONFIG_HOME": home, **({"PYTHONPATH": self.path} if self.path else {})}

    def asks(self, code: str) -> Any:
        """What the code prints, which is JSON."""
        return json.loads(run(self.python, "-c", code, cwd=self.folder, env=self.env))


def environment(folder: Path) -> Path:
    """The interpreter of a new environment with the dependencies of this one, but not its editable packages.

    A path in a `.pth` file is searched, its own `.pth` files are not read: an editable install stays behind.
    """
    venv.create(folder / "venv")
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / Path(sys.executable).name
    places = json.loads(
        run(python, "-c", "import json, sysconfig; print(json.dumps(sysconfig.get_paths()))", cwd=folder)
    )
    borrowed = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (Path(places["purelib"]) / "borrowed.pth").write_text("\n".join(borrowed))
    return python


def install(folder: Path, *what: str | Path) -> Installed:
    """A new environment with the package, a wheel or `-e` and a checkout, installed into it."""
    python = environment(folder)
    run(*PIP, "--python", python, "install", "--no-index", "--no-deps", "--no-build-isolation", *what, cwd=folder)
    started_from = folder / "empty"
    started_from.mkdir()
    return Installed(python, started_from)


def checkout(folder: Path) -> Installed:
    """A new environment that finds the package in this checkout because it is told where it is."""
    return Installed(environment(folder), folder, path=str(ROOT))
