"""The journal's records, one struct each: writer, readers, report, replay and the reference in the docs share them.

Fields stand in the order in which they are written. One without a default stands in every record ever written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Final, Literal

from msgspec import DecodeError, Meta, Struct, ValidationError, json

from orderflow_tui.core.model.data_models import Against, AnswerKind, RecommendationStatus
from orderflow_tui.core.model.outputs import Controls

ALERT: Final = "order_flow_alert"
ALERT_UPDATED: Final = "order_flow.alert_updated"
STOP_ALERT: Final = "order_flow.stop_alert"
EXIT_TRIGGERED: Final = "order_flow.exit_signal_triggered"
EXIT_ACKNOWLEDGED: Final = "order_flow.exit_acknowledged"
ANSWER_TAKEN_BACK: Final = "order_flow.exit_answer_taken_back"
EXIT_RESOLVED: Final = "order_flow.exit_resolved"
ALERT_OUTCOME: Final = "order_flow.alert_outcome"
DATA_VALIDATION_ERROR: Final = "order_flow.data_validation_error"
API_ERROR: Final = "order_flow.api_error"
MONITORING_GAP: Final = "order_flow.monitoring_gap"
MONITORING_RESUMED: Final = "order_flow.monitoring_resumed"
SYMBOL_STATUS: Final = "order_flow.symbol_status"
RUN_STARTED: Final = "order_flow.run_started"
RUN_STOPPED: Final = "order_flow.run_stopped"

_Shares = Annotated[int, Meta(ge=-(10**15), le=10**15)]
_Count = Annotated[int, Meta(ge=0, le=10**15)]
_Minutes = Annotated[int, Meta(ge=0, le=10_000)]


class Header(Struct):
    """What every record begins with, after its `event`. The writer fills it in; a record not yet written has none."""

    event_id: str = ""
    timestamp: str = ""
    timestamp_utc: str = ""
    latency_ms: float | None = None
    run_id: str = ""
    data_source: str = ""
    profile: str = ""
    source_class: str = ""


HEADER: Final = ("event", *Header.__struct_fields__)
"""The names of a record's first fields, in their order."""


class Record(Header, tag_field="event", kw_only=True):
    """One record. Money and prices are dollars, sizes whole shares, None is "not known"."""

    OMITTED: ClassVar[frozenset[str]] = frozenset()
    """Fields that are left out of the line where they are None."""

    @property
    def event(self) -> str:
        """Its name."""
        return str(self.__struct_config__.tag)

    def fields(self) -> dict[str, object]:
        """What follows the header, in the order of the line."""
        named = ((name, getattr(self, name)) for name in self.__struct_fields__[len(Header.__struct_fields__) :])
        return {name: value for name, value in named if value is not None or name not in self.OMITTED}


class _AlertFields(Record, kw_only=True):
    """An alert by the plan's names."""

    symbol: str
    alert_type: str
    severity: str
    order_size: int | None
    price_level: Decimal | None
    volume_ratio: float | None
    evidence: str | None
    sell_ratio: float | None
    episode_id: str | None
    counts: bool
    rank: int
    exit_eligible: bool
    single_print: bool
    against: str
    text: str
    late: bool
    details: Mapping[str, object]


class AlertRecord(_AlertFields, tag=ALERT, kw_only=True):
    """A new episode."""


class AlertUpdatedRecord(_AlertFields, tag=ALERT_UPDATED, kw_only=True):
    """A living episode grew, or was corrected."""


class StopRecord(Record, tag=STOP_ALERT, kw_only=True):
    """A warning about the holder's own stop."""

    symbol: str
    evidence: str
    severity: str
    stop: Decimal
    price_level: Decimal
    text: str


class ExitRecord(Record, tag=EXIT_TRIGGERED, kw_only=True):
    """A recommendation, with the position's figures then."""

    recommendation_id: str
    symbol: str
    kind: str
    reason: str
    status: RecommendationStatus
    against: Against
    evidence: list[str]
    episode_ids: list[str]
    quantity: _Shares
    average_cost: Decimal | None
    bid: Decimal | None
    bid_60s_ago: Decimal | None
    pnl: Decimal | None
    exit_cost: Decimal | None
    prints: _Shares
    shares: _Shares
    follows: str = ""
    details: Mapping[str, object] = {}


class AnswerRecord(Record, tag=EXIT_ACKNOWLEDGED, kw_only=True):
    """The trader's answer; `price` is the bid then (a short's ask), `screen` where it was given, such as `pts/3`."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"screen"})
    recommendation_id: str
    symbol: str
    answer: AnswerKind
    shares: _Count
    minutes: _Minutes
    note: str
    status: RecommendationStatus
    against: Against
    quantity: _Shares
    price: Decimal | None
    screen: str | None = None


class TakenBackRecord(Record, tag=ANSWER_TAKEN_BACK, kw_only=True):
    """The trader took back `answer`; `status` is the recommendation's now, `price` the bid then (a short's ask)."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"screen"})
    recommendation_id: str
    symbol: str
    answer: AnswerKind
    shares: _Count
    status: RecommendationStatus
    against: Against
    quantity: _Shares
    price: Decimal | None
    screen: str | None = None


class ResolvedRecord(Record, tag=EXIT_RESOLVED, kw_only=True):
    """A recommendation that ended by itself."""

    recommendation_id: str
    symbol: str
    status: str
    reason: str


