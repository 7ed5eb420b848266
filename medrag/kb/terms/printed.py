"""Names: what a drug's printed name says about its substance, salt and form, and which entity a name means."""

from __future__ import annotations

import re
from functools import lru_cache

from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.patterns import regex
from medrag.types import EntityKind

__all__ = ["drug_lineage", "drug_ref", "name_variants"]

# Longest first where one ends in another; from the dosage-form list of the Chinese pharmacopoeia, general notices.
_ZH_FORMS = (
    "口腔崩解片 肠溶缓释片 肠溶胶囊 肠溶微丸胶囊 肠溶软胶囊 缓释胶囊 控释胶囊 控释片 缓释片 肠溶片 分散片 咀嚼片 泡腾片 含片 舌下片 薄膜衣片 糖衣片 "
    "双层片 多层片 阴道片 阴道泡腾片 口含片 软胶囊 硬胶囊 微丸胶囊 胶囊剂 胶囊 干混悬剂 混悬液 混悬剂 混悬滴剂 口服混悬液 口服溶液剂 口服溶液 口服液 口服乳 "
    "口服滴剂 泡腾颗粒 缓释颗粒 肠溶颗粒 颗粒剂 颗粒 冲剂 糖浆剂 糖浆 滴眼液 滴眼剂 眼用凝胶 眼膏 眼药水 滴鼻液 滴鼻剂 滴耳液 滴耳剂 鼻喷雾剂 "
    "鼻喷剂 喷鼻剂 吸入粉雾剂 粉吸入剂 吸入气雾剂 吸入溶液 气雾剂 粉雾剂 喷雾剂 雾化液 乳膏剂 乳膏 软膏剂 软膏 乳胶剂 凝胶剂 凝胶 凝胶膏 贴膏 贴剂 贴片 透皮贴剂 "
    "搽剂 洗剂 溶液剂 酊剂 栓剂 栓 阴道栓 注射用浓溶液 注射液 注射剂 粉针剂 粉针 大输液 滴丸 大蜜丸 水蜜丸 浓缩丸 水丸 蜜丸 丸剂 丸 片剂 片 散剂 散 胶丸 合剂 "
    "酒 膏 乳剂 甘油剂 涂剂 涂膜剂 膜 滴剂 液"
)
_FORMS = sorted(_ZH_FORMS.split(), key=len, reverse=True)
# Salts as prefixes; they are stripped for looking up, never for merging.
_ZH_SALTS = sorted(
    "盐酸 硫酸 磷酸 硝酸 醋酸 枸橼酸 酒石酸 重酒石酸 马来酸 富马酸 苯磺酸 甲磺酸 甲苯磺酸 对甲苯磺酸 氢溴酸 琥珀酸 乳酸 葡萄糖酸 硫酸氢 磷酸氢 双水杨酸 "
    "苹果酸 草酸 丙酸 双丙酸 戊酸 二丙酸 糠酸 棕榈酸 烟酸 门冬氨酸 乳糖酸 依托红 琥乙 碳酸 碳酸氢 氢碘酸 三硅酸 亚叶酸 右旋糖酐 双羟萘酸 对氨基水杨酸 天门冬氨酸 匹伐".split(),
    key=len,
    reverse=True,
)
_ZH_METALS = tuple("锂 钙 镁 钠 钾 锌 铁 亚铁 铝 铋 钡 铜 银 氢钠 铵".split())  # 碳酸锂 is no salt of 锂
_ZH_CATIONS = ("钠", "钾", "钙", "镁")  # 华法林钠, 阿托伐他汀钙; but not 氯化钠, nor 葡萄糖酸钙
_ZH_ANIONS = {"碳酸氢", "磷酸氢", "葡萄糖酸", "枸橼酸", "硫代硫酸", "磷酸二氢"}
_EN_FORM = regex(
    r"[\s,]+(?:(?:extended|delayed|immediate|modified|sustained)[- ]release|film[- ]coated|chewable|orally disintegrating|"
    r"effervescent|dispersible|enteric[- ]coated|coated|sublingual|oral|topical|ophthalmic|otic|nasal|rectal|vaginal|injectable|"
    r"for injection|for oral suspension|for oral solution|dry|hard|soft|"
    r"tablets?|capsules?|solution|suspension|syrup|elixir|injection|cream|ointment|gel|lotion|spray|drops?|powder|granules|"
    r"patch|suppositor(?:y|ies)|aerosol|inhal(?:ation|er)|inhalant|liquid|kit|film|foam|shampoo|emulsion|metered|concentrate|usp|er|xr|sr|dr|xl|odt)\.?$"
)
_EN_SALT = regex(
    r"\s+(?:hydrochloride|dihydrochloride|hcl|hydrobromide|sulfate|sulphate|bisulfate|phosphate|maleate|fumarate|tartrate|bitartrate|"
    r"succinate|mesylate|mesilate|besylate|besilate|tosylate|citrate|acetate|sodium|potassium|calcium|magnesium|disodium|"
    r"nitrate|bromide|chloride|lactate|gluconate|malate|pamoate|propionate|dipropionate|furoate|valerate|medoxomil|axetil|"
    r"proxetil|cilexetil|mofetil|monohydrate|dihydrate|trihydrate|anhydrous|hemihydrate)$"
)
_EN_ALONE = {
    "sodium",
    "potassium",
    "calcium",
    "magnesium",
    "lithium",
    "zinc",
    "ferrous",
    "barium",
    "aluminum",
    "ammonium",
    "iron",
    "silver",
}

