"""Prompt templates of one's own: what may stand in them, and that filling them looks at no value twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from medrag.answer.prompt.templates import PLACEHOLDERS, Template, read_template, template_from_text
from medrag.answer.prompt.wording import built_in
from medrag.errors import ProfileError
from medrag.llm.messages import EvidenceForm

VALUES = {name: f"<{name}>" for name in PLACEHOLDERS}


def test_placeholders_are_filled_in_one_pass() -> None:
    template = Template(user="{question}|{evidence}|{{evidence}}|{ not one }|{}")
    values = {**VALUES, "question": "{evidence} {{x}} \\1", "evidence": "{question}"}
    assert template.filled_user(values) == "{evidence} {{x}} \\1|{question}|{evidence}|{ not one }|{}"


@pytest.mark.parametrize(
    ("user", "system", "message"),
    [
        (
            "{evidence} {question} {context}",
            "",
            r"unknown placeholder \{context\}: there are \{evidence\}, \{history\}.*; \{context\} is \{evidence\} here",
        ),
        ("{question}", "", r"must hold \{evidence\} once, and holds it 0 times"),
        ("{evidence}{evidence}{question}", "", r"must hold \{evidence\} once, and holds it 2 times"),
        ("{evidence}", "{rules}", r"must hold \{question\} once"),
        ("{evidence}{question}", "{evidence}", r"\{evidence\} belongs into the user part"),
        ("{evidence}{question}", "{rule}", r"unknown placeholder \{rule\}"),
        ("{{evidence}} {question}", "", r"must hold \{evidence\} once"),
    ],
)
def test_unknown_missing_and_repeated_placeholders_are_errors(user: str, system: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        Template(user=user, system=system, name="mine")


def test_a_text_is_the_message_that_asks() -> None:
    assert template_from_text("资料：{evidence}\n问：{question}\n") == Template(user="资料：{evidence}\n问：{question}")


def test_yaml_has_a_user_and_a_system_part(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("system: |\n  {rules}\nuser: |\n  {evidence}\n  {question}\n", encoding="utf-8")
    assert read_template(file) == Template(system="{rules}", user="{evidence}\n{question}", name="mine.yaml")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("user: |\n  {evidence} {question}\ncontext: x\n", "may have `system` and `name`; it has: context, user"),
        ("system: x\n", "must have `user`"),
        ("user: [a, b]\n", "user must be text"),
        ("user: {evidence} {question}\n", "mine"),  # a mapping in braces, to YAML
        ("- user: x\nuser: y\n", "no YAML"),
    ],
)
def test_yaml_of_another_shape_is_an_error(text: str, message: str) -> None:
    with pytest.raises(ProfileError, match=message):
        template_from_text(text, name="mine")


def test_a_file_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"gone\.yaml cannot be read as a template"):
        read_template(tmp_path / "gone.yaml")
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe{")
    with pytest.raises(ProfileError, match="cannot be read"):
        read_template(tmp_path / "bad.txt")


@pytest.mark.parametrize("form", list(EvidenceForm))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_built_in_templates_hold_all_that_they_must(form: EvidenceForm, lang: str) -> None:
    template = built_in(form, lang)
    assert all(template.has(name) for name in ("evidence", "question", "rules", "history"))