class OutcomeRecord(Record, tag=ALERT_OUTCOME, kw_only=True):
    """What the price did after an alert or a recommendation, and at the moments it is compared with."""

    symbol: str
    of: str
    subject: str
    evidence: str
    severity: str
    counts: bool
    exit_eligible: bool
    against: str
    basis: str = ""
    alert_utc: str
    from_utc: str = ""
    """Empty where an earlier version counted from the alert's own print: such an outcome is part of no record."""
    spread: Decimal
    usual_range: Decimal | None
    mid: Decimal | None = None
    mid_1m: Decimal | None = None
    mid_5m: Decimal | None = None
    mid_15m: Decimal | None = None
    worst_5m: Decimal | None = None
    fell: bool | None = None
    success: bool | None = None
    fell_1s: bool | None = None
    fell_5s: bool | None = None
    around: Controls | None = None
    alike: Controls | None = None
    truncated: bool
    gap: bool
    text: str = ""


class _ErrorFields(Record, kw_only=True):
    """What failed; `status` and `endpoint` are the request's, `code` names what is wrong with the data."""

    error_type: str
    code: str = ""
    symbol: str | None = None
    detail: str
    status: int = 0
    endpoint: str = ""


class BadDataRecord(_ErrorFields, tag=DATA_VALIDATION_ERROR, kw_only=True):
    """Data that was refused; `repeats` of the like went before it without a record."""

    channel: str
    quarantined: bool
    repeats: int = 0


class ApiErrorRecord(_ErrorFields, tag=API_ERROR, kw_only=True):
    """A request that failed; `feature` is what the plan lacks."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"feature"})

    feature: str | None = None


class GapRecord(Record, tag=MONITORING_GAP, kw_only=True):
    """A symbol went BLIND with `holding` shares, or the connection was silent `from_utc` `to_utc`."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"holding", "from_utc", "to_utc"})

    symbol: str | None
    reason: str
    channel: str
    holding: int | None = None
    from_utc: str | None = None
    to_utc: str | None = None


class ResumedRecord(Record, tag=MONITORING_RESUMED, kw_only=True):
    """A symbol is seen again."""

    symbol: str


SymbolStatus = Literal[
    "halted", "resumed", "pause", "split", "new_price", "book_won", "book_lost", "tape_won", "tape_lost", "shows"
]


class SymbolStatusRecord(Record, tag=SYMBOL_STATUS, kw_only=True):
    """A symbol's trading stopped or went on, `since_utc`, or the source shows another book or tape of it.

    Also: a `pause` that nobody announced is over, or the price is that of a `split` or of another stock.
    """

    OMITTED: ClassVar[frozenset[str]] = frozenset({"depth_levels", "tape_sampled", "since_utc"})

    symbol: str
    status: SymbolStatus
    reason: str
    depth_levels: int | None = None
    tape_sampled: bool | None = None
    since_utc: str | None = None


class RunStartedRecord(Record, tag=RUN_STARTED, kw_only=True):
    """How a run began; `depth_source` where books come from another source, the others of a replay alone."""

    OMITTED: ClassVar[frozenset[str]] = frozenset({"depth_source", "recordings", "infer_sides"})

    version: str
    host: str
    symbols: list[str]
    settings: Mapping[str, object]
    depth_source: str | None = None
    recordings: list[str] | None = None
    infer_sides: bool | None = None


class RunStoppedRecord(Record, tag=RUN_STOPPED, kw_only=True):
    """How a run ended; `writes` are the writer's times in microseconds."""

    reason: str
    exit_code: int
    writes: Mapping[str, int | float]
    alerts: int = 0
    seconds: float = 0.0
    max_rss_mb: float | None = None


class UnknownRecord(Header, kw_only=True):
    """A record of a version that knows more than this one, or of a program that wrote less."""

    event: str
    symbol: str | None = None
    text: str = ""
    reason: str = ""
    error_type: str = ""


AnyRecord = (
    AlertRecord
    | AlertUpdatedRecord
    | StopRecord
    | ExitRecord
    | AnswerRecord
    | TakenBackRecord
    | ResolvedRecord
    | OutcomeRecord
    | BadDataRecord
    | ApiErrorRecord
    | GapRecord
    | ResumedRecord
    | SymbolStatusRecord
    | RunStartedRecord
    | RunStoppedRecord
)
RECORDS: Final[Mapping[str, type[Record]]] = {str(one.__struct_config__.tag): one for one in AnyRecord.__args__}
"""Every record by its event."""

_known: Final[Callable[[bytes], AnyRecord]] = json.Decoder(AnyRecord).decode
read_head: Final = json.Decoder(UnknownRecord).decode
"""What any record tells of itself, whatever else it holds or lacks. Raises as `read_record`."""


def read_record(line: bytes) -> AnyRecord | UnknownRecord:
    """A line of the journal.

    Raises:
        msgspec.DecodeError: It is no JSON object, or not the record its event promises; UnicodeDecodeError and
            RecursionError too (`support.decoding.NO_JSON`).
    """
    try:
        return _known(line)
    except ValidationError as error:
        found = read_head(line)
        if found.event in RECORDS:
            raise DecodeError(str(error)) from None
        return found


def run_started(
    *,
    version: str,
    host: str,
    symbols: Iterable[str],
    settings: Mapping[str, object],
    depth_source: str | None = None,
    recordings: list[str] | None = None,
    infer_sides: bool | None = None,
) -> RunStartedRecord:
    """How a run began. `settings` come without secrets (`Settings.recorded`).

    Raises:
        ValueError: A setting is no plain JSON value, or is named as a key is: secrets have no place in the journal.
    """
    for name, value in settings.items():
        if name.endswith("_key") or not isinstance(value, str | int | float | None):
            raise ValueError(f"{name} has no place in the journal: leave it out")
    return RunStartedRecord(
        version=version,
        host=host,
        symbols=list(symbols),
        settings=dict(settings),
        depth_source=depth_source,
        recordings=recordings,
        infer_sides=infer_sides,
    )
