"""Facts mined from sections: what is stated, of what kind, by which words, and what is left alone."""

from __future__ import annotations

import time

import pytest

from medrag.ingest.canonical import CanonicalText
from medrag.ingest.mining import mined
from medrag.ingest.mining.mine import MAX_FACTS, MAX_SECTION_FACTS
from medrag.kb.prepared import EntityRef, Statement
from medrag.kb.terms import drug_ref
from medrag.types import Document, DocumentKind, EntityKind
from tests.making import label


def facts(drug: str, heading: str, body: str, *, lang: str = "zh", code: str = "") -> list[Statement]:
    """What is mined from a label with that one section."""
    text = CanonicalText(drug)
    text.section(heading, body, code=code)
    document = Document(source="s", key="k", title=drug, lang=lang, text=text.text(), sections=tuple(text.sections))
    found = list(mined(document, (drug_ref(drug),)))
    assert all(fact.subject == drug_ref(drug) for fact in found)
    assert all(document.text[fact.start : fact.end].strip() for fact in found)
    return found


def said(drug: str, heading: str, body: str, *, lang: str = "zh", code: str = "") -> set[str]:
    return {f"{f.relation} {f.object.name}" for f in facts(drug, heading, body, lang=lang, code=code)}


def indicated(body: str, *, lang: str = "zh") -> list[str]:
    return [
        f.object.name
        for f in facts("甲药" if lang == "zh" else "examplamide", "适应症" if lang == "zh" else "Indications", body, lang=lang)
    ]


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("用于胃、十二指肠溃疡。", ["胃溃疡", "十二指肠溃疡"]),
        ("用于急、慢性支气管炎及肺炎。", ["急性支气管炎", "慢性支气管炎", "肺炎"]),
        ("治疗急慢性肾炎。", ["急性肾炎", "慢性肾炎"]),
        ("用于上、下呼吸道感染。", ["上呼吸道感染", "下呼吸道感染"]),
        ("用于轻度至中度高血压患者的治疗。", ["高血压"]),
        ("适用于支气管哮喘的预防和长期治疗。", ["支气管哮喘"]),
        ("用于感冒引起的头痛、鼻塞。", ["头痛", "鼻塞"]),
        ("用于慢性胃炎等疾病的辅助治疗。", ["慢性胃炎"]),
        ("1.痛风。2.类风湿关节炎（活动期）。", ["痛风", "类风湿关节炎"]),
        ("用于头痛发热，咳嗽。", ["头痛", "发热", "咳嗽"]),
        ("本品不适用于细菌性痢疾。", []),
        ("对病毒性感冒无效。", []),
        ("清热解毒，祛风止痛。", []),
        ("参见乙药。", []),
        ("用于治疗各种原因不明而又迁延多年反复发作且难以用其他办法对付的那一类慢性疾病。", []),
    ],
)
def test_chinese_indications_are_listed_one_by_one(body: str, names: list[str]) -> None:
    assert indicated(body) == names


@pytest.mark.parametrize(
    ("body", "names"),
    [
        ("Examplamide is indicated for the treatment of hypertension.", ["hypertension"]),
        ("For acute and chronic bronchitis.", ["acute bronchitis", "chronic bronchitis"]),
        ("Indicated as an adjunct to diet and exercise to improve glycemic control in adults with type 2 diabetes mellitus.", ["type 2 diabetes mellitus"]),
        ("Indicated for the relief of mild to moderate pain [see Clinical Studies (14)].", ["pain"]),
        ("Indicated for the treatment of patients with heart failure or angina.", ["heart failure", "angina"]),
        ("For upper and lower respiratory tract infections due to susceptible bacteria.", ["upper respiratory tract infections", "lower respiratory tract infections"]),
        ("Temporarily relieves:\n- headache\n- nasal congestion", ["headache", "nasal congestion"]),
        ("Examplamide is not indicated for the treatment of migraine.", []),
        ("Efficacy in epilepsy has not been established.", []),
    ],
)  # fmt: skip
def test_english_indications_are_listed_one_by_one(body: str, names: list[str]) -> None:
    assert indicated(body, lang="en") == names


