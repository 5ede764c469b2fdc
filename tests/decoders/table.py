"""Everything that reads what others wrote, each with a good sample and the errors it may end in."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import tempfile
import threading
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from urllib.parse import parse_qsl

import httpx
import msgspec
from starlette.websockets import WebSocket

from orderflow_tui.commands.over_ssh import socket_named
from orderflow_tui.config.load import load_config
from orderflow_tui.config.notify import notify_settings
from orderflow_tui.config.screen_settings import screen_settings
from orderflow_tui.config.secrets import read_secrets
from orderflow_tui.core.learning.learned_sizes import SessionStats
from orderflow_tui.core.model.events import Book, Print
from orderflow_tui.core.model.validators import DataValidationError
from orderflow_tui.engine.listener import address
from orderflow_tui.engine.runtime_folder import EngineError
from orderflow_tui.feeds._template import normalize as template
from orderflow_tui.feeds._template import wire as template_wire
from orderflow_tui.feeds.alpaca import normalize as alpaca
from orderflow_tui.feeds.alpaca import wire as alpaca_wire
from orderflow_tui.feeds.databento import wire as databento_wire
from orderflow_tui.feeds.databento.delivery import Delivery
from orderflow_tui.feeds.databento.wire import RecordStream
from orderflow_tui.feeds.errors import FeedError, PayloadError
from orderflow_tui.feeds.feed import Arrival
from orderflow_tui.feeds.ibkr import outgoing as ibkr_outgoing
from orderflow_tui.feeds.ibkr import wire as ibkr_wire
from orderflow_tui.feeds.live.budgeted_http import HttpSession, Reply, Request, error_text
from orderflow_tui.feeds.live.reconnecting import TroubleError
from orderflow_tui.feeds.live.tape_join import TapeJoin
from orderflow_tui.feeds.polygon.books import BookPoller, Judgement
from orderflow_tui.feeds.polygon.fetch_conditions import FetchedConditions
from orderflow_tui.feeds.polygon.rest_calls import Gateway
from orderflow_tui.feeds.polygon.stream_events import StreamEvents
from orderflow_tui.feeds.polygon.stream_wire import FrameError, decode_frame
from orderflow_tui.feeds.polygon.tape import SymbolTape
from orderflow_tui.feeds.simulator.alpaca_stream import _received as alpaca_received
from orderflow_tui.feeds.simulator.databento.gateway import _subscription as databento_asked
from orderflow_tui.feeds.simulator.faults import FaultFileError, load_faults
from orderflow_tui.feeds.simulator.ibkr.frames import ClientError, greeted, received
from orderflow_tui.feeds.simulator.ibkr.frames import frame as ibkr_frame
from orderflow_tui.feeds.simulator.ibkr.tws_behavior import load_ibkr_faults
from orderflow_tui.feeds.simulator.polygon_stream import _received
from orderflow_tui.feeds.simulator.query import BadQueryError, parse_offset_cursor, parse_time_query
from orderflow_tui.journal.alerts_without_outcome import unfollowed
from orderflow_tui.journal.history import HistoryStore
from orderflow_tui.journal.reader import JournalReader
from orderflow_tui.journal.recommendations import journaled_recommendations
from orderflow_tui.library.polygon_client import PolygonClient
from orderflow_tui.monitor.followup_store import FollowUpStore
from orderflow_tui.monitor.learned_store import LearnedStore
from orderflow_tui.positions.alpaca import AlpacaAccount
from orderflow_tui.positions.broker_process import holdings_from
from orderflow_tui.positions.csv_file import CsvPositions
from orderflow_tui.positions.errors import PositionsError
from orderflow_tui.positions.toml_file import TomlPositions
from orderflow_tui.positions.typed import typed_position
from orderflow_tui.recordings.formats.recorded_session import RecordedSession
from orderflow_tui.recordings.open_recording import RecordingError, open_recording
from orderflow_tui.recordings.reproduce import _records as alert_records
from orderflow_tui.recordings.run_files import MAGIC, RUN_FILE, Day, RawError, RawReader, read_run
from orderflow_tui.report.figures import figures
from orderflow_tui.report.tally import Tally
from orderflow_tui.track_record.track_record import TrackRecord
from orderflow_tui.tui.keys.user_keymap import KeymapError, check_keymap
from orderflow_tui.tui.look.theme import load_themes
from orderflow_tui.tui.state.view_choice import decode_choice
from tests.docs.pages import ROOT
from tests.feeds.fake_polygon import Config, ordinary_conditions
from tests.recordings.reader_files import QUOTES_HEAD, TRADES_HEAD, dbn, dbn_book, dbn_order, flat_quote, flat_trade
from tests.recordings.recordings import core_of, feed, recorder

NOW_NS = 1_790_000_000_000_000_000


@dataclass(frozen=True)
class Decoder:
    """One of them.

    Attributes:
        name: What it reads.
        modules: Where in the package that is decoded.
        sample: A good one.
        read: Reads all of it; the folder is empty.
        errors: What it may end in. None: it ends in nothing, for what cannot be read is set aside and said.
    """

    name: str
    modules: tuple[str, ...]
    sample: bytes
    read: Callable[[bytes, Path], object]
    errors: tuple[type[Exception], ...] = ()


class _Canned(HttpSession):
    """Answers with this body, whatever is asked."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get(self, request: Request, *, deadline_seconds: float | None = None) -> Reply:
        return Reply(self._body, Arrival(time.monotonic_ns(), NOW_NS), NOW_NS - 1)


