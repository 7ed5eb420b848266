"""The library's own words around what it quotes, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

from medrag.retrieve.cues import Population
from medrag.sections import SectionGroup, heading_of
from medrag.types import DocumentInfo, Section

__all__ = [
    "also_tell",
    "ambiguous",
    "beyond_labels",
    "corrected",
    "document_name",
    "fact_heading",
    "foreign_dose",
    "inverse_heading",
    "listed",
    "more_facts",
    "more_stands",
    "no_document",
    "no_dose_for",
    "no_dose_of",
    "no_interactions",
    "no_section",
    "not_compared",
    "not_for_whom",
    "not_sure",
    "nothing_relevant",
    "of_class",
    "other_doses",
    "other_form",
    "other_language",
    "outside",
    "pair_unsaid",
    "section_heading",
    "section_missing",
    "see_check",
    "support_heading",
    "titled_otherwise",
    "told_by_few",
    "unknown_drug",
    "unnamed_pair",
    "unsaid",
]


def listed(names: Sequence[str], lang: str) -> str:
    """The names in one line."""
    return ("、" if lang == "zh" else ", ").join(names)


def document_name(document: DocumentInfo) -> str:
    """The printed name of a document, with its maker where it has one."""
    return f"{document.title} ({document.maker})" if document.maker else document.title


def _named(group: SectionGroup, lang: str) -> str:
    heading = heading_of(group, lang)
    return f"【{heading}】" if lang == "zh" else heading.capitalize()


def section_heading(document: DocumentInfo, section: Section, lang: str) -> str:
    """The line above what is quoted of a section: the drug and the section's printed heading."""
    heading = section.heading.strip("【】[]〔〕:： ") or heading_of(section.group, lang)
    name = document_name(document)
    return f"{name}【{heading}】" if lang == "zh" else f"{name} — {heading}"


def support_heading(document: DocumentInfo, group: SectionGroup, lang: str) -> str:
    """The line above sentences of other sections that stand in for a missing one."""
    name = document_name(document)
    if lang == "zh":
        return f"{name}：没有单独的{_named(group, lang)}栏目，其他栏目中的相关内容："
    return f"{name} — no section of its own on {_named(group, lang).lower()}; other sections say:"


def section_missing(document: DocumentInfo, group: SectionGroup, lang: str) -> str:
    """The remark that one of several sections asked for is not in the document."""
    if lang == "zh":
        return f"（{document_name(document)}没有{_named(group, lang)}栏目。）"
    return f"({document_name(document)} has no section on {_named(group, lang).lower()}.)"


_PATIENTS = {
    Population.CHILD: ("儿童", "children"),
    Population.PREGNANT: ("孕妇", "pregnant women"),
    Population.LACTATING: ("哺乳期妇女", "nursing mothers"),
}


def _patients(who: Sequence[Population], lang: str) -> str:
    names = [_PATIENTS[population][0 if lang == "zh" else 1] for population in who if population in _PATIENTS]
    return ("或" if lang == "zh" else " or ").join(names)


def no_dose_for(document: DocumentInfo, who: Sequence[Population], lang: str) -> str:
    """The remark that a label gives no dose for the patients asked about, so that none is quoted."""
    name, patients = document_name(document), _patients(who, lang)
    if lang == "zh":
        return f"（{name}的【用法用量】没有针对{patients}的用量；其他人群的用量在此不引用。）"
    return f"({name} gives no dose for {patients}; its doses for other patients are not quoted here.)"


def no_dose_of(name: str, who: Sequence[Population], lang: str) -> str:
    """The abstention where no label of a medicine gives a dose for the patients asked about."""
    if lang == "zh":
        return f"{name}的资料中没有针对{_patients(who, lang)}的用法用量，其他人群的用量不能照搬，无法回答。"
    return (
        f"The documents of {name} give no dose for {_patients(who, lang)}, and a dose for other patients does not hold, "
        "so this cannot be answered."
    )


def not_for_whom(who: Sequence[Population], lang: str) -> str:
    """The remark that what medicines are for was quoted, which is no leave for the patients asked about."""
    if lang == "zh":
        return f"（以上只是各药治什么，没有说明{_patients(who, lang)}能否使用，不等于可以使用。）"
    return f"(This is what each is for, not whether it may be used in {_patients(who, lang)}.)"


def other_doses(lang: str) -> str:
    """The remark that a dosage section is quoted without the doses for other patients."""
    return "（该栏目中其他人群的用量未列出。）" if lang == "zh" else "(Doses for other patients are left out.)"


def corrected(written: str, name: str, lang: str) -> str:
    """The remark that a name was looked for in another spelling than the question's."""
    return f"问题中的“{written}”按“{name}”查找。" if lang == "zh" else f"“{written}” was read as “{name}”."


