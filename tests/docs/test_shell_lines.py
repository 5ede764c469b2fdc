"""Every line of every shell block is run as it stands, or said here why it cannot be; one that is neither fails.

A line is run in a folder with positions, a journal and a recording, without a key: by a shell, or by a call where it is
a command of ours with plain words only, after which nothing runs. What serves or paints is started, seen and ended; what
needs an account is run without one and must say so.
"""

from __future__ import annotations

import gzip
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from orderflow_tui.journal.make_records import alert_record
from tests.commands.in_process import called
from tests.docs.pages import PAGES, blocks
from tests.docs.test_commands import lines
from tests.docs.test_packaging import PROJECT
from tests.journal.journal_tools import NOON, Clock, alert, writer
from tests.recordings.reader_files import QUOTES_HEAD, TRADES_HEAD, flat_quote, flat_trade, put
from tests.tui.pty_terminal import PtyTerminal

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell and a pseudo-terminal")
NO_KEY = r"POLYGON_API_KEY is not set"
OURS = r"(NO_COLOR=1 )?orderflow-tui"
PLAIN = re.compile(
    r"orderflow-tui( (config|report|import|notify|doctor|headless|serve|evaluate|replay( [^ ]+)* --(alert|headless))( [\w./:,=@+-]+)*"
    r"|( --(data-source|record) \w+)?)"
)
PORT = "8971"
RECORDING = "recordings/bac_20131007_1405_1435"


@dataclass(frozen=True)
class Way:
    """How the lines that match are proved: `how`, the exit code, and what their output must say."""

    line: str
    how: str
    code: int = 0
    says: str = ""


WAYS = (
    Way(r"eval .*completion bash.*", "elsewhere"),  # tests/commands/test_completion
    Way(rf"{OURS} (completion|man) .*", "elsewhere"),  # the same, into the reader's own folders
    Way(r"pipx install \.", "elsewhere"),  # tests.packaging installs the wheel
    Way(rf"{OURS} init", "elsewhere"),  # tests/commands/test_init: it asks questions
    Way(rf"{OURS} config", "run", 0, "profile = guarded"),
    Way(rf"{OURS} report.*--json", "run", 0, r"^\{"),
    Way(rf"{OURS} report.*--csv", "run", 0, ","),
    Way(rf"{OURS} report.*", "run", 0, "alerts"),
    Way(r"export DASK_.*|orderflow-tui evaluate .* --cluster tls.*", "elsewhere"),  # a cluster, with certificates
    Way(rf"{OURS} import .* && {OURS} evaluate .*", "run", 0, "GUARDED"),
    Way(rf"{OURS} import .*", "run", 0, "kept/2026-01-09-[0-9a-f]{8}:MSFT"),
    Way(rf"{OURS} evaluate .*--json", "run", 0, r"^\{"),
    Way(rf"{OURS} evaluate .*", "run", 0, "GUARDED"),
    Way(rf"{OURS} attach --ssh .*", "elsewhere"),  # another machine: tests/commands/test_over_ssh
    Way(r"launchctl .*", "elsewhere"),  # another system
    Way(rf"{OURS} replay --alert .*", "run", 2, "nothing was recorded there"),
    Way(rf"{OURS} replay .* --headless", "run"),
    Way(r"gzip logs/.*", "run"),
    Way(r"(grep|cat|jq) .*", "elsewhere"),  # test_commands.test_queries_answer_on_several_days
    Way(rf"{OURS} notify", "run", 2, "no channel is set up"),
    Way(rf"{OURS} doctor --data-source alpaca", "account", 1, "APCA_API_KEY_ID"),
    Way(rf"{OURS} --data-source alpaca", "account", 2, "APCA_API_KEY_ID is not set"),
    Way(rf"{OURS} doctor --data-source databento", "account", 1, "DATABENTO_API_KEY"),
    Way(rf"{OURS} --data-source databento", "account", 2, "DATABENTO_API_KEY is not set"),
    Way(rf"{OURS} doctor --data-source ibkr", "account", 1, "no TWS or IB Gateway"),
    Way(rf"{OURS} --data-source ibkr", "elsewhere"),  # needs no key: it waits for TWS (tests/feeds/ibkr)
    Way(r"export IBKR_.*", "elsewhere"),
    Way(rf"{OURS} doctor.*", "account", 1, "POLYGON_API_KEY"),
    Way(rf"{OURS}( serve( --allow-host .*)?| headless( --duration \d+)?)?( --record raw)?( \| tee .*)?", "account", 2, NO_KEY),
    Way(rf"{OURS} headless --positions alpaca-paper", "account", 2, NO_KEY),
    Way(rf"{OURS} simulate .*", "serve", 0, "^http://127"),
    Way(rf"{OURS} serve --demo.*", "serve", 0, "http://127"),
    Way(r"POLYGON_API_KEY=any orderflow-tui headless --data-source simulator.*", "market"),
    Way(rf"{OURS} demo.*", "terminal", 0, "SIMULATED"),
    Way(rf"{OURS} replay .*", "terminal", 0, "REPLAY"),
    Way(r"make [a-z]+", "elsewhere"),  # CI is these; test_commands.test_make_targets_exist
    Way(r"\.venv/bin/python -m pytest .*", "elsewhere"),  # the tests themselves: test_paths_of_tests_exist
    Way(r"\.venv/bin/python -m tests\.docs\.references", "elsewhere"),  # test_references
    Way(r"pip install '.*\[\w+\]'", "elsewhere"),  # tests.packaging, and test_extras_exist
    Way(r"(tmux|ssh|systemctl|journalctl|read) .*", "elsewhere"),  # a person's terminal, another machine, the system
)  # fmt: skip
LINES = sorted({re.sub(r"\s+#.*", "", line) for _, line in lines("sh")})


