"""Whatever a decoder is given, it ends: in what it could read, or in one line of its own error, and soon."""

from __future__ import annotations

import ast
import atexit
import gzip
import re
import shutil
import tempfile
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import orderflow_tui
from tests.decoders.table import DECODERS, Decoder

SECONDS = 60.0
"""Of CPU for one payload, megabytes of it at most: what takes longer has no end. No measure of speed."""
LONGEST_MESSAGE = 1_000
DEEP = 100_000
MEGABYTES = 10 * 2**20
MANY_LINES = 2**18
"""What looks through all before it for each line takes minutes of them."""
MANY_VALUES = 60
READS = {
    "json.Decoder", "json.decode", "json.loads", "msgspec.convert", "tomllib.load", "tomllib.loads", "yaml.load", "csv.reader",
    "gzip.open", "unpack", "zlib.decompressobj", "parse_qsl",
}  # fmt: skip
ELSEWHERE = {
    "feeds.live.budgeted_http": "test_http: a bomb stops at the cap",
    "feeds.simulator.gate": "the query, of which its key is looked at and the rest is the query's decoder's",
    "journal.directory": "the first line of a day and its marker; what is no object is none",
    "notify.push_child": "the line its own parent writes",
    "support.decoding": "TOML for the others",
    "engine.server": "tests/engine: bytes that are no screen, and any bytes for the decoder",
    "commands.engine": "the line its own parent writes on its stdin, and the log that it wrote itself",
    "engine.client": "what its own engine writes; tests/engine: any bytes for the decoder",
    "config.edit": "reads orderflow.toml after config_load did",
    "tui.keys.browser_driver": "what the server that started it writes on a pipe of its own",
    "positions.broker_child": "what a broker's client library gives back, in a process of its own",
}
"""Modules that read and are named by no decoder, and why."""
_FOLDER = tempfile.TemporaryDirectory()
atexit.register(_FOLDER.cleanup)
FOLDER = Path(_FOLDER.name)
"""Emptied after each payload: to remove a folder for each took longer than reading."""
EACH = pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.name)

LAUGHS = b"[&l0 [x]%s]" % b"".join(b", &l%d [%s]" % (n, b",".join([b"*l%d" % (n - 1)] * 9)) for n in range(1, 20))
"""YAML of a kilobyte that is endless when it is written out."""
VALUES = (
    LAUGHS,
    b"1e400", b"-1e400", b"1e-400", b"-1", b"0", b"1e300", b"9" * 30, b"9" * 5_000, b"0x" + b"f" * 5_000, b"NaN",
    b"nan", b"Infinity", b"-inf", b"null", b"true", b'""', b'"x"', b'"\\ud800"', b"[]", b"{}", b"[0x" + b"f" * 5_000 + b"]",
    b"[" * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP, b"\xff", b"\x00", b"\xe2\x80\xae", b"0001-01-01", b"9999-12-31T23:59:59Z",
    b"=1+1", b"a\n\nb", b"&a [*a]", b"!!python/object:os.system x", b"2001-99-99", "²".encode(), "٣".encode(),
)  # fmt: skip
"""What is put in the place of each value of a sample."""
WHOLE = (
    b"", b"\n", b"\x00", b"\xff\xfe\x00", b"\xef\xbb\xbf", b"null", b"[]", b"{}", b"[null]", b"[[]]", b"[1e400]", b"NaN", b'"', b"<html>",
    b"a=" * DEEP, b"[" * MEGABYTES, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP, b"a." * DEEP + b"a=1",
    b"a = " + b"[" * DEEP, b"a = " + b"{a=" * DEEP, b"a: " * DEEP, b"- " * DEEP, b"? " * DEEP, b"{" * DEEP, b'"' + b"x" * MEGABYTES + b'"',
    b"x" * MEGABYTES, b"9" * MEGABYTES, b"," * MEGABYTES, b"\n" * MANY_LINES, b'"\n' * MANY_LINES, b"\xff" * MEGABYTES,
    b"a = 1\n" * DEEP, b"[[position]]\n" * DEEP, b"[[fault]]\n" * DEEP, b"a\tb;c,d\n" * DEEP,
)  # fmt: skip
"""What stands in the place of a whole sample."""
_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|#[0-9a-fA-F]{6}|[\w.+:-]+')


def read(decoder: Decoder, payload: bytes) -> None:
    """Read it: nothing else may be raised, in one line of text, and not after minutes."""
    began = time.process_time()
    said = "nothing"
    try:
        decoder.read(payload, FOLDER)
    except decoder.errors as error:
        said = str(error)
    finally:
        for left in FOLDER.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()
    assert 0 < len(said) <= LONGEST_MESSAGE, said[:200]
    assert "\n" not in said, said[:200]
    took = time.process_time() - began
    assert took < SECONDS, f"{took:.1f} s for {payload[:80]!r} ({len(payload):,} bytes)"


def mutations(sample: bytes) -> Iterator[bytes]:
    """The sample with each of its values replaced by each of ours, by every third in turn where it has many."""
    found = list(_VALUE.finditer(sample))
    step = 3 if len(found) > MANY_VALUES else 1
    for number, match in enumerate(found):
        for value in (*VALUES, b"")[number % step :: step]:
            yield sample[: match.start()] + value + sample[match.end() :]


@EACH
def test_the_sample_is_good(decoder: Decoder, tmp_path: Path) -> None:
    assert decoder.read(decoder.sample, tmp_path) is not None


@EACH
def test_whole_payloads(decoder: Decoder) -> None:
    for payload in WHOLE:
        read(decoder, payload)
        read(decoder, decoder.sample + payload[:DEEP])


@EACH
def test_each_value_replaced(decoder: Decoder) -> None:
    for payload in mutations(decoder.sample):
        read(decoder, payload)


@cache
def damage(sample: bytes) -> st.SearchStrategy[bytes]:
    """Any bytes, any text, the sample with a piece replaced, and its lines in another order."""
    edges = st.integers(0, len(sample))
    return st.one_of(
        st.binary(max_size=400),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")),
        st.tuples(edges, edges, st.binary(max_size=8)).map(lambda cut: sample[: cut[0]] + cut[2] + sample[cut[1] :]),
        st.permutations(sample.splitlines(keepends=True)).map(b"".join),
    )


@EACH
@settings(max_examples=60)
@given(data=st.data())
def test_any_bytes_and_any_damage(decoder: Decoder, data: st.DataObject) -> None:
    read(decoder, data.draw(damage(decoder.sample)))


@pytest.mark.parametrize("name", ["packed journal", "a recording's gzip"])
def test_gzip_bombs(name: str) -> None:
    """A gigabyte and more in a megabyte: without an end of line, and in lines."""
    decoder = next(each for each in DECODERS if each.name == name)
    for piece in (b"0" * 2**20, b"0,0\n" * 2**18):
        read(decoder, gzip.compress(decoder.sample) + gzip.compress(piece * 16, 9) * 64)


def called(function: ast.expr) -> str:
    match function:
        case ast.Attribute(value, name):
            return f"{called(value)}.{name}"
        case ast.Name(name):
            return name
        case _:
            return ""


def test_every_module_that_reads_has_a_decoder() -> None:
    package = Path(orderflow_tui.__file__).parent
    words = {name.rpartition(".")[2] for name in READS}
    reading = set()
    for path in package.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if any(word in text for word in words) else ():
            if isinstance(node, ast.Call) and called(node.func).endswith(tuple(READS)):
                reading.add(".".join(path.relative_to(package).with_suffix("").parts))
    named = {module for decoder in DECODERS for module in decoder.modules} | set(ELSEWHERE)
    assert reading - named == set()