def titled_otherwise(written: str, title: str, lang: str) -> str:
    """The remark that no label is titled as the question calls the medicine, and whose is quoted."""
    if lang == "zh":
        return f"（知识库中没有题为“{written}”的说明书，以上引自“{title}”，剂型和规格可能不同。）"
    return f"(No label here is titled “{written}”: this is of {title}, whose form and strength may differ.)"


def ambiguous(written: str, names: Sequence[str], lang: str) -> str:
    """The abstention for a name that may be several medicines'."""
    if lang == "zh":
        which = "，也可能是".join(f"“{name}”" for name in names)
        return f"“{written}”可能是{which}，它们是不同的药，无法判断问的是哪一种，请写明药名。"
    which = " or ".join(f"“{name}”" for name in names)
    return f"“{written}” may mean {which}, which are different medicines: please write which one is meant."


def more_stands(lang: str) -> str:
    """The remark that a section was not quoted in full."""
    return "（以上为节选，该栏目还有内容未列出，请看原文。）" if lang == "zh" else "(An excerpt: more stands in this section.)"


def more_facts(left_out: int, lang: str) -> str:
    """The remark that not all facts are shown."""
    return f"（另有 {left_out} 条未列出。）" if lang == "zh" else f"({left_out} more are not shown.)"


def fact_heading(subject: str, relation: str, lang: str) -> str:
    """What leads a line of facts: whose, and which relation."""
    return f"{subject}的{relation}：" if lang == "zh" else f"{subject} — {relation}: "


def inverse_heading(name: str, relation: str, lang: str) -> str:
    """What leads a line of the subjects that stand in a relation to a thing: 症状为“头晕”的."""
    return f"{relation}为“{name}”的：" if lang == "zh" else f"With {relation} {name}: "


def unnamed_pair(first: str, second: str, lang: str) -> str:
    """The remark that neither of two labels names the other drug."""
    if lang == "zh":
        return f"资料中没有同时提到{first}和{second}的内容（不等于可以合用）。各自说明书的相关原文："
    return f"No text here names both {first} and {second}, which does not mean that they can be combined. Each label says:"


def see_check(lang: str) -> str:
    """The remark under an abstention, or a pair that no text names, that the medication check found something to say."""
    if lang == "zh":
        return "（用药检查在说明书中查到了与此有关的内容，请以检查结果为准。）"
    return "(The medication check did find statements in labels on this: go by its result.)"


def pair_unsaid(of: str, other: str, lang: str) -> str:
    """The remark that nothing was found in the documents of a drug that names the other; those of other makers may."""
    if lang == "zh":
        return f"（所查{of}的资料没有提到{other}。）"
    return f"(Nothing that names {other} was found in the documents of {of}.)"


def no_interactions(name: str, lang: str) -> str:
    """The remark that the documents of a drug say nothing on taking it with others."""
    return (
        f"（{name}的资料没有相互作用的内容。）" if lang == "zh" else f"(The documents of {name} say nothing on interactions.)"
    )


def unsaid(words: Sequence[str], together: bool, lang: str) -> str:
    """The remark that what is quoted does not speak of what was asked, which is no leave to take it `together`."""
    if lang == "zh":
        return f"（以上原文没有提到“{listed(words, lang)}”{'，不等于可以同用' if together else ''}。）"
    return f"(None of this mentions “{listed(words, lang)}”{', which does not mean that it is safe' if together else ''}.)"


def other_language(lang: str) -> str:
    """The remark that the documents quoted are in the other language."""
    if lang == "zh":
        return "（知识库中只有英文说明书，以上为其原文。）"
    return "(Only documents in Chinese were found; these are their own words.)"


def not_compared(lang: str) -> str:
    """The remark above what the labels of several drugs say each: they do not compare."""
    return "（资料不作优劣比较，以下是各自的原文。）" if lang == "zh" else "(Labels do not compare; each one says:)"


def also_tell(document: DocumentInfo, group: SectionGroup, lang: str) -> str:
    """The line above what other sections of a label say, beside the section of that group."""
    name = document_name(document)
    if lang == "zh":
        return f"{name}的其他栏目中提到的{_named(group, lang)}："
    return f"{name} — other sections that tell of {_named(group, lang).lower()}:"


def no_document(names: Sequence[str], lang: str) -> str:
    """The remark above what is said of a medicine that has no document of its own."""
    if lang == "zh":
        return f"知识库中没有“{listed(names, lang)}”的说明书；以下只是其他资料中提到它的内容，不足以判断能否使用。"
    return f"The knowledge base has no label of “{listed(names, lang)}”; this is only what other sources say of it."