def way(line: str) -> Way:
    """The first way that matches; an assertion where there is none."""
    found = next((each for each in WAYS if re.fullmatch(each.line, line)), None)
    assert found, f"{line!r} is shown and neither run nor said why not: add it to WAYS"
    return found


def of(how: str) -> list[str]:
    return [line for line in LINES if way(line).how == how]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a reader of the documentation stands."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin" / "orderflow-tui"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m orderflow_tui "$@"\n')
    program.chmod(0o755)
    (tmp_path / "positions.toml").write_text('[[position]]\nsymbol = "ACME"\nquantity = 100\naverage_cost = 25\n')
    (tmp_path / "faults.toml").write_text(next(block.text for block in blocks("toml") if "[[fault]]" in block.text))
    (tmp_path / "recordings").mkdir()
    for name, head, row in (
        ("trades", "ts_ns,seq,price,size,side,kind", "{},{},13.86,300,,v"),
        ("book", "ts_ns,seq,bp1,bs1,ap1,as1", "{},{},13.86,69900,13.87,400"),
    ):
        rows = [row.format(1381169100000000000 + second * 10**9, second) for second in range(1, 900)]
        with gzip.open(tmp_path / f"{RECORDING}.{name}.csv.gz", "wt") as file:
            file.write("\n".join([head, *rows, ""]))
    day = [(ticker, second) for ticker in ("AAPL", "BAC", "MSFT") for second in range(1, 900)]
    for name, head, lines_of in (
        ("trades", TRADES_HEAD, [flat_trade(second, second, ticker=ticker) for ticker, second in day]),
        ("quotes", QUOTES_HEAD, [flat_quote(second, second, ticker=ticker) for ticker, second in day]),
    ):
        put(tmp_path / f"{name}_v1/2026/01/2026-01-09.csv.gz", "\n".join([head, *lines_of, ""]))
    journal = writer(tmp_path / "logs/order_flow", source_class="live", data_source="polygon", clock=Clock())
    journal.write(alert_record(alert()), NOON, 0)
    journal.close()
    for path in (tmp_path / "logs/order_flow").glob("*.jsonl"):
        path.with_name("2026-11-20.jsonl").write_bytes(path.read_bytes())
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("ORDER_FLOW", "POLYGON", "MASSIVE", "APCA"))
    }
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    return {**kept, "PATH": path, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)}


