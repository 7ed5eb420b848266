"""What a Chinese text says: by lists, causes, turned parts and other wordings, and above all what it does not say."""

from __future__ import annotations

import pytest

from medrag.evaluate.indication_words import clauses, kinds_of, one_wording
from medrag.evaluate.saying import Way, said


@pytest.mark.parametrize(
    ("text", "term", "way"),
    [
        ("用于治疗胃、十二指肠溃疡。", "十二指肠溃疡", Way.LITERALLY),
        ("用于治疗胃、十二指肠溃疡。", "胃溃疡", Way.LIST),
        ("用于胃及十二指肠溃疡。", "胃溃疡", Way.LIST),
        ("骨关节炎急性期和慢性期的症状", "骨关节炎慢性期", Way.LIST),
        ("急、慢性荨麻疹", "急性荨麻疹", Way.LIST),
        ("轻至中度高血压", "轻度高血压", Way.LIST),
        ("轻中度高血压", "轻度高血压", Way.LIST),
        ("心、肝、肾功能不全", "心功能不全", Way.LIST),
        ("心、肝、肾功能不全", "肝功能不全", Way.LIST),
        ("甲、乙型肝炎", "甲型肝炎", Way.LIST),
        ("ⅡA、ⅡB型高脂血症", "ⅡA型高脂血症", Way.LIST),
        ("细菌、病毒性结膜炎", "细菌性结膜炎", Way.LIST),
        ("原发性或继发性闭经", "原发性闭经", Way.LIST),
        ("维生素A和D缺乏症", "维生素D缺乏症", Way.LIST),
        ("低钾、低钠血症", "低钾血症", Way.LIST),
        ("皮肤软组织感染", "皮肤感染", Way.LIST),
        ("骨和关节感染", "骨关节感染", Way.LIST),
        ("晚期乳腺癌和前列腺癌", "晚期前列腺癌", Way.LIST),
        ("乳腺癌和前列腺癌的骨转移", "乳腺癌骨转移", Way.LIST),
        ("化疗、放疗引起的恶心、呕吐", "放疗引起的呕吐", Way.LIST),
        ("术后恶心和呕吐", "术后呕吐", Way.LIST),
        ("普通感冒或流行性感冒引起的发热", "普通感冒引起的发热", Way.LIST),
        ("肺及肺外结核", "肺结核", Way.LIST),
        ("心、肾、肝源性水肿", "心源性水肿", Way.LIST),
        ("早、中期帕金森病", "早期帕金森病", Way.LIST),
        ("肠道和肠外阿米巴病", "肠道阿米巴病", Way.LIST),
        ("家族性、老年性和特发性震颤", "家族性震颤", Way.LIST),
        ("药物引起的肝损害", "药物性肝损害", Way.WORDING),
        ("普通感冒或流行性感冒引起的发热", "普通感冒发热", Way.CAUSE),
        ("葡萄球菌属、链球菌属及厌氧菌等所致的呼吸道、腹腔感染", "链球菌属感染", Way.CAUSE),
        ("远处转移的肝细胞癌", "肝细胞癌远处转移", Way.TURNED),
        ("高血压（轻、中度）", "轻度高血压", Way.TURNED),
        ("慢性支气管炎急性发作", "急性发作的慢性支气管炎", Way.TURNED),
        ("与其他药物联合治疗人类免疫缺陷病毒（HIV-1）", "HIV-1感染", Way.GERM),
        ("多囊卵巢综合征", "多囊性卵巢综合征", Way.WORDING),
        ("更年期综合症", "更年期综合征", Way.WORDING),
        ("骨质疏松、骨折", "骨质疏松症", Way.WORDING),
        ("甲亢", "甲状腺功能亢进症", Way.WORDING),
        ("慢性粒细胞白血病的慢性期", "慢性粒细胞白血病慢性期", Way.WORDING),
        ("寻常型银屑病", "寻常性银屑病", Way.WORDING),
        ("二型糖尿病", "2型糖尿病", Way.WORDING),
        ("单纯疱疹病毒感染", "单纯性疱疹病毒感染", Way.WORDING),
    ],
)
def test_what_a_text_says_is_found_and_how(text: str, term: str, way: Way) -> None:
    found = said(text, term)
    assert found is not None and found.way is way


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("高血压、糖尿病肾病", "高血压肾病"),
        ("糖尿病、高血压肾病", "糖尿病肾病"),
        ("慢性支气管炎、肺炎", "慢性肺炎"),
        ("急性支气管炎和肺炎", "急性肺炎"),
        ("急性肝炎和肾衰竭", "急性肾衰竭"),
        ("原发性高血压和高脂血症", "原发性高脂血症"),
        ("发热、肺部感染", "发热感染"),
        ("咳嗽、头痛发热", "咳嗽发热"),
        ("咳嗽、哮喘", "咳嗽性哮喘"),
        ("小肠、胃溃疡", "肠溃疡"),
        ("白喉、扁桃体炎", "喉炎"),
        ("胃炎、肠溃疡", "胃溃疡"),
        ("支气管炎、肺炎、肺结核", "支气管结核"),
        ("肾炎、肝硬化水肿", "肾水肿"),
        ("角膜结膜炎", "膜性结膜炎"),
        ("鼻咽癌", "鼻癌"),
        ("急性黄疸性肝炎", "急黄"),
        ("肺之热", "肺热"),
        ("流行性感冒", "普通感冒"),
        ("流感", "感冒"),
        ("心源性哮喘", "支气管哮喘"),
        ("肺动脉高压", "高血压病"),
        ("过敏性和接触性皮炎", "过敏性接触性皮炎"),
        ("经血、阴道不规则出血，经期错后", "经期出血"),
        ("有远处转移的肾上腺皮质癌", "肾上腺转移"),
        ("心脏神经官能症", "心脏神经症"),
        ("不适用于急、慢性荨麻疹", "急性荨麻疹"),
        ("急、慢性荨麻疹患者禁用", "急性荨麻疹"),
        ("偶见恶心，急、慢性荨麻疹", "急性荨麻疹"),
        ("心肾衰弱", "肾衰竭"),
        ("伴有焦虑症状", "焦虑障碍"),
        ("升高血压", "高血压病"),
        ("预防手术后的血栓形成", "预防性手术"),
        ("性神经衰弱", "神经衰弱症"),
        ("体外试验对葡萄球菌有抑制作用", "葡萄球菌感染"),
        ("变质的药品性状改变", "变性"),
        ("提高机体免疫力", "免疫性"),
        ("在医师指导下使用", "医和"),
        ("软组织损伤", "其他损伤"),
        ("用于血友病乙（Christmas病）", "AS"),
        ("与Ara-C合用", "RA"),
        ("单纯疱疹病毒性角膜炎", "单纯性疱疹"),
        ("高血压危象", "高血压病"),
        ("对普通型和高血压型有效", "高血压病"),
        ("用于偏头痛", "头部疼痛"),
        ("症见咳嗽哮喘", "咳嗽性哮喘"),
        ("但有并发脑梗死的危险", "脑梗塞"),
        ("", "胃溃疡"),
        ("胃溃疡", " "),
    ],
)
def test_what_a_text_does_not_say_is_not_found(text: str, term: str) -> None:
    assert said(text, term) is None


def test_the_sentence_that_says_a_term_is_kept_to_be_read() -> None:
    found = said("本品用于成人。用于急、慢性荨麻疹。", "急性荨麻疹")
    assert found is not None and found.sentence == "用于急、慢性荨麻疹"


def test_one_wording_keeps_words_that_only_look_like_joins() -> None:
    assert one_wording("健脾和胃，累及心脏与肾") == "健脾和胃,累及心脏和肾"
    assert clauses("一、胃炎；二、肠炎。\n三") == ["一、胃炎".replace("一", "1"), "2、肠炎", "三"]
    assert "site" in kinds_of("十二指肠") and "organism" in kinds_of("金黄色葡萄球菌") and not kinds_of("高血压")
