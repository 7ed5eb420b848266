"""The audit log of a server: who asked stands with each answer, and one that cannot be kept is not given."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from copy import copy
from typing import Any, Self

from medrag.answer.audit.chain import ANSWER
from medrag.answer.audit.log import AuditLog
from medrag.errors import RecordError
from medrag.server.errors import ApiError

__all__ = ["ServedLog"]

log = logging.getLogger(__name__)


class ServedLog(AuditLog):
    """A log to which each caller's answers are appended under the caller's name."""

    asker = ""

    def of(self, asker: str) -> Self:
        """The same log, for answers to this caller."""
        theirs = copy(self)
        theirs.asker = asker
        return theirs

    def append(self, payload: Mapping[str, Any], *, person: str = "", kind: str = ANSWER) -> int:
        """As `AuditLog.append`; raises a 507 where the disk is full, else a 503, without the file's name."""
        try:
            return super().append(payload, person=person or self.asker, kind=kind)
        except RecordError as error:
            full = "disk is full" in str(error)
            log.error("the audit log cannot be written%s", ": the disk is full" if full else "")
            said = "so the answer, which must be kept there, is not given"
            if full:
                raise ApiError(507, f"the server's disk is full for its audit log, {said}", code="disk_full") from None
            raise ApiError(503, f"the audit log cannot be written just now, {said}", code="audit_unavailable") from None
