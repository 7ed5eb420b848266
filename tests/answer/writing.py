"""An answer as a model writes it: a claim that is contradicted, one that holds, and one with an invented mark."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.sections import SectionGroup
from medrag.types import (
    Answer,
    Citation,
    Claim,
    Dangling,
    DocumentInfo,
    Notice,
    NoticeKind,
    Section,
    Support,
    Verdict,
    Writing,
    digest,
)

__all__ = ["LABEL", "written"]

LABEL = "用法用量\n成人一次1片，一日2次。\n\n禁忌\n\n孕妇禁用。"
TEXT = "安平片成人一日3次[1]。孕妇禁用[2]。儿童可用[9]。"
CLAIMS = (
    Claim(
        text="安平片成人一日3次[1]。", start=0, end=13, citations=("[1]",), verdict=Verdict.CONTRADICTED,
        reasons=("资料写“一日2次”，回答写“一日3次”",),
    ),
    Claim(
        text="孕妇禁用[2]。", start=13, end=21, citations=("[2]",), verdict=Verdict.SUPPORTED,
        support=(Support(marker="[2]", start=23, end=28),),
    ),
    Claim(text="儿童可用[9]。", start=21, end=29, citations=(), verdict=Verdict.UNSUPPORTED),
)  # fmt: skip


def cited(marker: str, heading: str, start: int, end: int) -> Citation:
    """A citation of the label."""
    document = DocumentInfo(
        source="labels",
        key="A1",
        version=1,
        effective="2021-03-04",
        title="安平片",
        maker="东方药厂",
        lang="zh",
        reader="jsonl/3",
    )
    section = Section(index=0, code="34068-7", group=SectionGroup.DOSAGE, heading=heading, start=start, end=end)
    quote = LABEL[start:end]
    return Citation(marker=marker, document=document, section=section, start=start, end=end, quote=quote, sha256=digest(quote))


def written(
    text: str = TEXT,
    claims: Sequence[Claim] = CLAIMS,
    dangling: Sequence[tuple[int, int]] = ((25, 28),),
    citations: Sequence[Citation] | None = None,
) -> Answer:
    """The answer."""
    return Answer(
        question="安平片怎么吃？",
        text=text,
        confidence=0.75,
        citations=tuple(citations or (cited("[1]", "用法用量", 5, 17), cited("[2]", "禁忌", 23, 28))),
        claims=tuple(claims),
        dangling=tuple(Dangling(text=text[start:end], start=start, end=end) for start, end in dangling),
        notices=(Notice(kind=NoticeKind.DOCTOR, text="请遵医嘱。"),),
        writing=Writing(
            model="scripted", lang="zh", policy="flag", k=10, prompt_sha256="0" * 64, generation={"temperature": 0.3}
        ),
    )
