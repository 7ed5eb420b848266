"""The chain of an audit log: each link holds the hash of the one before and a salted digest of what it stands for.

    hash(n) = SHA-256(n, time, kind, digest(n), hash(n - 1))        digest(n) = SHA-256(salt(n), payload(n))

Payload and salt stand apart from the chain, so that both can be erased: what is left proves that something stood there, in
that order, and no longer what. Without the salt a digest of a short question could be found by trying.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from hashlib import sha256

__all__ = ["ANSWER", "ERASURE", "FIRST", "Kept", "Link", "LogFault", "digest_of", "faults_of", "hash_of"]

ANSWER, ERASURE = "answer", "erasure"
FIRST = "0" * 64  # what the first link holds for the one before it


@dataclass(frozen=True, slots=True)
class Link:
    """One link of the chain; `number` counts from 1, `at` is an ISO time in UTC."""

    number: int
    at: str
    kind: str
    digest: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Kept:
    """What a link stands for, as long as it is not erased."""

    salt: str
    payload: str


@dataclass(frozen=True, slots=True)
class LogFault:
    """What is wrong with a record of a log; `number` is 0 where it is the log as a whole."""

    number: int
    reason: str


def digest_of(kept: Kept) -> str:
    """The salted digest of a payload."""
    return _sha256(kept.salt, kept.payload)


def hash_of(number: int, at: str, kind: str, digest: str, previous: str) -> str:
    """The hash of a link."""
    return _sha256(str(number), at, kind, digest, previous)


def _sha256(*parts: str) -> str:
    whole = sha256()
    for part in parts:  # with their lengths, so that no two lists of parts give the same bytes
        encoded = part.encode("utf-8", "surrogatepass")
        whole.update(f"{len(encoded)}:".encode() + encoded)
    return whole.hexdigest()


def faults_of(
    links: Iterable[Link], digests: Mapping[int, str], head: tuple[int, str], erased: AbstractSet[int]
) -> list[LogFault]:
    """What was edited, removed, put in or reordered in a log; empty where nothing was.

    `digests` are those of what is kept (`digest_of`), by number. `head` is the number and the hash of the last link, kept apart; `erased` are the numbers that its erasures name.
    """
    ordered: Sequence[Link] = sorted(links, key=lambda link: link.number)
    faults: list[LogFault] = []
    number, previous = 0, FIRST
    for link in ordered:
        if link.number > number + 1:
            faults.append(LogFault(number + 1, f"it is missing, and so are those before record {link.number}"))
        faults += _link_faults(link, previous if link.number == number + 1 else None)
        faults += _payload_faults(link, digests.get(link.number), link.number in erased)
        number, previous = link.number, link.hash
    faults += [
        LogFault(stray, "there is a payload without a record") for stray in sorted(set(digests) - {x.number for x in ordered})
    ]
    if (number, previous if number else FIRST) != head:
        faults.append(LogFault(head[0], f"the log should end at record {head[0]}, it ends at {number}"))
    return faults


def _link_faults(link: Link, previous: str | None) -> list[LogFault]:
    if link.hash != hash_of(link.number, link.at, link.kind, link.digest, link.previous):
        return [LogFault(link.number, "the record was changed: its hash is not that of its contents")]
    if previous is not None and link.previous != previous:
        return [LogFault(link.number, "the record does not follow the one before it")]
    return []


def _payload_faults(link: Link, digest: str | None, erased: bool) -> list[LogFault]:
    if digest is None:
        return (
            []
            if erased and link.kind != ERASURE
            else [LogFault(link.number, "what it stands for is gone, and nobody erased it")]
        )
    if digest != link.digest:
        return [LogFault(link.number, "what it stands for was changed: it has another digest")]
    return [LogFault(link.number, "it was erased, and what it stood for is there again")] if erased else []
