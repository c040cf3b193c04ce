"""What retention says of itself, in the control store: its state, and what it was asked for."""

from datetime import datetime
from typing import Final

import msgspec

from bartizan.domain.retention import RetentionState
from bartizan.kit.struct import Struct
from bartizan.store.control import ControlStore

_STATE: Final = "retention:state"
_REQUEST: Final = "retention:request"


class Request(Struct, frozen=True, kw_only=True):
    """Somebody wants a run now. `trusts_clock`: whoever asks says that the clock is right."""

    at: datetime
    by: str
    trusts_clock: bool = False


def post_state(control: ControlStore, state: RetentionState) -> None:
    control.set_state(_STATE, msgspec.json.encode(state).decode())


def read_state(control: ControlStore) -> RetentionState | None:
    kept = control.state(_STATE)
    return None if kept is None else msgspec.json.decode(kept, type=RetentionState)


def post_request(control: ControlStore, request: Request) -> None:
    control.set_state(_REQUEST, msgspec.json.encode(request).decode())


def read_request(control: ControlStore) -> Request | None:
    kept = control.state(_REQUEST)
    return None if kept is None else msgspec.json.decode(kept, type=Request)


def take_request(control: ControlStore) -> Request | None:
    """The request, which is nobody else's then. Only who has the lease may ask."""
    request = read_request(control)
    if request is not None:
        control.set_state(_REQUEST, None)
    return request
