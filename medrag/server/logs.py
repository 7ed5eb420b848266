"""Logs as JSON, a line each: when, which request, how it ended; no words of a question or an answer."""

from __future__ import annotations

import json
import logging
import traceback
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

__all__ = ["REQUESTS", "JsonLines", "log_config", "request_id"]

REQUESTS = "medrag.server.requests"
request_id: ContextVar[str] = ContextVar("request_id", default="")
_FIELDS = "fields"  # the extra of a record that holds a request's numbers


class JsonLines(logging.Formatter):
    """A log record as a line of JSON; of an exception where it happened, never its message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request_id"] = request_id.get()
        line.update(getattr(record, _FIELDS, {}))
        if record.exc_info is not None and record.exc_info[1] is not None:
            error = record.exc_info[1]
            line["exception"] = type(error).__name__
            line["at"] = [
                f"{frame.filename}:{frame.lineno} {frame.name}" for frame in traceback.extract_tb(error.__traceback__)
            ]
        return json.dumps(line, ensure_ascii=False, default=str)


def log_config(level: str = "INFO") -> dict[str, Any]:
    """The configuration of the log for uvicorn and for this library: JSON lines on standard error."""
    loggers = ("medrag", "uvicorn", "uvicorn.error", "python_multipart")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": "medrag.server.logs.JsonLines"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json", "stream": "ext://sys.stderr"}},
        "loggers": {name: {"handlers": ["stderr"], "level": level, "propagate": False} for name in loggers},
    }