def test_contraindications_and_cautions_keep_apart_in_one_sentence() -> None:
    assert said("甲药", "禁忌", "对本品过敏者、严重肝、肾功能不全者禁用，孕妇及青光眼患者慎用。") == {
        "contraindication 过敏",
        "contraindication 严重肝功能不全",
        "contraindication 严重肾功能不全",
        "caution 孕妇",
        "caution 青光眼",
    }


def test_a_list_behind_a_word_belongs_to_it_up_to_the_next_item() -> None:
    body = "1.慎用：(1)哮喘患者。(2)6岁以下儿童。2.服药期间可能头痛。"
    found = {fact.object.name: fact for fact in facts("甲药", "注意事项", body)}
    assert set(found) == {"哮喘", "6岁以下儿童"}
    assert {fact.relation for fact in found.values()} == {"caution"}
    assert found["6岁以下儿童"].object.kind is EntityKind.THING


def test_precautions_without_a_word_that_forbids_state_nothing() -> None:
    assert said("甲药", "注意事项", "服药后如出现头痛、皮疹，应停药并到医院就诊。") == set()


def test_english_contraindications_name_conditions_people_allergies_and_medicines() -> None:
    body = (
        "Examplamide is contraindicated in patients with:\n- Severe hepatic impairment\n- Known hypersensitivity to other sulfonamides\n"
        "- Pregnancy\nConcomitant use with pimozide is contraindicated."
    )
    assert said("examplamide", "Contraindications", body, lang="en") == {
        "contraindication severe hepatic impairment",
        "contraindication hypersensitivity to sulfonamide",
        "contraindication pregnancy",
        "not_combined_with pimozide",
    }


@pytest.mark.parametrize("body", ["None.", "There are no known contraindications.", "尚不明确。", "无特殊禁忌。"])
def test_no_contraindications_are_none(body: str) -> None:
    lang = "en" if body.isascii() else "zh"
    assert said("examplamide", "Contraindications" if lang == "en" else "禁忌", body, lang=lang) == set()


def test_warnings_in_english_state_what_they_say_with_caution_only() -> None:
    body = "Dizziness may occur. Use with caution in patients with impaired renal or hepatic function.\nFatal stroke has been reported."
    assert said("examplamide", "Warnings", body, lang="en") == {"caution renal impairment", "caution hepatic impairment"}


def test_over_the_counter_headings_make_their_lists_cautions_and_interactions() -> None:
    assert said(
        "examplamide", "Ask a doctor before use if you have", "- liver disease\n- glaucoma", lang="en", code="50569-3"
    ) == {
        "caution liver disease",
        "caution glaucoma",
    }
    assert said(
        "examplamide", "Ask a doctor or pharmacist before use", "taking the drug warfarin", lang="en", code="50568-5"
    ) == {"interacts_with warfarin"}


def test_chinese_interactions_are_found_by_table_by_ending_and_by_place() -> None:
    body = "与华法林、格列甲脲、怪名酮合用可增强作用。与单胺氧化酶抑制剂合用可致血压升高，故禁止合用。与地高辛无相互作用。"
    assert said("甲药", "药物相互作用", body) == {
        "interacts_with 华法林",
        "interacts_with 格列甲脲",
        "interacts_with 怪名酮",
        "not_combined_with 单胺氧化酶抑制剂",
    }