@cache
def _made(source: str) -> Gateway:
    gateway = Gateway(Config("http://127.0.0.1:9", data_source=source), clock=lambda: NOW_NS)
    gateway.session.close()
    return gateway


def _gateway(body: bytes, source: str = "polygon") -> Gateway:
    gateway = _made(source)
    gateway.session = _Canned(body)
    return gateway


@cache
def _client() -> PolygonClient:
    client = PolygonClient(Config("http://127.0.0.1:9"), clock=lambda: NOW_NS)
    client.close()
    return client


@cache
def _account() -> AlpacaAccount:
    account = AlpacaAccount({"APCA_API_KEY_ID": "k", "APCA_API_SECRET_KEY": "s"}, "http://127.0.0.1:9")
    account._client.close()
    return account


def _nothing(_: object) -> None:
    pass


def _books(source: str, *, single: bool = False) -> Callable[[bytes, Path], object]:
    def read(body: bytes, _: Path) -> object:
        gateway = _gateway(body, source)
        answer = gateway.single_book("BAC") if single else gateway.books(["BAC"])
        judgement = Judgement(NOW_NS, 0, market_open=True, source=source)
        return BookPoller().messages(answer, ["BAC"], judgement)

    return read


def _asked(question: Callable[[Gateway], object]) -> Callable[[bytes, Path], object]:
    return lambda body, _: question(_gateway(body))


def _tape(body: bytes, _: Path) -> object:
    tape = SymbolTape("BAC", _nothing, threading.Event())
    return tape.poll(_gateway(body), NOW_NS, delay=lambda: 0, gap_ns=NOW_NS, told_until=lambda: NOW_NS)


def _time_and_sales(body: bytes, _: Path) -> object:
    client = _client()
    client._gateway = _gateway(body)
    return client.get_time_and_sales("BAC", datetime(2026, 9, 1, tzinfo=UTC), datetime(2026, 9, 2, tzinfo=UTC))


def _conditions(body: bytes, _: Path) -> object:
    return FetchedConditions(_gateway(body), _nothing, lambda: NOW_NS).poll()


def _frame(data: bytes, _: Path) -> object:
    intake = TapeJoin("BAC", _nothing, threading.Event())
    table = FetchedConditions(_gateway(b""), _nothing, lambda: 0).table
    frames = StreamEvents(_nothing, lambda: table, {"BAC": intake}.get, lambda: ["BAC"], lambda _: True)
    return frames.take(decode_frame(data), Arrival(time.monotonic_ns(), NOW_NS))


def _recording(payload: str) -> Callable[[bytes, Path], object]:
    """The payload as one of the two files, whose other is good."""

    def read(data: bytes, folder: Path) -> object:
        good = {"trades": TRADES, "book": BOOK}
        for kind, text in good.items():
            (folder / f"bac_1.{kind}.csv.gz").write_bytes(gzip.compress(data if kind == payload else text, 1))
        return _events(folder)

    return read


def _events(folder: Path) -> int:
    """How many events the recording has; their numbers are ones the core can count with."""
    found = 0
    for event in open_recording(str(folder / "bac_1")).events():
        found += 1
        assert isinstance(event, Print | Book)
        numbers = (event.price, event.size) if isinstance(event, Print) else sum((*event.bids, *event.asks), ())
        assert max((event.time_ns, event.seq, *numbers)) < 1 << 63
    return found


def _whole(session: RecordedSession) -> int:
    return sum(1 for _ in session.events())


def _flat(payload: str) -> Callable[[bytes, Path], object]:
    """The payload as a flat file's trades or quotes, whose other is good."""

    def read(data: bytes, folder: Path) -> object:
        for kind, text in (("trades", FLAT_TRADES), ("quotes", FLAT_QUOTES)):
            (folder / f"{kind}.csv").write_bytes(data if kind == payload else text)
        return _whole(open_recording(f"{folder / 'trades.csv'}:BAC"))

    return read


def _lobster(payload: str) -> Callable[[bytes, Path], object]:
    """The payload as LOBSTER's messages or books, whose other is good."""

    def read(data: bytes, folder: Path) -> object:
        for kind, text in (("message", MESSAGES), ("orderbook", LEVELS)):
            name = f"BAC_2012-06-21_34200000_57600000_{kind}_1.csv"
            (folder / name).write_bytes(data if kind == payload else text)
        return _whole(open_recording(str(folder / "BAC_2012-06-21_34200000_57600000_message_1.csv")))

    return read


