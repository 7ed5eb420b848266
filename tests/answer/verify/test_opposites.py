"""Small words that turn a sentence round: within and after, by and to, a dose and a day, leave for what is forbidden."""

from __future__ import annotations

import time

import pytest

from medrag.answer.verify.claim import Checker, Source
from medrag.answer.verify.names import shipped_mentions
from medrag.types import Verdict

BANDS = "儿童：体重>30公斤：一日1次，一次1片（10毫克）；体重≤30公斤：一日1次，一次半片（5毫克）。"
CLEARANCE = "CrCl 30 mL/min or more: 50 mg once daily; CrCl less than 30 mL/min: 25 mg once daily."
PHASES = "10 mg taken orally twice daily for the first 7 days, followed by 5 mg taken orally twice daily."
LABEL = "对本品过敏者禁用。孕妇及哺乳期妇女慎用。18岁以下患者禁用。老年人可用。"


@pytest.fixture(scope="module")
def checker() -> Checker:
    return Checker(shipped_mentions)


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("24小时内不超过4次。", "24小时内不超过6次。"), ("开水冲服。", "冷水冲服。"), ("小剂量时安全。", "大剂量时安全。"),
        ("乳汁中可分泌少量本品。", "大量本品可分泌入乳汁。"), ("Use the lowest dose.", "Use the highest dose."),
        ("Take at the start of a meal.", "Take at the end of a meal."),
        ("Two forms of contraception must be used.", "One form of contraception must be used."),
        ("必须使用两种避孕方法。", "必须使用一种避孕方法。"), ("怀孕20周内禁用。", "怀孕20周后禁用。"), ("用药后2周内不得妊娠。", "用药2周后不得妊娠。"),
        ("停药后症状通常可逆。", "停药前症状通常可逆。"), ("剂量减少25%。", "剂量减至25%。"), ("食物可使吸收减少40%。", "食物可使吸收减少至40%。"),
        ("Reduce the dose by 25%.", "Reduce the dose to 25%."), ("不得压碎、掰开或咀嚼。", "可咀嚼。"), ("静脉滴注。不可静脉推注。", "可静脉推注。"),
        (LABEL, "17岁可以使用。"),
        ("Contraindicated in children under 12 years. Adults may use it twice daily.", "A 10-year-old child can use it."),
        ("4～6岁，一次1.5～2ml。", "4～6岁儿童一日1.5～2ml。"), ("可每周增加0.5g，逐渐加至每日2g。", "每周加至2g。"),
        ("一日0.6g，分3次服。", "一次0.6g，一日3次。"), ("Take 10 mg per day.", "Take 10 mg per dose."),
        (BANDS, "体重大于30公斤的儿童一次半片。"), (CLEARANCE, "In patients with CrCl less than 30 mL/min the dose is 50 mg once daily."),
        (PHASES, "Take 5 mg twice daily for 7 days, then 10 mg twice daily."), ("前7日一日10mg，以后一日20mg。", "前7日一日20mg，此后每日10mg。"),
    ],
)  # fmt: skip
def test_what_is_turned_round_is_flagged(checker: Checker, text: str, claim: str) -> None:
    assert checker.check(claim, [Source("[1]", text)]).verdict is not Verdict.SUPPORTED


@pytest.mark.parametrize(
    ("text", "claim"),
    [
        ("24小时不超过4次。", "24小时内不超过4次。"), ("24小时内不得超过4次。", "24小时不超过4次。"), ("将本品用开水冲服。", "用温开水冲服。"),
        ("Use the lowest effective dose.", "The lowest effective dose should be used."),
        ("Two forms of contraception must be used.", "2 forms of contraception must be used."),
        ("用药后2周内不得妊娠。", "用药后2周以内不得妊娠。"), ("停药后症状通常可逆。", "停药后症状一般可逆。"), ("剂量减少25%。", "剂量应减少25%。"),
        ("Reduce the dose by 25%.", "The dose should be reduced by 25%."), ("可静脉推注。不可肌内注射。", "可静脉推注。"), ("可嚼碎服用。", "可嚼碎。"),
        ("12岁以下儿童禁用。13岁以上可以使用。", "14岁可以使用。"),
        ("18岁以下肾功能不全患者禁用。6岁以上儿童可以使用。", "8岁儿童可以使用。"), ("每日1次，一次10mg。", "每日10mg。"),
        ("成人一次1.5～2ml，一日3次。", "成人每次1.5～2ml，一日3次。"), ("成人一日0.6g，分3次服。", "成人每日0.6g，分3次服用。"),
        ("The maximum is 4 g per day.", "Do not take more than 4 g a day."), ("本品可与食物同服。不得与酒同服。", "可与食物同服。"),
        (BANDS, "体重大于30公斤的儿童一次1片。"), (BANDS, "体重不超过30公斤的儿童一次半片。"),
        (CLEARANCE, "In patients with CrCl less than 30 mL/min the dose is 25 mg once daily."),
        (PHASES, "Take 10 mg twice daily for the first 7 days, then 5 mg twice daily."),
        (PHASES, "Take 5 mg twice daily after 7 days of 10 mg twice daily."), ("前7日一日10mg，以后一日20mg。", "前7日一日10mg，此后每日20mg。"),
    ],
)  # fmt: skip
def test_the_same_in_other_words_is_supported(checker: Checker, text: str, claim: str) -> None:
    checked = checker.check(claim, [Source("[1]", text)])
    assert checked.verdict is Verdict.SUPPORTED, checked.reasons


@pytest.mark.parametrize(("text", "claim"), [("1 2 3 mg " * 20_000, "1 " * 1_000), ("ﷺ" * 20_000, "ﷺ" * 5_000)])
def test_what_is_no_sentence_takes_no_time(checker: Checker, text: str, claim: str) -> None:
    began = time.process_time()
    assert checker.check(claim, [Source("[1]", text)]).verdict is not Verdict.SUPPORTED
    assert time.process_time() - began < 8