def test_english_interactions_know_classes_foods_and_names_in_lists() -> None:
    body = (
        "Strong CYP3A4 inhibitors (such as ketoconazole, novelazole, and itraconazole) and grapefruit juice increase exposure. "
        "Avoid concomitant use with MAOIs. Examplamide had no effect on digoxin. Serum potassium may rise."
    )
    found = {fact.object.name: fact for fact in facts("examplamide", "Drug Interactions", body, lang="en")}
    kinds = {name: (fact.relation, fact.object.kind) for name, fact in found.items()}
    assert kinds == {
        "strong CYP3A4 inhibitor": ("interacts_with", EntityKind.DRUG_CLASS),
        "ketoconazole": ("interacts_with", EntityKind.SUBSTANCE),
        "novelazole": ("interacts_with", EntityKind.SUBSTANCE),
        "itraconazole": ("interacts_with", EntityKind.SUBSTANCE),
        "grapefruit juice": ("interacts_with", EntityKind.FOOD),
        "MAOI": ("not_combined_with", EntityKind.DRUG_CLASS),
    }


def test_a_label_states_nothing_about_its_own_drug_or_class() -> None:
    body = "Propranolol and other beta-blockers add up. Beta-blockers raise the levels of lidocaine."
    assert said("propranolol hydrochloride tablets", "Drug Interactions", body, lang="en") == {
        "interacts_with beta-blocker",  # other ones
        "interacts_with lidocaine",
    }
    assert said("盐酸普萘洛尔片", "药物相互作用", "普萘洛尔与利多卡因合用，后者浓度升高。") == {"interacts_with 利多卡因"}


def test_a_longer_name_of_another_substance_is_not_cut() -> None:
    assert said("甲药", "药物相互作用", "与右旋糖酐、普鲁卡因胺合用时应注意。") == {
        "interacts_with 右旋糖酐",
        "interacts_with 普鲁卡因胺",
    }


def test_food_and_drink_to_leave_alone_are_interactions() -> None:
    assert said("甲丸", "注意事项", "服药期间忌烟、酒及辛辣食物。不宜和感冒类药同时服用。") == {
        "interacts_with 烟",
        "interacts_with 酒",
        "interacts_with 辛辣食物",
        "not_combined_with 感冒类药",
    }


def test_the_span_is_the_whole_sentence_that_says_it() -> None:
    prepared = label("甲片", {"适应症": "用于痛风。治疗高血压。"})
    spans = {f.object.name: prepared.document.text[f.start : f.end] for f in prepared.statements if f.relation == "indication"}
    assert spans == {"痛风": "用于痛风。", "高血压": "治疗高血压。"}


def test_a_fact_is_stated_once_and_sections_are_capped() -> None:
    many = "、".join(f"{chr(0x4E00 + i)}{chr(0x5000 + i)}炎" for i in range(3 * MAX_SECTION_FACTS))
    found = facts("甲药", "适应症", "\n".join(f"用于{part}炎。" for part in many.split("炎、")))
    assert len(found) == MAX_SECTION_FACTS
    assert len({fact.object.id for fact in found}) == len(found)
    assert MAX_SECTION_FACTS < MAX_FACTS


def test_records_and_labels_without_a_drug_state_nothing() -> None:
    text = CanonicalText("甲")
    text.section("适应症", "用于痛风。")
    document = Document(source="s", key="k", title="甲", lang="zh", text=text.text(), sections=tuple(text.sections))
    disease = EntityRef(EntityKind.DISEASE, "痛风")
    assert mined(document, (disease,)) == ()
    assert mined(document.model_copy(update={"kind": DocumentKind.RECORD}), (drug_ref("甲药"),)) == ()
    assert mined(document.model_copy(update={"lang": "da"}), (drug_ref("甲药"),)) == ()


@pytest.mark.parametrize(
    "piece", ["患者", "的", "与华法林", "禁用", "（", "、", "patients with ", "due to ", "such as ", "avoid ", "a, "]
)
@pytest.mark.parametrize("heading", ["适应症", "禁忌", "注意事项", "药物相互作用"])
def test_hostile_text_takes_no_time(piece: str, heading: str) -> None:
    started = time.process_time()
    for lang in ("zh", "en"):
        facts("甲药", heading, piece * 20_000, lang=lang)
    assert time.process_time() - started < 2.0  # seconds; it is some hundredths