def _dbn(data: bytes, folder: Path) -> object:
    (folder / "x.dbn").write_bytes(data)
    return _whole(open_recording(str(folder / "x.dbn")))


def _dbn_sample() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        levels = [(138_600, 300, 138_700, 500)]
        records = [dbn_book(0, levels), dbn_book(1, levels, action="T", side="A")]
        return dbn(Path(folder) / "x.dbn", records, schema="mbp-1", ids={"BAC": 5}).read_bytes()


def _dbn_orders() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        records = [
            dbn_order("A", "B", 1, 1_386),
            dbn_order("C", "B", 1, 1_386, 40, at=1),
            dbn_order("T", "A", 0, 1_386, at=2),
        ]
        return dbn(Path(folder) / "x.dbn", records, schema="mbo", ids={"BAC": 5}).read_bytes()


def _raw(data: bytes, folder: Path) -> object:
    """The bytes as a day's file of a recorded run."""
    (folder / RUN_FILE).write_bytes(RAW_RUN)
    (folder / "BAC-2026-09-21.raw").write_bytes(data)
    return sum(1 for _ in RawReader(folder, "BAC").frames())


def _raw_frame(data: bytes, folder: Path) -> object:
    """The bytes as what a whole block holds, behind the day's head."""
    file = MAGIC
    pack = zlib.compressobj()
    for frame in (msgspec.msgpack.encode(Day("run-1", "BAC", 0)), data):
        block = pack.compress(len(frame).to_bytes(4, "big") + frame) + pack.flush(zlib.Z_SYNC_FLUSH)
        file += len(block).to_bytes(4, "big") + zlib.crc32(block).to_bytes(4, "big") + block
    return _raw(file, folder)


def _raw_sample(*, whole: bool) -> bytes:
    """A recorded day, or the first frame behind its head."""
    with tempfile.TemporaryDirectory() as folder:
        recording = recorder(Path(folder))
        feed(core_of(recording), 3)
        recording.close(5.0)
        (path,) = Path(folder).rglob("*.raw")
        day = path.read_bytes()
    if whole:
        return day
    unpack, at, blocks = zlib.decompressobj(), len(MAGIC), []
    while at < len(day):
        size = int.from_bytes(day[at : at + 4], "big")
        blocks.append(unpack.decompress(day[at + 8 : at + 8 + size]))
        at += 8 + size
    frames = b"".join(blocks[1:])
    return frames[4 : 4 + int.from_bytes(frames[:4], "big")]


def _made_again(folder: Path) -> object:
    """A journal as `replay --alert` looks through it."""
    return sum(1 for _ in alert_records(folder, "BAC:1"))


def _packed_recording(data: bytes, folder: Path) -> object:
    (folder / "bac_1.trades.csv.gz").write_bytes(data)
    (folder / "bac_1.book.csv.gz").write_bytes(gzip.compress(BOOK, 1))
    return _events(folder)


def _journal(use: Callable[[Path], object], name: str = "2026-09-21.jsonl") -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        (folder / name).write_bytes(data)
        return use(folder)

    return read


def _both_ways(folder: Path) -> object:
    reader = JournalReader(folder)
    return sum(1 for _ in reader.records()) + sum(1 for _ in reader.records(newest_first=True))


def _history(folder: Path) -> object:
    store = HistoryStore(folder)
    while not store.loaded:
        store.load()
    for place in [*store.places][:50]:
        row = store.at(place)
        try:
            store.detail(row)
        except LookupError:
            assert row.event == "unreadable" or row.event_id
    store.close()
    return store.symbols


def _restored(folder: Path) -> object:
    found = journaled_recommendations(folder, "live", now_ns=NOW_NS)
    return found, unfollowed(folder, "live"), FollowUpStore(folder, "live").resume_into([], {}, NOW_NS)


def _report(folder: Path) -> object:
    tally = Tally()
    reader = JournalReader(folder)
    tally.take(reader.lines(), lambda: reader.place)
    return figures(tally)


def _track_record(folder: Path) -> object:
    record = TrackRecord(folder, "guarded")
    record._read(0)
    return record.words("bid_wall")


def _follow_ups(data: bytes, folder: Path) -> object:
    (folder / "followups.json").write_bytes(data)
    store = FollowUpStore(folder)
    return store.resume_into(store.listed(), {}, NOW_NS)


def _learned(data: bytes, folder: Path) -> object:
    (folder / "learned").mkdir()
    (folder / "learned" / "BAC.json").write_bytes(data)
    store = LearnedStore(folder)
    store.save("BAC", SessionStats(date(2026, 9, 21), "regular"))
    return store.load("BAC")