def outcome(line: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What came of the line: exit code and all it printed."""
    if PLAIN.fullmatch(line):
        words = line.replace("PREFIX...", RECORDING).split()[1:]
        done = called(*words, cwd=folder, env=environment(folder), capfd=capfd)
        return done.returncode, done.stdout + done.stderr
    return shell(line, folder)


def shell(line: str, folder: Path) -> tuple[int, str]:
    """The line as it stands, but for the recordings' name and how long it runs: exit code and all it printed."""
    line = re.sub(r"--duration \d+", "--duration 2", line.replace("PREFIX...", RECORDING))
    done = subprocess.run(
        ["sh", "-c", line], cwd=folder, env=environment(folder), capture_output=True, text=True, timeout=60, check=False
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return str(server.getsockname()[1])


@contextmanager
def serving(line: str, folder: Path) -> Iterator[str]:
    """The line's server, on a free port; what it says first. It must end well when it is interrupted."""
    line = line.replace(PORT, free_port()) if PORT in line else f"{line} --port 0"
    with subprocess.Popen(
        ["sh", "-c", f"exec {line}"], cwd=folder, env=environment(folder), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True,
    ) as server:  # fmt: skip
        assert server.stdout
        try:
            yield server.stdout.readline()
        finally:
            server.send_signal(signal.SIGINT)
            rest = server.communicate(timeout=20)[0]
    assert server.returncode == 0, rest


@pytest.mark.parametrize("line", LINES)
def test_every_line_is_classified(line: str) -> None:
    way(line)


def test_no_way_is_left_over() -> None:
    used = {way(line) for line in LINES}
    assert [each.line for each in WAYS if each not in used] == []


@pytest.mark.parametrize("line", of("run"))
def test_it_runs(line: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, said = outcome(line, folder, capfd)
    assert code == way(line).code, said
    assert re.search(way(line).says, said, re.MULTILINE), said


@pytest.mark.parametrize("line", of("account"))
def test_without_an_account_it_says_so(line: str, folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    code, said = outcome(line, folder, capfd)
    assert code == (0 if "| tee" in line else way(line).code), said
    assert re.search(way(line).says, said), said


@pytest.mark.parametrize("line", of("serve"))
def test_it_serves(line: str, folder: Path) -> None:
    with serving(line, folder) as first:
        assert re.search(way(line).says, first), first


@pytest.mark.parametrize("line", of("market"))
def test_it_watches_the_market_that_is_served(line: str, folder: Path) -> None:
    with serving("orderflow-tui simulate --port 0", folder) as address:
        code, said = shell(
            re.sub(r"http://127\.0\.0\.1:\d+", address.strip(), line)
            + ("" if "--duration" in line else " --duration 2"),
            folder,
        )
    assert code == 0, said
    assert list((folder / "logs" / "demo").glob("*.jsonl"))


@pytest.mark.parametrize("line", of("terminal"))
def test_it_paints(line: str, folder: Path) -> None:
    with PtyTerminal("", ["-c", line], program=Path("/bin/sh"), cwd=folder, env=environment(folder)) as terminal:
        terminal.read_until(way(line).says.encode(), 30)
        terminal.quit(15)
    assert terminal.child.returncode == 0


def test_extras_exist() -> None:
    extras = PROJECT["project"]["optional-dependencies"]
    shown = {match[1] for line in LINES if (match := re.search(r"orderflow-tui\[(\w+)\]", line))}
    assert shown
    assert shown <= set(extras)


def test_no_block_is_of_a_language_that_nothing_looks_at() -> None:
    looked_at = {"sh", "toml", "ini", "powershell", "nginx", "xml"}
    written = {
        found for page in PAGES for found in re.findall(r"^ *```(\w+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert written <= looked_at


def test_paths_of_tests_exist() -> None:
    for line in LINES:
        if match := re.search(r"-m pytest (\S+)", line):
            assert Path(__file__).parents[2].joinpath(match[1]).exists(), line
