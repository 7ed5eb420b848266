"""What a request that fails is told: the right status and one sentence, in the form of OpenAI's errors.

    {"error": {"message": "...", "type": "invalid_request_error", "param": "question", "code": "too_long"}}

Nothing of a stack trace, a path of the server's or another caller's text is ever in it.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from errno import EDQUOT, EFBIG, ENOSPC
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from sqlalchemy.exc import SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from medrag import errors

__all__ = ["ERRORS", "ApiError", "ErrorBody", "ErrorDetail", "add_handlers", "body_of", "error_of"]

log = logging.getLogger(__name__)

MAX_MESSAGE = 600  # characters


class ErrorDetail(BaseModel):
    """What is wrong, in OpenAI's fields."""

    message: str = Field(description="One sentence: what is wrong, and what would help.")
    type: str = Field(description="The kind of fault, such as `invalid_request_error`.")
    param: str | None = Field(default=None, description="The field at fault, where one is.")
    code: str | None = Field(default=None, description="A word for programs, such as `rate_limit_exceeded`.")


class ErrorBody(BaseModel):
    """The body of every response that is no success."""

    error: ErrorDetail


class ApiError(Exception):
    """A request that is answered with an error: HTTP status, sentence, and the words for programs."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.code = code
        self.param = param
        self.headers = dict(headers or {})


_TYPES = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
_DESCRIPTIONS = {
    400: "The request is malformed or asks for what cannot be.",
    401: "No key, or one that is not known.",
    403: "The key's roles do not allow this.",
    404: "There is no such thing, or it is not the caller's.",
    409: "Something else is at work on it.",
    413: "The request is too large.",
    429: "Too many requests; `Retry-After` says how many seconds to wait.",
    500: "A fault of the server.",
    503: "The knowledge base or the model cannot be reached just now.",
    504: "It took too long.",
    507: "The disk is full.",
}
# For `responses=` of a router: what each route may answer besides its success.
ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": _DESCRIPTIONS[status]} for status in _DESCRIPTIONS
}


def body_of(error: ApiError) -> dict[str, dict[str, str | None]]:
    """The JSON of an error."""
    kind = _TYPES.get(error.status, "invalid_request_error" if error.status < 500 else "server_error")
    message = " ".join(error.message.split())
    message = message if len(message) <= MAX_MESSAGE else f"{message[: MAX_MESSAGE - 1]}…"
    return {"error": {"message": message, "type": kind, "param": error.param, "code": error.code}}


def error_of(error: BaseException) -> ApiError:
    """What the caller is told of an exception; of one that nobody foresaw, that there was one."""
    if isinstance(error, ApiError):
        return error
    for kind, status, code, said in _KNOWN:
        if isinstance(error, kind):
            return ApiError(status, said or str(error), code=code)
    if isinstance(error, (errors.SessionError, SQLAlchemyError, OSError)):
        return _of_storage(error)
    if isinstance(error, errors.KnowledgeBaseError):
        log.error("the knowledge base cannot be read", exc_info=_without_text(error))
        return ApiError(503, "the knowledge base cannot be read just now: try again soon", code="knowledge_base_unavailable")
    if isinstance(error, errors.ModelError):
        log.error("the model cannot be used", exc_info=_without_text(error))
        return ApiError(503, "the language model cannot be reached just now: try again soon", code="model_unavailable")
    log.error("a fault of the server: %s", type(error).__name__, exc_info=_without_text(error))
    return ApiError(500, "a fault of the server; it has been logged", code="internal_error")


# What the library raises of a request: status, word, and a sentence where its own names files of the server.
_KNOWN: tuple[tuple[type[BaseException], int, str, str], ...] = (
    (errors.QuestionError, 400, "question_refused", ""),
    (errors.RecordError, 400, "not_a_record", ""),
    (errors.SessionNotFoundError, 404, "session_not_found", ""),
    (errors.NotFoundError, 404, "not_found", ""),
    (errors.LockedError, 409, "locked", "something else is being written to the knowledge base: try again when it is done"),
    (errors.UnknownFormatError, 400, "unknown_format", ""),
    (errors.IngestError, 400, "unreadable", ""),
)


# No room on the disk, in the user's share of it, or in what one file may hold.
_FULL = frozenset({ENOSPC, EDQUOT, EFBIG})


def _of_storage(error: BaseException) -> ApiError:
    full = "disk is full" in _causes(error) or getattr(error, "errno", None) in _FULL
    log.error("storage: %s", type(error).__name__ if not full else "the disk is full")
    if full:
        return ApiError(507, "the server's disk is full: nothing was stored", code="disk_full")
    return ApiError(503, "the server cannot read or write its files just now: try again soon", code="storage_unavailable")


def _causes(error: BaseException | None) -> str:
    """The messages of an exception and of what it came from."""
    return "" if error is None else f"{error} {_causes(error.__cause__)}"


def _without_text(error: BaseException) -> BaseException:
    """The exception without its message, which may quote a question: the log shows where, not what."""
    bare = RuntimeError(type(error).__name__)
    bare.__traceback__ = error.__traceback__
    return bare


def _response(error: ApiError) -> Response:
    return JSONResponse(body_of(error), status_code=error.status, headers=error.headers)


_PLACES = frozenset({"body", "query", "path", "header", "str"})
_FIELD = re.compile(r"\w+")  # a name or a number; the others say which alternative of a union was tried


def _invalid(error: RequestValidationError) -> ApiError:
    """The first fault of a request: which field, what is wrong; never what was sent."""
    faults = error.errors()
    # Of a field that may be one thing or another each has its fault; our own sentence says most.
    first = next((one for one in faults if one["type"] == "value_error"), faults[0])
    place = [str(part) for part in first["loc"] if part not in _PLACES and _FIELD.fullmatch(str(part))]
    if first["type"] == "json_invalid":
        return ApiError(400, "the body is no JSON", code="malformed_json")
    if not place and first["type"] in ("model_attributes_type", "model_type", "dict_type", "missing"):
        return ApiError(400, "the body must be a JSON object, sent as Content-Type: application/json", code="malformed_json")
    field = ".".join(place)
    said = str(first["msg"]).removeprefix("Value error, ")
    return ApiError(400, f"{field}: {said}" if field else said, param=field or None, code="invalid_value")


_HTTP = {
    400: "the body cannot be read: wanted JSON in UTF-8, or a form where one is taken",
    404: "there is no such address",
    405: "that address does not take this method",
}


def add_handlers(app: FastAPI) -> None:
    """Makes every failure of the app's routes that is foreseen a body of this form; the gate does so for the others."""

    async def invalid(_: Request, error: Exception) -> Response:
        return _response(_invalid(error) if isinstance(error, RequestValidationError) else error_of(error))

    async def http(_: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException):
            return _response(error_of(error))
        if isinstance(error.__cause__, OSError):  # a form is spooled to the disk as it is read
            return _response(_of_storage(error.__cause__))
        said = _HTTP.get(error.status_code, str(error.detail))
        return _response(ApiError(error.status_code, said, headers=error.headers))

    async def any_other(_: Request, error: Exception) -> Response:
        return _response(error_of(error))

    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)
    for kind in (ApiError, errors.MedRAGError, SQLAlchemyError, OSError):
        app.add_exception_handler(kind, any_other)