def _file(name: str, use: Callable[[Path], object]) -> Callable[[bytes, Path], object]:
    def read(data: bytes, folder: Path) -> object:
        path = folder / name
        path.write_bytes(data)
        path.chmod(0o600)
        return use(path)

    return read


def _settings(path: Path) -> object:
    loaded = load_config(env={}, path=path)
    return screen_settings(loaded.ui), notify_settings(loaded.notify), check_keymap(dict(loaded.keys))


def _theme(path: Path) -> object:
    themes, problems = load_themes([path.parent])
    assert len(themes) + len(problems) == 1
    return themes


class _Said:
    """A listener that sends this text."""

    def __init__(self, text: str) -> None:
        self._text = text

    async def receive_text(self) -> str:
        return self._text

    async def receive(self) -> dict[str, str]:
        return {"type": "websocket.receive", "text": self._text}


def _order(data: bytes, _: Path) -> object:
    return asyncio.run(_received(cast("WebSocket", _Said(data.decode("utf-8", "replace")))))


def _alpaca_order(data: bytes, _: Path) -> object:
    said = _Said(data.decode("utf-8", "replace"))
    return asyncio.run(alpaca_received(cast("Any", SimpleNamespace(socket=said))))


def _query(data: bytes, _: Path) -> object:
    return parse_time_query(dict(parse_qsl(data.decode("utf-8", "replace"))))


def _offset(data: bytes, _: Path) -> object:
    return parse_offset_cursor(base64.urlsafe_b64encode(data).decode())


def _alpaca(body: bytes, _: Path) -> object:
    account = _account()
    account._client = httpx.Client(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=httpx.ByteStream(body)))
    )
    with account._client:
        return account.fetch()


