"""What retention says of itself, in the control store: its state, and what it was asked for."""

from typing import Final

import msgspec

from bartizan.domain.retention import RetentionState, RunRequest
from bartizan.store.control import ControlStore

_STATE: Final = "retention:state"
_REQUEST: Final = "retention:request"


def post_state(control: ControlStore, state: RetentionState) -> None:
    control.set_state(_STATE, msgspec.json.encode(state).decode())


def read_state(control: ControlStore) -> RetentionState | None:
    kept = control.state(_STATE)
    return None if kept is None else msgspec.json.decode(kept, type=RetentionState)


def post_request(control: ControlStore, request: RunRequest) -> None:
    control.set_state(_REQUEST, msgspec.json.encode(request).decode())


def read_request(control: ControlStore) -> RunRequest | None:
    kept = control.state(_REQUEST)
    return None if kept is None else msgspec.json.decode(kept, type=RunRequest)


def take_request(control: ControlStore) -> RunRequest | None:
    """The request, which is nobody else's then. For who has the lease."""
    request = read_request(control)
    if request is not None:
        control.set_state(_REQUEST, None)
    return request
