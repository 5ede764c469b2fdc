"""An `ssh` that reaches this machine: it forwards sockets (`-L`) and runs the command, as the real one does there."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

OPTIONS_WITH_A_VALUE = {"-o", "-L", "-p", "-i", "-F", "-l", "-S", "-W"}


def installed(folder: Path) -> Path:
    """A folder to put before PATH, with an `ssh` that is this file."""
    folder.mkdir(exist_ok=True)
    program = folder / "ssh"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {__file__} "$@"\n')
    program.chmod(stat.S_IRWXU)
    return folder


def pump(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)


def forward(here: str, there: str) -> None:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(here)
    time.sleep(0.1)  # a socket is there before anybody listens on it
    listener.listen()

    def accept() -> None:
        while True:
            near, _ = listener.accept()
            far = socket.socket(socket.AF_UNIX)
            try:
                far.connect(there)
            except OSError:
                near.close()
                continue
            for pair in ((near, far), (far, near)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()


def main(words: list[str]) -> int:
    if log := os.environ.get("FAKE_SSH_LOG"):
        with Path(log).open("a") as file:
            file.write(" ".join(words) + "\n")
    if words and "unreachable" in words:
        sys.stderr.write("ssh: connect to host unreachable port 22: Connection refused\r\n")
        return 255
    while words and words[0].startswith("-") and words[0] != "--":
        option = words.pop(0)
        value = words.pop(0) if option in OPTIONS_WITH_A_VALUE else ""
        if option == "-L":
            forward(*value.split(":"))
    if words and words[0] == "--":
        words.pop(0)
    _host, *command = words
    return subprocess.run(["sh", "-c", " ".join(command)], check=False).returncode


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)