TRADES = (
    b"ts_ns,seq,price,size,side,kind\n1381169100033000000,2,13.86,300,B,v\n"
    b"1381169100034000000,3,13.86,300,,P:40\n1381169100035000000,4,13.87,100,S,D:0\n"
)
BOOK = b"ts_ns,seq,bp1,bs1,ap1,as1\n1381169100000000000,1,13.86,69900,13.87,400\n1381169100040000000,5,13.85,100,,\n"
COINS = b"ts_ns,seq,bp1,bs1,ap1,as1,ex_ts_ns\n1381169100000000000,1,13.86,0.31,13.87,4.5,1\n"
FLAT_TRADES = "\n".join([TRADES_HEAD, flat_trade(0, 1), flat_trade(1, 2, conditions="14,41"), ""]).encode()
FLAT_QUOTES = "\n".join([QUOTES_HEAD, flat_quote(0, 1), flat_quote(1, 2, "13.85"), ""]).encode()
MESSAGES = b"34200.000000001,1,5,100,138600,1\n34200.5,4,5,40,138600,1\n34201.25,7,0,0,-1,-1\n"
LEVELS = b"138700,200,138600,100\n138700,200,138600,60\n138700,200,138600,60\n"
RAW_RUN = b'{"run_id":"run-1","profile":"guarded","source_class":"live","data_source":"polygon","journal":"logs","version":"1"}'
LINES = (
    b'{"event":"order_flow_alert","event_id":"r-1","timestamp":"2026-09-21T14:35:20.123456Z","timestamp_utc":'
    b'"2026-09-21T14:35:20.123456Z","latency_ms":3.5,"run_id":"r","data_source":"polygon","profile":"guarded",'
    b'"source_class":"live","symbol":"BAC","evidence":"bid_wall","severity":"warning","episode_id":"BAC:1","counts":true,'
    b'"details":{"peak":12000}}\n'
    b'{"event":"order_flow.exit_signal_triggered","event_id":"r-2","timestamp":"2026-09-21T14:35:21.123456Z",'
    b'"timestamp_utc":"2026-09-21T14:35:21.123456Z","latency_ms":1,"run_id":"r","source_class":"live","symbol":"BAC",'
    b'"recommendation_id":"BAC:exit:1","kind":"flow","reason":"r","evidence":["a"],"quantity":100,"pnl":-1.5}\n'
    b'{"event":"order_flow.exit_acknowledged","event_id":"r-3","timestamp":"2026-09-21T14:35:22.123456Z",'
    b'"timestamp_utc":"2026-09-21T14:35:22.123456Z","latency_ms":1,"run_id":"r","source_class":"live","symbol":"BAC",'
    b'"recommendation_id":"BAC:exit:1","answer":"trimmed","shares":50,"minutes":0,"price":13.86}\n'
    b'{"event":"order_flow.alert_outcome","event_id":"r-4","timestamp":"2026-09-21T14:50:22.123456Z","timestamp_utc":'
    b'"2026-09-21T14:50:22.123456Z","latency_ms":1,"source_class":"live","symbol":"BAC","of":"alert","subject":"BAC:1",'
    b'"evidence":"bid_wall","severity":"warning","counts":true,"mid":13.865,"mid_15m":13.8,"worst_5m":13.7,"fell":true,'
    b'"success":null,"spread":0.01,"alert_utc":"2026-09-21T14:35:20Z","from_utc":"2026-09-21T14:35:21Z","around":{"seconds":9,"fell":4,"hits":null}}\n'
    b'{"event":"order_flow.run_stopped","event_id":"r-5","timestamp":"2026-09-21T20:00:00.123456Z","timestamp_utc":'
    b'"2026-09-21T20:00:00.123456Z","latency_ms":1,"source_class":"live","reason":"quit","exit_code":0,"seconds":3600.5,'
    b'"max_rss_mb":93.5,"writes":{"count":4,"p50_us":30}}\n'
)
FRAME = (
    b'[{"ev":"T","sym":"BAC","p":13.86,"s":300,"t":1790000000000,"i":"52","x":4,"q":7,"c":[14,41],"pt":1790000000001},'
    b'{"ev":"Q","sym":"BAC","bp":13.86,"bs":300,"ap":13.87,"as":200,"t":1790000000000,"q":8},'
    b'{"ev":"LULD","T":"BAC","h":15.1,"l":12.9,"i":[17],"t":1790000000000000000,"q":9},'
    b'{"ev":"status","status":"connected","message":"hello"},{"ev":"AM","sym":"BAC"}]'
)
TRADES_PAGE = (
    b'{"status":"OK","results":[{"price":13.86,"size":300,"sip_timestamp":1789999999000000000,"sequence_number":3,'
    b'"exchange":4,"id":"52","conditions":[14,41],"participant_timestamp":1789999998000000000,"trf_id":0},'
    b'{"price":13.87,"size":0.5,"sip_timestamp":1789999999100000000,"correction":1}]}'
)
SNAPSHOT = (
    b'{"ticker":"BAC","lastQuote":{"P":13.87,"S":200,"p":13.86,"s":300,"t":1789999999000000000},'
    b'"lastTrade":{"t":1789999999000000000},"updated":1789999999000000000}'
)
SETTINGS = b"""
large_order_size_threshold = 20000
volume_spike_threshold = 3.5
log_dir = "/var/lib/journal"
[symbols.BAC]
large_order_size_threshold = 100000
[ui]
theme = "light"
fps = 4
[keys]
acknowledge = "f3"
[notify]
quiet_hours = "22:00-07:00"
per_symbol_seconds = 60
[notify.command]
argv = ["/bin/tell"]
at_least = "critical"
"""
POSITIONS = b"""
watchlist = ["SPY", "QQQ"]
[[position]]
symbol = "AAPL"
quantity = 300
average_cost = 182.40
stop = 178.00
events = ["2026-01-29 after"]
working = [{side = "sell", price = 190.00, size = 100}]
"""
EXPORT = b"""Positions for account ...123
Symbol,Description,Quantity,Average Cost,Cost Basis,Side
BAC,"Bank of America, Corp.","1,000",$13.90,"$13,900.00",long
F,Ford,100,--,"1,210.00",long
NIO,Nio,-500.5,(4.40),--,short
SPAXX**,Cash,100,1.00,100.00,
"""
FAULTS = b"""
[[fault]]
endpoint = "trades"
kind = "status"
status = 429
retry_after = 1.5
after = 3
times = 2
probability = 0.5
seed = 9
"""
FOLLOW_UP = (
    b'[{"subject":"BAC:1","symbol":"BAC","kind":"alert","evidence":"bid_wall","severity":"warning","counts":true,'
    b'"exit_eligible":false,"against":"long","alert_ns":1789999999000000000,"begin":1790000000,"spread":100,"usual_range":3000,'
    b'"course":[1790000000000000000,277200,277100,null,null,277000,200],"lived":false,"gap":false}]'
)
REST = (FeedError, DataValidationError)
TEMPLATE = b'{"type":"trade","symbol":"ACME","time_ns":1790000000000000000,"price":25.1,"size":100,"id":"1"}'
ALPACA = ("feeds.alpaca.wire",)
ALPACA_FRAME = (
    b'[{"T":"t","S":"ACME","i":101,"x":"V","p":25.1,"s":100,"c":["@"],"t":"2026-09-21T14:13:20.123456789Z","z":"C"},'
    b'{"T":"q","S":"ACME","bp":25.1,"bs":300,"ap":25.12,"as":200,"t":"2026-09-21T14:13:20.1Z","z":"C"},'
    b'{"T":"l","S":"ACME","u":26.5,"d":23.9,"t":"2026-09-21T14:13:20Z"},'
    b'{"T":"s","S":"ACME","sc":"H","rm":"Halt","t":"2026-09-21T14:13:20Z","z":"C"}]'
)
ALPACA_TRADES = (
    b'{"trades":[{"t":"2026-09-21T14:13:20.5Z","x":"D","p":25.1,"s":100,"c":["@"],"i":1,"z":"C","u":"corrected"}],'
    b'"next_page_token":null}'
)
ALPACA_QUOTES = b'{"quotes":{"ACME":{"bp":25.1,"bs":300,"ap":25.12,"as":200,"t":"2026-09-21T14:13:20.1Z","z":"C"}}}'


