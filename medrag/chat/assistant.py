"""Assistants: a YAML file each, which names knowledge bases, a writer and what is said around the answers.

    name: pharmacy
    knowledge_base: labels.kb

is a working one. Paths in it are relative to the file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, PlainValidator, ValidationError

from medrag.answer.policy import NoEvidence, Policy
from medrag.errors import ProfileError
from medrag.kb.address import Place, place_of
from medrag.kb.filters import Filters
from medrag.sections import SectionGroup
from medrag.types import Record

__all__ = ["API_KEY_VARIABLE", "Assistant", "CitationStyle", "Only", "read_assistant", "read_assistants"]

API_KEY_VARIABLE = "MEDRAG_API_KEY"
NAME = r"^\w[\w.:-]{0,63}$"  # an assistant's name is a model's name to API clients, and part of addresses
MAX_K = 100
SUFFIXES = (".yaml", ".yml")
_SINGULAR = "knowledge_base"
# What other systems' configurations call these things.
_ELSEWHERE = {
    "model": "llm", "kb": _SINGULAR, "prompt": "template", "system_prompt": "template", "top_k": "k", "language": "lang",
    "welcome": "greeting", "filters": "only", "rerank": "reranker",
}  # fmt: skip


class CitationStyle(StrEnum):
    """How an answer that is sent as one text shows what it cites."""

    MARKERS = "markers"  # [1] in the text, and what they stand for beside it
    FOOTNOTES = "footnotes"  # the same, and the words cited stand at the end of the text


class Only(Record):
    """What an assistant reads of its knowledge bases (`medrag.kb.filters.Filters`)."""

    sources: tuple[str, ...] = Field(default=(), description="a list of sources")
    langs: tuple[str, ...] = Field(default=(), description="a list of languages, such as [zh]")
    kinds: tuple[str, ...] = Field(default=(), description="a list of kinds: label, file, record")
    tags: tuple[str, ...] = Field(default=(), description="a list of tags")
    makers: tuple[str, ...] = Field(default=(), description="a list of makers")
    groups: tuple[SectionGroup, ...] = Field(default=(), description=f"a list of section groups: {', '.join(SectionGroup)}")
    since: str = Field(default="", description="an ISO date in quotes, such as '2020-01'")
    until: str = Field(default="", description="an ISO date in quotes, such as '2024'")

    def filters(self) -> Filters:
        """The same as filters of a search."""
        return Filters(
            sources=frozenset(self.sources),
            langs=frozenset(self.langs),
            kinds=frozenset(self.kinds),
            tags=frozenset(self.tags),
            makers=frozenset(self.makers),
            groups=frozenset(self.groups),
            since=self.since,
            until=self.until,
        )


def _as_place(given: object) -> Place:
    if not isinstance(given, (str, Path)):
        raise ValueError("neither a folder nor an address")
    return place_of(given)


_Place = Annotated[Place, PlainValidator(_as_place)]


class Assistant(Record):
    """What one assistant is made of; a field's description says what may stand in it.

    `greeting` and `disclaimer` are words for those who show its answers, `emergency` are those of the notice that an
    emergency gets; where they are empty the shipped ones are. `lang` is the language that it is spoken to in where a question leaves it open. `generation` are settings over
    the preset's, `risk` the share of wrong answers that is put up with (None: the threshold that ships).
    """

    name: str = Field(pattern=NAME, description="a name of 1 to 64 letters, digits, '-', '_', '.' and ':'")
    knowledge_bases: tuple[_Place, ...] = Field(min_length=1, description="a folder, or a list of folders")
    about: str = Field(default="", description="a line that says what it is for")
    only: Only = Field(default=Only(), description=f"a table of {', '.join(Only.model_fields)}")
    lang: str = Field(default="zh", pattern="^(zh|en)$", description="zh or en")
    greeting: str = Field(default="", description="text")
    disclaimer: str = Field(default="", description="text")
    emergency: str = Field(default="", description="text")
    citations: CitationStyle = Field(default=CitationStyle.MARKERS, description=" or ".join(CitationStyle))
    llm: str = Field(default="extractive", min_length=1, description="extractive, hf:FOLDER_OR_NAME or http:URL#MODEL")
    preset: str | None = Field(default=None, description="a preset's name, or a YAML file of presets")
    generation: Mapping[str, float | int | bool | str] = Field(default={}, description="a table such as {temperature: 0.2}")
    input_limit: int | None = Field(default=None, ge=1, description="a whole number of tokens")
    api_key_variable: str = Field(default=API_KEY_VARIABLE, description="the name of an environment variable")
    template: Path | None = Field(default=None, description="a file with a prompt template")
    policy: Policy = Field(default=Policy.FLAG, description=" or ".join(Policy))
    no_evidence: NoEvidence = Field(default=NoEvidence.ABSTAIN, description=" or ".join(NoEvidence))
    entailment: str | None = Field(default=None, min_length=1, description="a model's folder or name")
    k: int = Field(default=10, ge=1, le=MAX_K, description=f"a whole number from 1 to {MAX_K}")
    risk: float | None = Field(default=None, ge=0, le=1, description="a number from 0 to 1")
    profile: Path | None = Field(default=None, description="a file that `medrag tune` wrote")
    reranker: str | None = Field(default=None, min_length=1, description="a cross-encoder's folder or name")
    distil: bool = Field(default=True, description="true or false")
    sessions: bool = Field(default=True, description="true or false")
    session_days: int = Field(default=30, ge=1, description="a whole number of days, 1 or more")
    file: Path | None = None  # which it was read from; not a field of the file


_FIELDS = tuple(sorted({*Assistant.model_fields} - {"file"} | {_SINGULAR}))


def read_assistants(paths: Iterable[Path]) -> tuple[Assistant, ...]:
    """The assistants of files, and of folders each YAML file in them, in the order given; no two may have one name."""
    found: dict[str, Assistant] = {}
    for path in paths:
        for file in _files(path):
            assistant = read_assistant(file)
            other = found.setdefault(assistant.name, assistant)
            if other is not assistant:
                raise ProfileError(f"{file}: name: {assistant.name!r} is taken already, by {other.file}: give it another name")
    return tuple(found.values())


def read_assistant(path: Path) -> Assistant:
    """The assistant in a YAML file. Raises `ProfileError`, which says which field should hold what."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise ProfileError(f"{path} cannot be read as an assistant: {reason}") from None
    fields = _renamed(_fields(text, path), path)
    try:
        # As JSON, because YAML's true is a number to lax validation and strict validation of objects knows no paths.
        assistant = Assistant.model_validate_json(json.dumps(fields, default=str), strict=True)
    except ValidationError as error:
        raise ProfileError(f"{path}: {_explained(error)}") from None
    except (ValueError, RecursionError):
        raise ProfileError(f"{path}: a list or table stands in itself: write out what is meant") from None
    return _beside(assistant, path)