MAX_NAME_CHARS = 300  # the longest combinations of American labels have some 200


def name_variants(name: str) -> list[str]:
    """A drug's folded printed name and what it is called without form, then without salt: most specific first."""
    return list(_variants(name)) if len(name) <= MAX_NAME_CHARS else [fold(name)]


@lru_cache(maxsize=8_192)  # a question asks the same names, those of its labels, dozens of times
def _variants(name: str) -> tuple[str, ...]:
    folded = fold(name)
    if len(folded) > MAX_NAME_CHARS:
        return (folded,)  # prose, whose forms are nobody's; and stripping them one by one would take its square
    variants = [folded]
    bare = _without_form(folded)
    if bare != folded:
        variants.append(bare)
    base = _without_salt(bare)
    if base != bare:
        variants.append(base)
    return tuple(variants)


def _without_form(folded: str) -> str:
    if re.search("[一-鿿]", folded):
        body = re.sub(r"^(?:注射用|外用|口服|小儿(?=[^一-鿿]))", "", folded)
        for form in _FORMS:
            rest = body.removesuffix(form)
            if rest != body and len(rest) >= 2 and _stands_alone(rest):
                return rest.strip()
        return body if len(body) >= 2 else folded
    before = ""
    while before != folded:
        before, folded = folded, _EN_FORM.sub("", folded)
    return folded


def _stands_alone(rest: str) -> bool:
    # 六味地黄 is still what people say for 六味地黄丸, but 藿香正气 minus one more character is nobody's name.
    return len(rest) >= 2 and not rest.endswith(("复方", "小儿"))


def _without_salt(bare: str) -> str:
    if not re.search("[一-鿿]", bare):
        before = ""
        while before != bare:
            before = bare
            rest = _EN_SALT.sub("", bare)
            if rest != bare and rest not in _EN_ALONE:
                bare = rest
        return bare
    for salt in _ZH_SALTS:
        rest = bare.removeprefix(salt)
        if rest != bare and len(rest) >= 2 and not rest.startswith(_ZH_METALS):
            bare = rest
            break
    for metal in _ZH_CATIONS:
        rest = bare.removesuffix(metal)
        if rest != bare and len(rest) >= 3 and not rest.endswith("化") and rest not in _ZH_ANIONS:
            return rest
    return bare


def drug_ref(name: str) -> EntityRef:
    """The entity that a drug's printed name means: a preparation where it names a form or salt, else a substance."""
    kind = EntityKind.SUBSTANCE if len(name_variants(name)) == 1 else EntityKind.PREPARATION
    return EntityRef(kind, name.strip())


def drug_lineage(name: str) -> list[EntityRef]:
    """The drug and what it is a form of: [盐酸普萘洛尔片, 盐酸普萘洛尔, 普萘洛尔], the last a substance."""
    variants = name_variants(name)
    refs = [drug_ref(name)]
    for at, variant in enumerate(variants[1:], start=2):
        kind = EntityKind.SUBSTANCE if at == len(variants) else EntityKind.PREPARATION
        refs.append(EntityRef(kind, variant))
    return refs
