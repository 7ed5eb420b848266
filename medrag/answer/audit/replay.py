"""An answer of the log made again: the same evidence found, the same prompt built, the same words quoted, or what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from medrag.answer.audit.entry import evidence_id
from medrag.answer.audit.log import Logged
from medrag.answer.engine import EXTRACTIVE, MedRAG
from medrag.answer.prompt.build import build_prompt
from medrag.errors import NotFoundError, RecordError
from medrag.kb.base import KnowledgeBase
from medrag.types import Document, DocumentInfo, Entity, Evidence, Fact, FactSource, Passage, Question, digest

__all__ = ["Outcome", "Replayed", "logged_evidence", "replay"]


class Outcome(StrEnum):
    """What came of a comparison."""

    SAME = "same"
    DIFFERS = "differs"
    NOT_COMPARED = "not compared"


@dataclass(slots=True)
class Replayed:
    """A record made again; `notes` say what differs and why something could not be compared."""

    number: int
    retrieval: Outcome = Outcome.NOT_COMPARED
    prompt: Outcome = Outcome.NOT_COMPARED
    reply: Outcome = Outcome.NOT_COMPARED
    notes: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing differs."""
        return Outcome.DIFFERS not in (self.retrieval, self.prompt, self.reply)


def replay(record: Logged, medrag: MedRAG) -> Replayed:
    """The record made again with a MedRAG that has the settings it was made with.

    Retrieval is compared where the knowledge base is at the same commit; the prompt is built from the logged evidence, read
    from the versions that were cited, at whatever commit. What a model replies is not asked for again: its prompt is.
    """
    done = Replayed(record.number)
    payload = record.payload
    question = _question(payload)
    if payload is None or question is None:
        done.notes.append("the question is not in the log (erased, or logged as metadata only)")
        return done
    writing, settings = payload["writing"], payload["settings"]
    medrag = _as_then(medrag, settings.get("as_of", ""))
    done.notes += _other_settings(settings, medrag)
    if writing["commit"] != medrag.kb.commit:
        done.notes.append(
            f"answered at commit {writing['commit']}, the knowledge base is at {medrag.kb.commit}: not searched again"
        )
    elif not done.notes:
        _compare_retrieval(payload, question, medrag, done)
    if writing["prompt_sha256"]:
        _compare_prompt(payload, question, medrag, done)
    return done


def _as_then(medrag: MedRAG, day: str) -> MedRAG:
    """The same, logging nothing, for what is made again is no new answer; with documents as of the day that was asked for."""
    then = copy(medrag)
    then.audit = None
    if day != then.kb.day and not then.kb.day:
        then.kb = then.kb.as_of(day)
        vars(then).pop("settings", None)  # they name the day
    return then


def _question(payload: Mapping[str, Any] | None) -> Question | None:
    if payload is None or "question" not in payload:
        return None
    try:
        return Question.model_validate(payload["question"])
    except ValidationError as error:
        raise RecordError(f"the logged question cannot be read: {error.errors(include_url=False)[0]['msg']}") from None


def _other_settings(settings: Mapping[str, Any], medrag: MedRAG) -> list[str]:
    now = {"as_of": "", **medrag.settings}
    return [
        f"{name} was {value!r} and is {now.get(name)!r}: give the settings of then"
        for name, value in {"as_of": "", **settings}.items()
        if now.get(name) != value
    ]


def _compare_retrieval(payload: Mapping[str, Any], question: Question, medrag: MedRAG, done: Replayed) -> None:
    if payload["writing"]["model"] == EXTRACTIVE and medrag.model is None:
        answer = medrag.ask(question)
        evidence: Sequence[Evidence] = answer.evidence
        done.reply = _same(digest(answer.text) == payload["reply_sha256"])
    else:
        evidence = next(iter(medrag.stream(question))).evidence
    found = [evidence_id(item) for item in evidence]
    done.retrieval = _same(found == payload["evidence"])
    if done.retrieval is Outcome.DIFFERS:
        at = next((n for n, (a, b) in enumerate(zip(found, payload["evidence"], strict=False), 1) if a != b), len(found) + 1)
        done.notes.append(f"the evidence differs from rank {at} on")


def _compare_prompt(payload: Mapping[str, Any], question: Question, medrag: MedRAG, done: Replayed) -> None:
    if medrag.model is None:
        done.notes.append("a model wrote it: name the same one with --llm to build its prompt again")
        return
    if payload.get("revised"):
        done.notes.append("the model was asked once more, with its own first reply in the prompt, which is not logged")
        return
    try:
        evidence = logged_evidence(payload["evidence"], medrag.kb)
    except NotFoundError as error:
        done.notes.append(f"evidence of then is not there any more: {error}")
        return
    lang = payload["writing"]["lang"]
    prompt = build_prompt(question, evidence, medrag.model, lang=lang, template=medrag.template)
    done.prompt = _same(prompt.sha256 == payload["writing"]["prompt_sha256"])
    if done.prompt is Outcome.DIFFERS:
        done.notes.append(f"the prompt's hash is {prompt.sha256}, it was {payload['writing']['prompt_sha256']}")


def _same(same: bool) -> Outcome:
    return Outcome.SAME if same else Outcome.DIFFERS


def logged_evidence(items: Sequence[Mapping[str, Any]], kb: KnowledgeBase) -> tuple[Evidence, ...]:
    """The evidence of a record, its words read from the versions it was found in. Raises `NotFoundError` for one that is gone."""
    documents = _Documents(kb)
    return tuple(
        Evidence(
            rank=rank,
            score=item["score"],
            found_by=tuple(item["found_by"]),
            passage=_passage(item["passage"], documents) if "passage" in item else None,
            fact=_fact(item, documents) if "fact" in item else None,
            also=tuple(documents.info(place) for place in item.get("also", ())),
        )
        for rank, item in enumerate(items, 1)
    )


class _Documents:
    """Stored versions by their places, each read once."""

    def __init__(self, kb: KnowledgeBase) -> None:
        self._kb = kb
        self._read: dict[tuple[str, str, int], Document] = {}

    def at(self, place: Mapping[str, Any]) -> Document:
        which = (place["source"], place["key"], place["version"])
        if which not in self._read:
            self._read[which] = self._kb.document(which[1], source=which[0], version=which[2])
        return self._read[which]

    def info(self, place: Mapping[str, Any]) -> DocumentInfo:
        return self.at(place).info()


def _passage(place: Mapping[str, Any], documents: _Documents) -> Passage:
    document = documents.at(place)
    section = next((section for section in document.sections if section.index == place["section"]), None)
    if section is None:
        raise NotFoundError(
            f"{document.source} {document.key} has no section {place['section']}: it is another knowledge base's"
        )
    text = document.text[place["start"] : place["end"]]
    return Passage(0, document.info(), section, place["start"], place["end"], text)


def _fact(item: Mapping[str, Any], documents: _Documents) -> Fact:
    subject, relation, object_ = item["fact"]
    return Fact(
        subject=Entity.model_validate(subject),
        relation=relation,
        object=Entity.model_validate(object_),
        sources=tuple(_source(place, documents) for place in item["sources"]),
    )


def _source(place: Mapping[str, Any], documents: _Documents) -> FactSource:
    document = documents.at(place)
    quote = document.text[place["start"] : place["end"]]
    return FactSource(document=document.info(), start=place["start"], end=place["end"], quote=quote, sha256=digest(quote))
