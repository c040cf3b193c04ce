"""Structured logging: an event name and fields, one JSON object or one readable line each.

Values from the wire go in only as fields, never into the event name, so that no log line can be
forged; entry bodies and credentials never go in at all.
"""

import logging
import sys
from typing import Any

import structlog

from bartizan.kit.text import visible


def _only_visible(_: Any, __: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = visible(value)
    return event


def configure(level: str = "info", form: str = "console") -> None:
    """Log to standard error; `form` is `console` (for people) or `json` (one object per line)."""
    renderer: Any = (
        structlog.processors.JSONRenderer()
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _only_visible,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def get(area: str) -> structlog.stdlib.BoundLogger:
    """A logger whose lines carry `area`."""
    logger: structlog.stdlib.BoundLogger = structlog.get_logger(area=area)
    return logger
