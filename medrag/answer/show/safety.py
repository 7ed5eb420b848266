"""A medication check as it is shown: the lines of a report for a terminal, for Markdown and for HTML."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape

from medrag.answer.rows import described
from medrag.answer.show.inert import escaped
from medrag.answer.show.words import document_name, short
from medrag.kb.terms.classes import class_named
from medrag.kb.terms.foods import food_named
from medrag.types import Checked, Citation, Coverage, Finding, FindingKind, SafetyReport, Severity, Stated

__all__ = ["safety_html", "safety_lines", "safety_markdown"]

_SEVERITIES: dict[Severity, tuple[str, str]] = {
    Severity.CONTRAINDICATED: ("禁忌", "contraindicated"),
    Severity.AVOID: ("避免", "avoid"),
    Severity.CAUTION: ("慎用", "caution"),
    Severity.MONITOR: ("监测或调整", "monitor or adjust"),
    Severity.NOTED: ("提示", "noted"),
}
_KINDS: dict[FindingKind, tuple[str, str]] = {
    FindingKind.BOXED_WARNING: ("黑框警告", "boxed warning"),
    FindingKind.INTERACTION: ("相互作用", "interaction"),
    FindingKind.HERBS: ("中药配伍禁忌", "herbs kept apart"),
    FindingKind.DUPLICATE: ("重复用药", "duplicate"),
    FindingKind.DOSE: ("剂量", "dose"),
    FindingKind.ALLERGY: ("过敏", "allergy"),
    FindingKind.DISEASE: ("疾病", "condition"),
    FindingKind.AGE: ("年龄", "age"),
    FindingKind.PREGNANCY: ("妊娠", "pregnancy"),
    FindingKind.LACTATION: ("哺乳", "breast-feeding"),
    FindingKind.RENAL: ("肾功能", "kidneys"),
    FindingKind.HEPATIC: ("肝功能", "liver"),
    FindingKind.FOOD: ("饮食", "food and drink"),
}
_STATUS = {
    "prescription": ("处方药", "prescription only"),
    "otc": ("非处方药", "over the counter"),
    "both": ("有的品种为处方药，有的为非处方药", "some products on prescription only, others over the counter"),
}
_NONE = (
    "说明书中没有找到针对所列药品和患者的警示（这不等于安全）",
    "the labels say nothing against this list for this patient (which is no proof of safety)",
)
_CONFLICT = ("（各说明书说法不一）", " (labels disagree)")
_COVERAGE: dict[Coverage, tuple[str, str]] = {
    Coverage.NOTHING: ("说明书都在，未提及", "labels read, nothing said"),
    Coverage.PARTLY: ("只有一方的说明书，未提及", "only one has a label to say it, which says nothing"),
    Coverage.NOT_COVERED: ("知识库未覆盖，无法判断", "not covered by the knowledge base"),
}


def safety_lines(report: SafetyReport, lang: str | None = None) -> list[str]:
    """The report line by line for a terminal: what speaks against the list, worst first, then what could not be checked."""
    return list(_lines(report, lang or report.lang, lambda text: text, "  "))


def safety_markdown(report: SafetyReport, lang: str | None = None) -> str:
    """The report as Markdown; what labels print is data and stays inert."""
    return "\n".join(_lines(report, lang or report.lang, escaped, "> ", bold=("**", "**"), item="- "))


def safety_html(report: SafetyReport, lang: str | None = None) -> str:
    """The report as a list of HTML."""
    use = lang or report.lang
    rows = []
    for finding in _shown(report):
        said = "".join(f"<blockquote>{escape(_quoted(one, use))}</blockquote>" for one in finding.stated)
        rows.append(f'<li class="finding {finding.severity.value}"><strong>{escape(_head(finding, use))}</strong>{said}</li>')
    notes = "".join(f"<p>{escape(note)}</p>" for note in (*_silent(report, use), *report.notes))
    return f'<section class="safety"><ul>{"".join(rows)}</ul>{notes}</section>'


def _lines(
    report: SafetyReport,
    lang: str,
    clean: Callable[[str], str],
    indent: str,
    *,
    bold: tuple[str, str] = ("", ""),
    item: str = "",
) -> Iterator[str]:
    if not report.findings:
        yield _NONE[_of(lang)]
    for finding in _shown(report):
        yield f"{item}{bold[0]}{clean(_head(finding, lang))}{bold[1]}"
        for one in finding.stated:
            yield f"{indent}{clean(_quoted(one, lang))}"
    for medicine in report.medicines:
        status = _STATUS.get(medicine.status)
        if status is not None:
            yield f"{item}{clean(medicine.name)}: {status[_of(lang)]}"
    for line in (*_silent(report, lang), *report.notes):
        yield f"{item}! {clean(line)}"


def _shown(report: SafetyReport) -> Iterator[Finding]:
    """The findings, of a medicine and a food of the list once: as the pair that was asked about."""
    pairs = {
        (name, food.zh[0])
        for finding in report.findings
        if finding.kind is FindingKind.INTERACTION
        for name in finding.medicines
        for other in finding.medicines
        if (food := food_named(other)) is not None
    }
    for finding in report.findings:
        food = food_named(finding.about) if finding.kind is FindingKind.FOOD else None
        if food is None or (finding.medicines[0], food.zh[0]) not in pairs:
            yield finding


def _head(finding: Finding, lang: str) -> str:
    at = _of(lang)
    about = f"（{finding.about}）" if finding.about and lang == "zh" else f" ({finding.about})" if finding.about else ""
    reason = f": {finding.reason}" if finding.reason else ""
    medicines = " + ".join(finding.medicines)
    conflict = _CONFLICT[at] if finding.conflict else ""
    return f"[{_SEVERITIES[finding.severity][at]}] {_KINDS[finding.kind][at]}: {medicines}{about}{conflict}{reason}"


def _quoted(one: Stated, lang: str) -> str:
    section = one.citation.section
    place = document_name(one.citation.document) + (f" › {section.heading}" if section is not None and section.heading else "")
    via = f"［{_class(one.via, lang)}］" if one.via and lang == "zh" else f" [{_class(one.via, lang)}]" if one.via else ""
    return f"{_SEVERITIES[one.severity][_of(lang)]}{via} “{short(_words(one.citation))}” ({place})"


def _words(citation: Citation) -> str:
    """The words of a citation as a reader wants them: of a graph's row those that describe the fact."""
    spans = described(citation.fact, citation.quote) if citation.fact is not None else []
    return " · ".join(citation.quote[start:end] for start, end in spans) or citation.quote


def _class(via: str, lang: str) -> str:
    """A class by its usual name in the language; what is no class of the table stays as it is."""
    known = class_named(via)
    return via if known is None else (known.zh if lang == "zh" else known.en)[0]


def _silent(report: SafetyReport, lang: str) -> list[str]:
    """What was checked without a finding, by what that means."""
    at = _of(lang)
    lines = []
    for coverage, words in _COVERAGE.items():
        pairs = [_named(one, lang) for one in report.checked if one.coverage is coverage]
        if pairs:
            lines.append(f"{words[at]}: " + ("；" if lang == "zh" else "; ").join(pairs))
    return lines


def _named(one: Checked, lang: str) -> str:
    medicines = " + ".join(one.medicines)
    if one.kind is FindingKind.INTERACTION:
        return medicines
    kind = _KINDS[one.kind][_of(lang)]
    return f"{medicines} / {kind}" + (f" {one.about}" if one.about else "")


def _of(lang: str) -> int:
    return 0 if lang == "zh" else 1