def unknown_drug(names: Sequence[str], near: Sequence[str], lang: str) -> str:
    """The abstention for a medicine that the knowledge base does not have."""
    if lang == "zh":
        hint = f"名称相近的有：{listed(near, lang)}。" if near else ""
        return f"知识库中没有“{listed(names, lang)}”的资料，无法回答。{hint}"
    hint = f" Names that look alike: {listed(near, lang)}." if near else ""
    return f"The knowledge base has nothing on “{listed(names, lang)}”, so this cannot be answered.{hint}"


def no_section(name: str, asked: Sequence[SectionGroup], there: Sequence[str], lang: str) -> str:
    """The abstention for a section that the documents of the drug do not have."""
    if lang == "zh":
        wanted = "".join(_named(group, lang) for group in asked) or "所问内容"
        has = f"已有的栏目：{listed(there, lang)}。" if there else ""
        return f"{name}的资料中没有{wanted}的内容，无法回答。{has}"
    wanted = listed([_named(group, lang).lower() for group in asked], lang) or "what was asked"
    has = f" Its sections: {listed(there, lang)}." if there else ""
    return f"The documents of {name} say nothing on {wanted}, so this cannot be answered.{has}"


def foreign_dose(name: str, lang: str) -> str:
    """The abstention for a dose that only labels in the other language give."""
    if lang == "zh":
        return f"知识库中只有{name}的英文说明书，其剂型和规格可能与您问的不同，用法用量不能照搬，因此不作回答。"
    return (
        f"Only Chinese documents of {name} are here; forms and strengths may differ from those you ask about, so their dose is "
        "not given."
    )


def not_sure(name: str, there: Sequence[str], lang: str) -> str:
    """The abstention where the documents of the drug may or may not answer, and it is not sure enough that they do."""
    if lang == "zh":
        has = f"已有的栏目：{listed(there, lang)}。" if there else ""
        return f"在{name}的资料中没有找到能确切回答这个问题的内容，因此不作回答。{has}"
    has = f" Its sections: {listed(there, lang)}." if there else ""
    return f"Nothing in the documents of {name} surely answers this question, so it is left unanswered.{has}"


def other_form(asked: str, there: Sequence[str], lang: str) -> str:
    """The abstention for a dose that only labels of other dosage forms give."""
    if lang == "zh":
        return f"知识库中没有{asked}的说明书，只有{listed(there, lang)}；剂型不同，说明书的内容不能照搬，因此不作回答。"
    return (
        f"There is no label of {asked} here, only of {listed(there, lang)}, and what the label of one form says, the dose "
        "above all, does not hold for another."
    )


def outside(lang: str) -> str:
    """The friendly word on a question that has nothing to do with medicine."""
    if lang == "zh":
        return "您好，我只能根据知识库回答药品和疾病方面的问题，这个问题帮不上忙；如果您问的是某种药，请写出它的名称。"
    return (
        "Hello, I can only answer questions about medicines and diseases from the knowledge base, so I cannot help with this "
        "one; if you mean a medicine, please write its name."
    )


def beyond_labels(name: str, lang: str) -> str:
    """The abstention for what no label tells: the price, who pays, where it is sold, which is the better one, an outlook."""
    if lang == "zh":
        return f"说明书不写价格、医保、购买渠道、品牌好坏或预后之类的内容，{name}的这个问题无法从知识库回答；可向药店、医院药房或医生询问。"
    return (
        f"Labels do not tell prices, coverage, where a medicine is sold, which brand is better or how an illness will end, "
        f"so this about {name} cannot be answered: a pharmacist or a doctor can."
    )


def told_by_few(name: str, lang: str) -> str:
    """The abstention for a point that few labels speak of, and none of this medicine."""
    if lang == "zh":
        return f"知识库中{name}的说明书没有提到这一点，无法据此回答；可向药师或医生询问。"
    return f"No label of {name} in the knowledge base speaks of this, so it cannot be answered from there: a pharmacist or a doctor can."


def of_class(lang: str) -> str:
    """The abstention for a question about a class of medicines."""
    if lang == "zh":
        return "知识库中是各个药品的说明书，没有关于一类药的总的说明，无法一概而论；请写出具体的药名。"
    return (
        "The knowledge base holds labels of single medicines and none of a class of them: please write which medicine is meant."
    )


def nothing_relevant(looked_for: Sequence[str], lang: str) -> str:
    """The abstention where nothing that was found answers the question."""
    if lang == "zh":
        looked = f"（查找了：{listed(looked_for, lang)}）" if looked_for else ""
        return f"知识库中没有找到能回答这个问题的内容{looked}。"
    looked = f" (looked for: {listed(looked_for, lang)})" if looked_for else ""
    return f"The knowledge base has nothing that answers this question{looked}."
