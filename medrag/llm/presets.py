"""How each model was trained to be spoken to, as records: read from the package's own table or from a user's file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from medrag.errors import ModelError
from medrag.llm.clean import ReplyCleaner
from medrag.llm.messages import EvidenceForm

__all__ = ["CHAT", "Bos", "Form", "Part", "Preset", "Setting", "preset_named", "preset_names", "read_presets"]

CHAT = "chat"
TABLE = "presets.yaml"

Setting = float | int | bool | str


class Bos(StrEnum):
    """Where the token that begins a text stands."""

    NONE = "none"
    PROMPT = "prompt"  # once
    SEGMENT = "segment"  # before every text that is tokenised apart


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a prompt: a text with `{content}` and `{round}` in it, or a token by name or id.

    `first` keeps only so many of the text's tokens; `as_text` is what stands for it in a prompt that is sent as text.
    """

    text: str = ""
    token: str | int | None = None
    first: int = 0
    as_text: str | None = None


@dataclass(frozen=True, slots=True)
class Form:
    """The parts of a prompt: its head, each turn, and the primer after which the model speaks.

    `single` stands for all of it where there is but one turn. `ids` are token ids to use instead of the tokenizer's, whose
    configuration is wrong in some of the published models. `assistant_line` takes the line breaks out of earlier replies.
    """

    bos: Bos = Bos.NONE
    head: tuple[Part, ...] = ()
    user: tuple[Part, ...] = ()
    assistant: tuple[Part, ...] = ()
    primer: tuple[Part, ...] = ()
    single: tuple[Part, ...] = ()
    assistant_line: bool = False
    ids: Mapping[str, int] = field(default_factory=dict)
    stop_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A model's way of being spoken to. `form` is None where the tokenizer's own chat template is used.

    `generation`: `max_new` and `min_new` tokens, and transformers' own names. `context` is what the model reads and writes in
    all, `input_limit` what a prompt may have (None: the model's own configuration says). `lead` are marks taken from the
    beginning of a reply, in that order; `stop` end it; `thoughts` are pairs of marks whose inside is not shown. `remote_code`
    names the release that the model's own code was written for.
    """

    name: str
    about: str = ""
    base: str = ""
    lora: bool = False
    architectures: tuple[str, ...] = ()
    dtype: str = ""
    remote_code: str = ""
    system_role: bool = False
    multi_turn: bool = False
    evidence_form: EvidenceForm = EvidenceForm.NUMBERED
    context: int | None = None
    input_limit: int | None = None
    form: Form | None = None
    template: Mapping[str, Setting] = field(default_factory=dict)
    lead: tuple[str, ...] = ()
    stop: tuple[str, ...] = ()
    thoughts: tuple[tuple[str, str], ...] = ()
    generation: Mapping[str, Setting] = field(default_factory=dict)

    def cleaner(self) -> ReplyCleaner:
        """What takes this model's marks out of one reply."""
        return ReplyCleaner(lead=self.lead, stop=self.stop, thoughts=self.thoughts)


class _TokenRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    token: str | int
    as_: str | None = Field(default=None, alias="as")


class _TextRow(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    text: str
    first: int = Field(ge=1)
    as_: str | None = Field(default=None, alias="as")


_Parts = list[str | _TokenRow | _TextRow]


class _Generation(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    max_new: int | None = Field(default=None, ge=1)
    min_new: int | None = Field(default=None, ge=0)
    do_sample: bool | None = None
    num_beams: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    top_k: int | None = Field(default=None, ge=0)
    repetition_penalty: float | None = Field(default=None, gt=0)
    seed: int | None = None


class _Row(BaseModel):
    """One entry of a preset file, as it may be written."""

    model_config = ConfigDict(extra="forbid", strict=True)
    about: str = ""
    base: str = ""
    lora: bool = False
    architectures: list[str] = []
    dtype: str = ""
    remote_code: str = ""
    system_role: bool = False
    multi_turn: bool = False
    evidence_form: str = EvidenceForm.NUMBERED.value
    context: int | None = Field(default=None, ge=1)
    input_limit: int | None = Field(default=None, ge=1)
    bos: str = Bos.NONE.value
    head: _Parts = []
    user: _Parts = []
    assistant: _Parts = []
    primer: _Parts = []
    single: _Parts = []
    assistant_line: bool = False
    ids: dict[str, int] = {}
    stop_ids: list[int] = []
    template: dict[str, Setting] = {}
    lead: list[str] = []
    stop: list[str] = []
    thoughts: list[list[str]] = []
    generation: _Generation = _Generation()


def preset_names() -> list[str]:
    """The names of the presets that the package brings, in alphabetical order."""
    return sorted(_shipped())


def preset_named(name: str) -> Preset:
    """The shipped preset of this name, or the one in the YAML file of this name (`FILE.yaml`, or `FILE.yaml#NAME`)."""
    shipped = _shipped()
    if name in shipped:
        return shipped[name]
    file, _, wanted = name.partition("#")
    if Path(file).suffix in {".yaml", ".yml"}:
        found = read_presets(Path(file))
        if not wanted and len(found) == 1:
            return next(iter(found.values()))
        if wanted in found:
            return found[wanted]
        raise ModelError(f"{file} holds the presets {', '.join(sorted(found)) or 'none'}: say which, as {file}#NAME")
    raise ModelError(f"there is no preset {name!r}: there are {', '.join(sorted(shipped))}, or a file ending in .yaml")


def read_presets(path: Path) -> dict[str, Preset]:
    """The presets of a YAML file, by name. A preset may be `like` one of the same file or of the package."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"the preset file {path} cannot be read: {error}") from error
    return _read(text, str(path), _shipped_rows())


@cache
def _shipped() -> dict[str, Preset]:
    return {name: _preset(name, row, TABLE) for name, row in _shipped_rows().items()}


@cache
def _shipped_rows() -> Mapping[str, Mapping[str, object]]:
    text = resources.files("medrag.llm").joinpath(TABLE).read_text(encoding="utf-8")
    return MappingProxyType(_rows(text, TABLE, {}))


def _read(text: str, where: str, known: Mapping[str, Mapping[str, object]]) -> dict[str, Preset]:
    return {name: _preset(name, row, where) for name, row in _rows(text, where, known).items()}


def _rows(text: str, where: str, known: Mapping[str, Mapping[str, object]]) -> dict[str, Mapping[str, object]]:
    """The entries with what they are `like` filled in."""
    import yaml

    try:
        loaded = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ModelError(f"{where} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(loaded, dict) or not all(isinstance(row, dict) for row in loaded.values()):
        raise ModelError(f"{where} must be a table of presets by name, each a table of its own")
    rows: dict[str, Mapping[str, object]] = {}
    for name, row in loaded.items():
        like = row.pop("like", None)
        base = rows.get(like, known.get(like)) if like is not None else {}
        if base is None:
            raise ModelError(f"{where}: {name} is like {like!r}, which does not stand above it")
        rows[str(name)] = {**base, **row}
    return rows


def _preset(name: str, written: Mapping[str, object], where: str) -> Preset:
    try:
        row = _Row.model_validate(written)
        evidence_form, bos = EvidenceForm(row.evidence_form), Bos(row.bos)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ModelError(f"{where}: {name}.{place}: {first['msg']}") from error
    except ValueError as error:
        raise ModelError(f"{where}: {name}: {error}") from error
    if any(len(pair) != 2 for pair in row.thoughts):
        raise ModelError(f"{where}: {name}.thoughts: each is a pair of marks, one that begins and one that ends")
    form = _form(row, bos)
    if form is not None and not any("{content}" in part.text for part in form.user):
        raise ModelError(f"{where}: {name}.user: {{content}} must stand in it, for the user's words")
    if form is not None and row.multi_turn and not any("{content}" in part.text for part in form.assistant):
        raise ModelError(f"{where}: {name}.assistant: {{content}} must stand in it, as the model reads earlier turns")
    return Preset(
        name=name,
        about=row.about,
        base=row.base,
        lora=row.lora,
        architectures=tuple(row.architectures),
        dtype=row.dtype,
        remote_code=row.remote_code,
        system_role=row.system_role,
        multi_turn=row.multi_turn,
        evidence_form=evidence_form,
        context=row.context,
        input_limit=row.input_limit,
        form=form,
        template=MappingProxyType(dict(row.template)),
        lead=tuple(row.lead),
        stop=tuple(row.stop),
        thoughts=tuple((pair[0], pair[1]) for pair in row.thoughts),
        generation=MappingProxyType(row.generation.model_dump(exclude_none=True)),
    )


def _form(row: _Row, bos: Bos) -> Form | None:
    """The form of a preset that has one; none of its parts means the tokenizer's own template."""
    if not (row.head or row.user or row.assistant or row.primer or row.single):
        return None
    return Form(
        bos=bos,
        head=_parts(row.head),
        user=_parts(row.user),
        assistant=_parts(row.assistant),
        primer=_parts(row.primer),
        single=_parts(row.single),
        assistant_line=row.assistant_line,
        ids=MappingProxyType(dict(row.ids)),
        stop_ids=tuple(row.stop_ids),
    )


def _parts(written: _Parts) -> tuple[Part, ...]:
    parts = []
    for part in written:
        if isinstance(part, str):
            parts.append(Part(text=part))
        elif isinstance(part, _TokenRow):
            parts.append(Part(token=part.token, as_text=part.as_))
        else:
            parts.append(Part(text=part.text, first=part.first, as_text=part.as_))
    return tuple(parts)
