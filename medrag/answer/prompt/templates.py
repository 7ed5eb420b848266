"""Prompt templates: the built-in ones and users' own, with placeholders that are filled in one pass."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from medrag.errors import ProfileError
from medrag.patterns import regex

__all__ = ["PLACEHOLDERS", "Template", "read_template", "template_from_text"]

PLACEHOLDERS = ("evidence", "history", "question", "refusal", "rules")
REQUIRED = ("evidence", "question")

# What other systems' templates call them.
_ELSEWHERE = {
    "context": "evidence", "context_str": "evidence", "documents": "evidence", "chat_history": "history",
    "query": "question", "query_str": "question", "instruction": "question",
}  # fmt: skip

_PLACEHOLDER = regex(r"\{\{|\}\}|\{([A-Za-z_]\w*)\}")
_BRACES = {"{{": "{", "}}": "}"}


@dataclass(frozen=True, slots=True)
class Template:
    """The layout of a prompt: what stands in its system message, if any, and in the message that asks.

    `{evidence}` and `{question}` must stand in it once each, in `user`; `{history}`, `{rules}` and `{refusal}` may; `{{`
    and `}}` are braces. A model without a system role gets `system` at the beginning of the message that asks. Without
    `{history}` earlier turns are shown only to models that read them as messages.
    Raises `ProfileError` for unknown, missing and repeated placeholders.
    """

    user: str
    system: str = ""
    name: str = "own"

    def __post_init__(self) -> None:
        found = [name for text in (self.system, self.user) for name in _names(text)]
        unknown = sorted(set(found) - set(PLACEHOLDERS))
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        if unknown:
            named = ", ".join(f"{{{name}}}" for name in unknown)
            hints = "".join(f"; {{{name}}} is {{{_ELSEWHERE[name]}}} here" for name in unknown if name in _ELSEWHERE)
            raise ProfileError(
                f"template {self.name!r}: unknown placeholder {named}: there are {known}{hints}; write other braces doubled"
            )
        for name in REQUIRED:
            if (count := _names(self.user).count(name)) != 1:
                raise ProfileError(
                    f"template {self.name!r}: its user part must hold {{{name}}} once, and holds it {count} times"
                )
            if name in _names(self.system):
                raise ProfileError(f"template {self.name!r}: {{{name}}} belongs into the user part, not the system part")

    def filled_system(self, values: Mapping[str, str]) -> str:
        """The system part with the values in their places; what a value holds is not looked at again."""
        return _filled(self.system, values)

    def filled_user(self, values: Mapping[str, str]) -> str:
        """The user part with the values in their places; what a value holds is not looked at again."""
        return _filled(self.user, values)

    def has(self, name: str) -> bool:
        """Whether a placeholder stands in it."""
        return name in _names(self.system) or name in _names(self.user)


def _names(text: str) -> list[str]:
    return [match[1] for match in _PLACEHOLDER.finditer(text) if match[1]]


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values[match[1]] if match[1] else _BRACES[match[0]], text)


def template_from_text(text: str, *, name: str = "own") -> Template:
    """The template in a text: YAML with `user` and perhaps `system`, else the text of the message that asks.

    Raises `ProfileError` for YAML that holds anything else.
    """
    if re.search(r"^(?:user|system)\s*:", text, re.MULTILINE) is None:
        return Template(user=text.strip("\n"), name=name)
    fields = _yaml(text, name)
    if not set(fields) <= {"user", "system", "name"} or "user" not in fields:
        seen = ", ".join(sorted(map(str, fields)))
        raise ProfileError(f"template {name!r} must have `user` and may have `system` and `name`; it has: {seen}")
    wrong = next((key for key, value in fields.items() if not isinstance(value, str)), None)
    if wrong is not None:
        raise ProfileError(f"template {name!r}: {wrong} must be text; write it behind `{wrong}: |`")
    return Template(**{"name": name, **{str(key): str(value).rstrip("\n") for key, value in fields.items()}})


def _yaml(text: str, name: str) -> dict[object, object]:
    import yaml

    try:
        fields = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProfileError(f"template {name!r} is no YAML: {error}") from None
    if not isinstance(fields, dict):
        raise ProfileError(f"template {name!r} must be a mapping with `user`, and is a {type(fields).__name__}")
    return fields


def read_template(path: Path) -> Template:
    """The template in a file. Raises `ProfileError` where it cannot be read or is none."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProfileError(f"{path} cannot be read as a template: {error}") from None
    return template_from_text(text, name=path.name)
