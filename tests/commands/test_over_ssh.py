"""A screen on another machine's engine: ssh forwards its socket, gets no key of ours, and ends with us."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from orderflow_tui.commands.over_ssh import Tunnel, checked_host, remote_socket
from orderflow_tui.core.model.data_models import Answer
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.engine.client import ENGINE_GONE, RemoteMonitor
from orderflow_tui.engine.runtime_folder import EngineError
from tests.commands.fake_ssh import installed
from tests.engine.kit import VERSION, Engine, until
from tests.tui.fake import recommendation, symbol_view


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        monkeypatch.setenv("PATH", f"{installed(folder / 'bin')}:{os.environ['PATH']}")
        monkeypatch.setenv("XDG_RUNTIME_DIR", name)
        monkeypatch.setenv("FAKE_SSH_LOG", str(folder / "log"))
        monkeypatch.setenv("POLYGON_API_KEY", "k" * 20)
        engine = Engine(folder)
        yield engine
        engine.close()


def remote_program(engine: Engine, script: str) -> None:
    """What `orderflow-tui` is on the other machine."""
    program = engine.directory.parent / "bin/orderflow-tui"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o700)


def test_a_screen_over_ssh_shows_and_answers(engine: Engine) -> None:
    item = recommendation("BAC")
    engine.monitor.put(symbol_view("BAC", "EXIT"), recommendations=(item,))
    remote_program(engine, f"""echo "key: $POLYGON_API_KEY"; echo '{{"pid": 7, "socket": "{engine.place.socket}"}}'""")
    remote = remote_socket("trader@desk", "")
    assert remote == str(engine.place.socket)
    with Tunnel("trader@desk", remote) as tunnel:
        screen = RemoteMonitor(tunnel.connect(), version=VERSION, screen="pts/1 on here", fps=60.0)
        assert screen.views() == engine.monitor.views()
        screen.answer(item.recommendation_id, Answer("hold"))
        until(lambda: engine.monitor.answered_by == ["pts/1 on here"])
        assert tunnel._process is not None
        tunnel._process.kill()
        until(lambda: screen.gone)
        assert screen.gone.startswith(ENGINE_GONE)
        screen.attach(tunnel.connect())
        assert not screen.gone
        screen.close()
    until(lambda: not engine.server.names)
    assert [path.name for path in (engine.directory.parent / "orderflow-tui").glob("ssh-*")] == []
    asked, *forwarded = (engine.directory.parent / "log").read_text().splitlines()
    assert asked.endswith("-- trader@desk orderflow-tui status --json")
    assert len(forwarded) == 2
    for words in forwarded:
        assert "ExitOnForwardFailure=yes" in words
        assert words.endswith(f":{remote} -- trader@desk cat")


def test_ssh_has_no_key_of_ours(engine: Engine) -> None:
    remote_program(engine, """echo '{"socket": "/'"$POLYGON_API_KEY"'x"}'""")
    assert remote_socket("desk", "") == "/x"


def test_a_journal_is_named_to_the_other_machine_as_one_word(engine: Engine) -> None:
    remote_program(engine, """test "$3" = "--log-dir=/a b;c" && echo '{"socket": "/x"}'""")
    assert remote_socket("desk", "/a b;c") == "/x"


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 2", "no engine to show on desk"),
        ("exit 127", "desk does not find orderflow-tui"),
        ("echo no json", "names no socket"),
        ("""echo '{"socket": "relative"}'""", "names no socket"),
        ("""echo '{"socket": "/a:80"}'""", "names no socket"),
        ("""echo '{"pid": 1}'""", "names no socket"),
    ],
)
def test_why_there_is_nothing_to_show_is_one_line(engine: Engine, script: str, words: str) -> None:
    remote_program(engine, script)
    with pytest.raises(EngineError, match=words) as refused:
        remote_socket("desk", "")
    assert str(refused.value).isprintable()


def test_what_ssh_said_last_is_why_it_failed(engine: Engine) -> None:
    with Tunnel("unreachable", "/x") as tunnel, pytest.raises(EngineError) as refused:
        tunnel.connect()
    assert str(refused.value) == "ssh unreachable: ssh: connect to host unreachable port 22: Connection refused"


def test_an_engine_that_has_ended_there_is_said(engine: Engine) -> None:
    with Tunnel("desk", str(engine.directory / "none.sock")) as tunnel:
        link = tunnel.connect()
        with pytest.raises(EngineError, match="no engine answers there"):
            RemoteMonitor(link, version=VERSION, screen="here", fps=1.0)


@pytest.mark.parametrize("host", ["", "-oProxyCommand=touch /tmp/x", "a b", "a\nb", "a\x1bb", "x" * 256])
def test_a_host_is_never_an_option(host: str) -> None:
    with pytest.raises(DataValidationError, match="name a host as for ssh"):
        checked_host(host)


def test_ssh_ends_with_a_screen_that_is_killed(engine: Engine) -> None:
    code = (
        "import sys, time; from orderflow_tui.commands.over_ssh import Tunnel; "
        f"t = Tunnel('desk', {str(engine.place.socket)!r}); t.connect(); print(t._process.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as screen:
        assert screen.stdout is not None
        ssh = Path(f"/proc/{int(screen.stdout.readline())}")
        assert ssh.exists()
        screen.kill()
    until(lambda: not ssh.exists() or "Z" in (ssh / "stat").read_text().rpartition(")")[2].split()[0])
