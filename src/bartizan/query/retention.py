"""What is kept for how long, what was removed, and what is protected: told, and changed by people.

Removing itself is the worker's: what somebody asks for here, it does within seconds.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from bartizan.domain.clearance import EVERYTHING, Clearance
from bartizan.domain.errors import Refused
from bartizan.domain.retention import (
    Hold,
    Preserved,
    RetentionLimits,
    RetentionPreview,
    RetentionRun,
    RetentionState,
    RunRequest,
)
from bartizan.domain.search import Search
from bartizan.kit.clock import from_us
from bartizan.kit.ids import taken_at_us
from bartizan.kit.struct import Struct
from bartizan.query.filters import filter_values, read_filters
from bartizan.query.scoped import scoped
from bartizan.store.contract import Expired, Store, Stored
from bartizan.store.control import ControlStore
from bartizan.store.retention_board import post_request, read_request, read_state

MAX_NAME: Final = 255
MAX_REASON: Final = 2000
_RUNS: Final = 10
_RELEASED: Final = 20
_HOLDS_ASKED: Final = 50


class HoldView(Struct, frozen=True, kw_only=True):
    """`filters` are the parameters of the search, as on the page of transactions."""

    id: str
    name: str
    filters: tuple[tuple[str, str], ...]
    reason: str
    added_at: datetime
    added_by: str
    released_at: datetime | None
    released_by: str | None


class RetentionOverview(Struct, frozen=True, kw_only=True):
    """`state` is null until a worker has looked. `oldest_at`... are when the oldest was stored."""

    limits: RetentionLimits
    state: RetentionState | None
    oldest_at: datetime | None
    oldest_payload_at: datetime | None
    holds: tuple[HoldView, ...]
    released: tuple[HoldView, ...]
    preserved: int
    runs: tuple[RetentionRun, ...]
    is_requested: bool
    server_time: datetime


class Fate(Struct, frozen=True, kw_only=True):
    """What becomes of one transaction. `held_by` are names of holds, unless it is preserved.

    A time that is null will never come, as things are. Protected ones stay beyond it.
    """

    stored_at: datetime
    preserved: Preserved | None
    held_by: tuple[str, ...]
    payload_removed_at: datetime | None
    payload_goes_at: datetime | None
    transaction_goes_at: datetime | None


class HeldCount(Struct, frozen=True, kw_only=True):
    """How many transactions a hold would keep now."""

    transactions: int


class RetentionDesk:
    """Blocking; thread-safe. `preview` walks over what is old, for a bounded time."""

    def __init__(
        self,
        store: Store,
        control: ControlStore,
        limits: RetentionLimits,
        *,
        preview: Callable[[], RetentionPreview],
        now: Callable[[], datetime],
        clearance: Clearance = EVERYTHING,
    ) -> None:
        self._store = store
        self._seen = scoped(store, clearance)
        self._is_scoped = bool(clearance.scopes)
        self._control = control
        self._limits = limits
        self._preview = preview
        self._now = now

    def within(self, clearance: Clearance) -> "RetentionDesk":
        """With a scope one sees the limits, and deals with single transactions of that scope."""
        return RetentionDesk(
            self._store,
            self._control,
            self._limits,
            preview=self._preview,
            now=self._now,
            clearance=clearance,
        )

    def overview(self) -> RetentionOverview:
        if self._is_scoped:
            return self._narrow_overview()
        state = read_state(self._control)
        size = None if state is None else state.size
        return RetentionOverview(
            limits=self._limits,
            state=state,
            oldest_at=None if size is None else _stored_at(size.first_id),
            oldest_payload_at=None if size is None else _stored_at(size.first_payload_id),
            holds=tuple(map(_hold_view, self._control.holds())),
            released=tuple(map(_hold_view, self._control.released_holds(_RELEASED))),
            preserved=self._seen.count(Search(preserved=True)).transactions,
            runs=tuple(self._control.retention_runs(_RUNS)),
            is_requested=read_request(self._control) is not None,
            server_time=self._now(),
        )

    def _narrow_overview(self) -> RetentionOverview:
        """Sizes, runs and holds tell of everybody's transactions."""
        return RetentionOverview(
            limits=self._limits,
            state=None,
            oldest_at=None,
            oldest_payload_at=None,
            holds=(),
            released=(),
            preserved=self._seen.count(Search(preserved=True)).transactions,
            runs=(),
            is_requested=False,
            server_time=self._now(),
        )

    def preview(self) -> RetentionPreview:
        self._need_everything()
        return self._preview()

    def ask_for_run(self, by: str, *, trusts_clock: bool = False) -> None:
        """A worker begins it within seconds, if one runs."""
        self._need_everything()
        request = RunRequest(at=self._now(), by=by, trusts_clock=trusts_clock)
        post_request(self._control, request)

    def count_held(self, filters: Mapping[str, Sequence[str]]) -> HeldCount:
        found = self._store.count(self.search_of(filters))
        return HeldCount(transactions=found.transactions)

    def add_hold(
        self, name: str, filters: Mapping[str, Sequence[str]], *, reason: str, by: str
    ) -> HoldView:
        """`Refused` (`name-taken`, `bad-parameter`). Without filters everything is kept."""
        self._need_everything()
        hold = self._control.add_hold(
            _name(name),
            self.search_of(filters),
            reason=reason[:MAX_REASON],
            added_at=self._now(),
            added_by=by,
        )
        return _hold_view(hold)

    def release_hold(self, hold_id: int, *, by: str) -> HoldView:
        """`Refused` (`no-such-hold`)."""
        self._need_everything()
        return _hold_view(
            self._control.release_hold(hold_id, released_at=self._now(), released_by=by)
        )

    def preserve(self, transaction_ids: Sequence[int], *, by: str, reason: str = "") -> int:
        """How many of them are there; the first mark of each stays."""
        mark = Preserved(at=self._now(), by=by, reason=reason[:MAX_REASON])
        return self._store.preserve(transaction_ids, mark)

    def stop_preserving(self, transaction_ids: Sequence[int]) -> int:
        return self._store.preserve(transaction_ids, None)

    def preserve_one(self, transaction_id: int, *, by: str, reason: str = "") -> Fate:
        """`Refused` (`no-such-transaction`)."""
        self.fate(transaction_id)
        self.preserve([transaction_id], by=by, reason=reason)
        return self.fate(transaction_id)

    def stop_preserving_one(self, transaction_id: int) -> Fate:
        """`Refused` (`no-such-transaction`)."""
        self.fate(transaction_id)
        self.stop_preserving([transaction_id])
        return self.fate(transaction_id)

    def fate(self, transaction_id: int) -> Fate:
        """`Refused` (`no-such-transaction`)."""
        stored = self._seen.get(transaction_id)
        if stored is None:
            raise Refused("no-such-transaction", "there is no transaction with this id (any more)")
        stored_at = from_us(taken_at_us(transaction_id))
        payloads, transactions = self._hours_of(stored)
        ends = _after(stored_at, transactions)
        payload_ends = _after(stored_at, payloads)
        if ends is not None and (payload_ends is None or payload_ends > ends):
            payload_ends = ends
        return Fate(
            stored_at=stored_at,
            preserved=stored.preserved,
            held_by=() if self._is_scoped else self._held_by(transaction_id),
            payload_removed_at=stored.payload_removed_at,
            payload_goes_at=None if stored.payload_removed_at is not None else payload_ends,
            transaction_goes_at=ends,
        )

    def search_of(self, filters: Mapping[str, Sequence[str]]) -> Search:
        """Times that are relative to now become what they mean now."""
        pairs = [(name, value) for name, values in filters.items() for value in values]
        return read_filters(pairs, self._now())

    def _need_everything(self) -> None:
        if self._is_scoped:
            raise Refused("not-allowed", "this is for people who may see everything")

    def _hours_of(self, stored: Stored) -> tuple[int | None, int | None]:
        """The ages of the most particular rule."""
        for ages in self._limits.ages:
            is_his = ages.of == "sensor" and ages.sensor == stored.row.sensor
            is_detected = ages.of == "detected" and stored.row.intercepted is False
            if is_his or is_detected or ages.of == "all":
                return ages.payloads_hours, ages.transactions_hours
        return None, None

    def _held_by(self, transaction_id: int) -> tuple[str, ...]:
        holds: Iterable[Hold] = self._control.holds()[:_HOLDS_ASKED]
        return tuple(hold.name for hold in holds if self._is_match(hold.search, transaction_id))

    def _is_match(self, search: Search, transaction_id: int) -> bool:
        """A step over this one id tells whether the search finds it, at the cost of a look-up."""
        only = Expired(before_id=transaction_id + 1, search=search)
        step = self._store.remove_transactions(
            only, after_id=transaction_id - 1, limit=1, is_rehearsal=True
        )
        return step.removed == 1


def hold_number(value: str) -> int:
    """The id that was sent as text; `Refused` if it is none."""
    if not (value.isascii() and value.isdigit() and len(value) <= 9):
        raise Refused("no-such-hold", "the id of a hold is a number")
    return int(value)


def _name(name: str) -> str:
    plain = name.strip()
    if not 0 < len(plain) <= MAX_NAME:
        raise Refused("bad-name", f"a name has 1 to {MAX_NAME} characters", "name")
    return plain


def _hold_view(hold: Hold) -> HoldView:
    return HoldView(
        id=str(hold.id),
        name=hold.name,
        filters=filter_values(hold.search),
        reason=hold.reason,
        added_at=hold.added_at,
        added_by=hold.added_by,
        released_at=hold.released_at,
        released_by=hold.released_by,
    )


def _stored_at(number: int | None) -> datetime | None:
    return None if number is None else from_us(taken_at_us(number))


def _after(stored_at: datetime, hours: int | None) -> datetime | None:
    return None if hours is None else stored_at + timedelta(hours=hours)