def _template(data: bytes, _: Path) -> object:
    message = template_wire.decode(data)
    match message:
        case template_wire.Trade():
            return template.print_of(message, NOW_NS, 0)
        case template_wire.Quote():
            return template.book_of(message, NOW_NS, 0)
    return message


def _alpaca_frame(data: bytes, _: Path) -> object:
    made: list[object] = []
    for event in alpaca_wire.decode_frame(data).events:
        match event:
            case alpaca_wire.StreamTrade() | alpaca_wire.StreamCorrection():
                made.append(alpaca.print_of(event, NOW_NS, 0))
            case alpaca_wire.StreamQuote():
                made.append(alpaca.book_of(event, 0))
            case alpaca_wire.StreamBand():
                made.append(alpaca.band_of(event))
            case alpaca_wire.StreamHalt():
                made.append(alpaca.halt_of(event))
    return made


def _alpaca_trades(data: bytes, _: Path) -> object:
    rows = alpaca_wire.trades_page(data).trades or []
    return [alpaca.print_of(alpaca_wire.trade_row(row), NOW_NS, 0) for row in rows]


def _alpaca_quotes(data: bytes, _: Path) -> object:
    rows = (alpaca_wire.latest_quotes(data).quotes or {}).values()
    return [alpaca.book_of(alpaca_wire.quote_row(row), 0) for row in rows]


def _ibkr_frames(data: bytes, _: Path) -> object:
    return [ibkr_wire.message_of(fields) for fields in ibkr_wire.FrameReader().feed(data)]


def _ibkr_asked(data: bytes, _: Path) -> object:
    async def read() -> list[str]:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        await greeted(reader)
        return await received(reader)

    return asyncio.run(read())


def _databento_session(data: bytes, _: Path) -> object:
    """The bytes behind a session's start, as the gateway sends them."""
    delivery = Delivery(_nothing, "XNAS.ITCH", lambda: NOW_NS)
    delivery.begin(["BAC"])
    arrival = Arrival(time.monotonic_ns(), NOW_NS)
    delivery.take(RecordStream().take(data), arrival, behind=False)
    delivery.tick(arrival)
    return delivery


def _databento_sample() -> bytes:
    from databento_dbn import ErrorCode, ErrorMsg, Metadata, SType, SymbolMappingMsg, SystemCode, SystemMsg

    by_id = SType.from_str("instrument_id")
    levels = [(138_600, 300, 138_700, 500)] * 2
    common: dict[str, Any] = {"ts_recv": NOW_NS, "ts_event": NOW_NS - 1}
    parts: list[Any] = [
        SymbolMappingMsg(0, 5, NOW_NS, SType.from_str("raw_symbol"), "BAC", by_id, "BAC", 0, 0),
        SystemMsg(ts_event=NOW_NS, msg="Heartbeat", code=SystemCode.from_int(0)),
        ErrorMsg(ts_event=NOW_NS, err="Failed to resolve symbol(s): NOPE", code=ErrorCode.from_int(4)),
        dbn_book(0, levels, **common),
        dbn_book(0, levels, action="T", side="A", **common),
    ]
    head = Metadata(dataset="XNAS.ITCH", start=1, stype_in=None, stype_out=by_id, schema=None, ts_out=False)
    return head.encode() + b"".join(bytes(part) for part in parts)