def _files(path: Path) -> Sequence[Path]:
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    if not files:
        raise ProfileError(f"{path} holds no assistant: wanted files ending in {' or '.join(SUFFIXES)}")
    return files


def _fields(text: str, path: Path) -> dict[str, object]:
    """The table that a YAML text is; one that sets a field twice is refused, of which YAML would keep the last."""
    import yaml

    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProfileError(f"{path} is no YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise ProfileError(f"{path} is nested too deeply for an assistant") from None
    if not isinstance(node, yaml.MappingNode) or not isinstance(fields, dict):
        raise ProfileError(f"{path} must be a table with `name` and `{_SINGULAR}`, and is a {type(fields).__name__}")
    names = [key.value for key, _ in node.value]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ProfileError(f"{path}: {twice}: stands {names.count(twice)} times: leave one")
    return {str(name): value for name, value in fields.items()}


def _renamed(fields: dict[str, object], path: Path) -> dict[str, object]:
    """The fields with `knowledge_base` under its other name, a single one as a list, and what is left empty left out."""
    for name in fields:
        if name not in _FIELDS:
            raise ProfileError(f"{path}: {name}: {_unknown(name, _FIELDS)}")
    if _SINGULAR in fields and "knowledge_bases" in fields:
        raise ProfileError(f"{path}: {_SINGULAR} and knowledge_bases both stand there: leave one")
    given = {name: value for name, value in fields.items() if value is not None}
    bases = given.pop(_SINGULAR, given.pop("knowledge_bases", None))
    if bases is None:
        raise ProfileError(f"{path}: {_SINGULAR}: is missing: wanted a folder that `medrag ingest` made, or a list of them")
    return {**given, "knowledge_bases": [bases] if isinstance(bases, str) else bases}


def _unknown(name: str, known: Iterable[str]) -> str:
    near = [_ELSEWHERE[name]] if name in _ELSEWHERE else get_close_matches(name.lower(), [*known], 1)
    return f"there is no such field{f'; did you mean `{near[0]}`?' if near else ''} The fields are {', '.join(known)}"


def _explained(error: ValidationError) -> str:
    """The first fault: field, what was wanted, what was seen."""
    first = error.errors(include_url=False)[0]
    place = [str(part) for part in first["loc"]]
    if not place:  # half a character, which YAML can write and JSON cannot
        return f"it holds what is no text ({first['msg']})"
    named = ".".join(place)
    within = Only if place[:1] == ["only"] and len(place) > 1 else Assistant
    field = within.model_fields.get(place[1] if within is Only else place[0])
    if first["type"] == "missing":
        wanted = f": wanted {field.description}" if field is not None else ""
        return f"{named}: is missing{wanted}"
    if field is None:
        return f"{named}: {_unknown(place[-1], within.model_fields)}"
    return f"{named}: wanted {field.description}, saw {_seen(first['input'])}"


def _seen(value: object) -> str:
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return shown if len(shown) <= 80 else f"{shown[:77]}..."


def _beside(assistant: Assistant, path: Path) -> Assistant:
    """The assistant with the paths that are relative to its file made whole."""
    folder = path.resolve().parent

    def whole(relative: Path) -> Path:
        return folder / relative.expanduser()

    def place(given: Place) -> Place:
        return given if isinstance(given, str) else whole(given)

    def named(name: str | None) -> str | None:
        return name and _named(name, folder)

    kind, _, rest = assistant.llm.partition(":")
    llm = f"hf:{'+'.join(_local(part, folder) for part in rest.split('+'))}" if kind == "hf" else assistant.llm
    return assistant.model_copy(
        update={
            "knowledge_bases": tuple(map(place, assistant.knowledge_bases)),
            "template": assistant.template and whole(assistant.template),
            "profile": assistant.profile and whole(assistant.profile),
            "preset": named(assistant.preset),
            "reranker": named(assistant.reranker),
            "entailment": named(assistant.entailment),
            "llm": llm,
            "file": path,
        }
    )


def _local(part: str, folder: Path) -> str:
    """A part of hf:FOLDER+lora=FOLDER+4bit with its folder made whole."""
    before, equals, name = part.rpartition("=")
    return f"{before}{equals}{_named(name, folder)}"


def _named(name: str, folder: Path) -> str:
    """A folder or file beside the assistant's, where that is what is named; else the name, which may be one of a hub."""
    file, mark, inside = name.partition("#")
    path = folder / Path(file).expanduser()
    return f"{path}{mark}{inside}" if file.startswith((".", "~")) or path.exists() else name