WIRE = ("feeds.polygon.wire",)
DECODERS = (
    Decoder("snapshots", WIRE, b'{"status":"OK","config.tickers":[' + SNAPSHOT + b"]}", _books("polygon"), REST),
    Decoder("one snapshot", WIRE, b'{"status":"OK","ticker":' + SNAPSHOT + b"}", _books("polygon", single=True), REST),
    Decoder(
        "deep books",
        WIRE,
        b'{"status":"OK","books":[{"ticker":"BAC","t":1789999999000000000,"bids":[[13.86,300]],"asks":[[13.87,200]]}]}',
        _books("simulator"),
        REST,
    ),
    Decoder("prints", WIRE, TRADES_PAGE, _tape, REST),
    Decoder("time and sales", ("library.polygon_client",), TRADES_PAGE, _time_and_sales, REST),
    Decoder(
        "last NBBO",
        WIRE,
        b'{"results":{"P":13.87,"S":200,"p":13.86,"s":300,"t":1789999999000000000}}',
        _asked(lambda gateway: gateway.nbbo("BAC")),
        REST,
    ),
    Decoder(
        "market status",
        WIRE,
        b'{"market":"open","serverTime":"2026-09-21T10:00:00-04:00"}',
        _asked(lambda gateway: gateway.market_status()),
        REST,
    ),
    Decoder(
        "universal snapshot",
        WIRE,
        b'{"results":[{"ticker":"BAC","last_quote":{"timeframe":"DELAYED"}}]}',
        _asked(lambda gateway: gateway.delayed(["BAC"])),
        REST,
    ),
    Decoder(
        "sale conditions",
        WIRE,
        json.dumps({"results": ordinary_conditions()}).encode(),
        _conditions,
        REST,
    ),
    Decoder("error body", ("feeds.live.budgeted_http",), b'{"status":"ERROR","message":"slow down"}', lambda body, _: error_text(body)),
    Decoder("frame", ("feeds.polygon.stream_wire",), FRAME, _frame, (FrameError,)),
    Decoder("template message", ("feeds._template.wire",), TEMPLATE, _template, (PayloadError, DataValidationError)),
    Decoder("alpaca frame", ALPACA, ALPACA_FRAME, _alpaca_frame, (PayloadError, DataValidationError)),
    Decoder("alpaca prints", ALPACA, ALPACA_TRADES, _alpaca_trades, (PayloadError, DataValidationError)),
    Decoder("alpaca quotes", ALPACA, ALPACA_QUOTES, _alpaca_quotes, (PayloadError, DataValidationError)),
    Decoder(
        "Databento's session", ("feeds.databento.wire", "feeds.databento.normalize"), _databento_sample(), _databento_session,
        (PayloadError, TroubleError),
    ),
    Decoder(
        "Databento's lines", ("feeds.databento.wire",), b"success=0|error=Authentication failed.\n",
        lambda data, _: databento_wire.fields_of(data),
    ),
    Decoder(
        "simulated gateway's listener", ("feeds.simulator.databento.gateway",), b"schema=mbp-10|symbols=BAC|start=5|id=0",
        lambda data, _: databento_asked(data.decode("utf-8", "replace")),
    ),
    Decoder(
        "IBKR's messages", ("feeds.ibkr.wire",),
        ibkr_frame(13, 1, 7, 0, "MEMX", 0, 1, "25.10", "300", 1) + ibkr_frame(99, 7, 2, 1_796_049_000, "25.11", 100, 0, "NYSE", "")
        + ibkr_frame(1, 6, 7, 1, "25.10", "300", 1) + ibkr_frame(98, 7, 1, 1_796_049_000, 0, "25.11", "100", "NYSE", "", 1)
        + ibkr_frame(97, 7, 1, 1_796_049_000, 0, "25.10", "25.12", "3", "2", 1),
        _ibkr_frames, (PayloadError,),
    ),
    Decoder("IBKR's greeting", ("feeds.ibkr.wire",), b"178", lambda data, _: ibkr_wire.greeting([data.decode("latin-1"), ""]), (PayloadError,)),
    Decoder(
        "simulated TWS's listener", ("feeds.simulator.ibkr.frames",), ibkr_outgoing.hello() + ibkr_frame(71, 2, 7, ""), _ibkr_asked,
        (ClientError, EOFError),
    ),
    Decoder(
        "simulated TWS's faults", ("feeds.simulator.ibkr.tws_behavior",), b'[[fault]]\nkind = "mute"\nseconds = 5\n',
        _file("faults.toml", load_ibkr_faults), (FaultFileError,),
    ),
    Decoder("recorded prints", ("recordings.formats.csv_pair", "recordings.open_recording"), TRADES, _recording("trades"), (RecordingError,)),
    Decoder("recorded coins", ("recordings.formats.csv_pair", "recordings.open_recording"), COINS, _recording("book"), (RecordingError,)),
    Decoder("recorded books", ("recordings.formats.csv_pair", "recordings.open_recording"), BOOK, _recording("book"), (RecordingError,)),
    Decoder("a recording's gzip", ("recordings.formats.csv_pair", "recordings.open_recording"), gzip.compress(TRADES), _packed_recording, (RecordingError,)),
    Decoder(
        "flat trades", ("recordings.formats.flat_files", "recordings.formats.recorded_session"), FLAT_TRADES, _flat("trades"), (RecordingError,)
    ),
    Decoder("flat quotes", ("recordings.formats.market_file",), FLAT_QUOTES, _flat("quotes"), (RecordingError,)),
    Decoder("LOBSTER's messages", ("recordings.formats.lobster",), MESSAGES, _lobster("message"), (RecordingError,)),
    Decoder("LOBSTER's books", ("recordings.formats.lobster",), LEVELS, _lobster("orderbook"), (RecordingError,)),
    Decoder("DBN", ("recordings.formats.dbn",), _dbn_sample(), _dbn, (RecordingError,)),
    Decoder("DBN's orders", ("recordings.formats.dbn", "feeds.databento.order_book"), _dbn_orders(), _dbn, (RecordingError,)),
    Decoder("recorded run", ("recordings.run_files",), _raw_sample(whole=True), _raw, (RawError,)),
    Decoder("recorded frames", ("recordings.run_files",), _raw_sample(whole=False), _raw_frame, (RawError,)),
    Decoder("run.json", ("recordings.run_files",), RAW_RUN, _file(RUN_FILE, lambda path: (read_run(path.parent),))),
    Decoder("an alert's journal", ("recordings.reproduce",), LINES, _journal(_made_again)),
    Decoder("journal", ("journal.reader", "journal.records"), LINES, _journal(_both_ways)),
    Decoder(
        "packed journal", ("journal.file_lines", "journal.line_index"), gzip.compress(LINES),
        _journal(lambda folder: (_both_ways(folder), _history(folder)), "2026-09-21.jsonl.gz"),
    ),
    Decoder("history", ("journal.history",), LINES, _journal(_history)),
    Decoder("restart", ("journal.recommendations",), LINES, _journal(_restored)),
    Decoder("track record", ("track_record.track_record",), LINES, _journal(_track_record)),
    Decoder("report", ("report.tally",), LINES, _journal(_report)),
    Decoder("follow-ups", ("monitor.followup_store",), FOLLOW_UP, _follow_ups),
    Decoder("screen.json", ("tui.state.view_choice",), b'{"layout":"table","sort":"pnl"}', lambda data, _: decode_choice(data)),
    Decoder(
        "learned", ("monitor.learned_store",),
        b'[{"day":"2026-09-18","session":"regular","resting":9000,"print_size":7000,"burst_ratio":3.5,"usual_range":900}]',
        _learned,
    ),
    Decoder(
        "positions.toml", ("positions.toml_file",), POSITIONS,
        _file("positions.toml", lambda path: TomlPositions(path).read()), (PositionsError,),
    ),
    Decoder("typed position", ("positions.typed",), b"BAC 1,000 @ $13.90 stop 13.50",
            lambda data, _: typed_position(data.decode("utf-8", "replace")), (PositionsError,)),
    Decoder(
        "positions.csv", ("positions.csv_file", "positions.csv_text"), EXPORT,
        _file("positions.csv", lambda path: CsvPositions(path).read()), (PositionsError,),
    ),
    Decoder(
        "Alpaca", ("positions.alpaca",),
        b'[{"symbol":"BAC","qty":"100.5","avg_entry_price":"13.9","asset_class":"us_equity","side":"long"}]',
        _alpaca, (PositionsError,),
    ),
    Decoder(
        "broker's child", ("positions.broker_process",),
        b'{"rows":[{"symbol":"BAC","quantity":"100","average_cost":"13.9"}],"left_out":["GOLD"],"refused":""}',
        lambda data, _: holdings_from("ibkr", data, 0), (PositionsError,),
    ),
    Decoder(
        "orderflow.toml", ("config.load", "tui.keys.user_keymap"), SETTINGS, _file("orderflow.toml", _settings),
        (DataValidationError, KeymapError),
    ),
    Decoder("secrets.env", ("config.secrets",), b"# mine\nexport POLYGON_API_KEY='abc'\n",
            _file("secrets.env", read_secrets), (DataValidationError,)),
    Decoder("theme", ("tui.look.theme",), (ROOT / "themes" / "dark.yaml").read_bytes(), _file("dark.yaml", _theme)),
    Decoder("fault script", ("feeds.simulator.faults",), FAULTS, _file("faults.toml", load_faults), (FaultFileError,)),
    Decoder(
        "simulator's query", ("feeds.simulator.query",),
        b"timestamp.gte=1789999999000000000&timestamp.lt=2026-09-21&limit=100&order=asc&sort=timestamp",
        _query, (BadQueryError,),
    ),
    Decoder(
        "simulator's cursor", ("feeds.simulator.query",),
        b"ap=3&as=&limit=5&order=asc&sort=timestamp&timestamp.gte=2026-09-21T14:00:00.000000001Z",
        lambda data, _: parse_time_query({"cursor": base64.urlsafe_b64encode(data).decode()}), (BadQueryError,),
    ),
    Decoder(
        "simulated Alpaca's listener", ("feeds.simulator.alpaca_stream",), b'{"action":"auth","key":"k"}', _alpaca_order
    ),
    Decoder("simulator's listener", ("feeds.simulator.polygon_stream",), b'{"action":"auth","params":"key"}', _order),
    Decoder("simulator's offset", ("feeds.simulator.query",), b"ap=3&limit=5", _offset, (BadQueryError,)),
    Decoder("the engine's port", ("engine.listener",), b"40000 " + b"5c" * 32 + b"\n", lambda data, _: address(data),
            (EngineError,)),
    Decoder("another machine's status", ("commands.over_ssh",), b'Welcome!\n{"pid": 7, "socket": "/run/user/1/x.sock"}\n',
            lambda data, _: socket_named(data, "desk"), (EngineError,)),
)  # fmt: skip
