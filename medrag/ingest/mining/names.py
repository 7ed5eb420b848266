"""Names of medicines, classes of medicines and foods in a sentence: by tables, by how substance names end, as listed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from medrag.kb.folding import fold
from medrag.kb.names import NameFinder
from medrag.kb.prepared import EntityRef
from medrag.kb.terms import drug_ref, name_variants
from medrag.kb.terms.classes import class_names, classes_of, drug_classes
from medrag.kb.terms.shipped import rows_of, shipped_names
from medrag.kb.terms.tables import table
from medrag.types import EntityKind

__all__ = ["Named", "Own", "named_in", "own_names", "substance"]

MIN_NAME = 2
# Stems of international non-proprietary names (WHO, "The use of stems in the selection of INN"), and a few older endings.
_EN_STEMS = (
    "olol pril prilat sartan vastatin statin conazole nidazole prazole azole mycin micin cillin oxacin cycline dipine tidine setron triptan "
    "azepam azolam barbital caine curium curonium dronate fibrate gliptin gliflozin glitazone glutide grel rudin xaban gatran parin "
    "afil oxetine triptyline pramine phylline terol nisone nisolone onide trexate trexed platin rubicin taxel profen oxicam coxib "
    "zosin thiazide semide lukast tadine peridol apine piprazole idone ciclovir cyclovir navir tegravir asvir buvir vudine fovir "
    "citabine tinib zomib limus mab poetin actide tocin relin relix stigmine curine tropium bamate bital toin racetam gabine "
    "gabalin fungin penem bactam quine oquine ridol orphan vaptan pressin oprost steride rozole oxifene estrant gestrel azine "
    "fenac metasone aserin andron dralazine"
).split()
_ZH_STEMS = (
    "洛尔 沙星 他汀 普利 沙坦 地平 拉唑 替丁 霉素 西林 环素 巴比妥 西泮 唑仑 卡因 膦酸 膦酸钠 格列汀 格列净 列汀 列净 列酮 曲坦 普坦 司琼 康唑 硝唑 那韦 "
    "洛韦 福韦 替尼 单抗 肝素 沙班 西汀 米帕明 丙嗪 他滨 柔比星 比星 特罗 茶碱 洛芬 昔康 昔布 唑嗪 噻嗪 胰岛素 泼尼松 泼尼松龙 米松 的松 奈德 拉西坦 莫司 "
    "培南 巴坦 芬净 夫定 奎宁 氯喹 曲塞 铂 紫杉醇 霉唑 替林 米嗪 沙明 格雷 加群 甾酮 睾酮 贝特 噻酮 溴铵 库铵 氯铵 司特 瑞林 加压素 生长素 磺胺 "
    "双胍 脲 地那非 那非 格列本脲 苯妥英 卡马西平 西平 青霉素 头孢菌素 氟烷 麻黄碱 肾上腺素 阿托品 可待因 吗啡 格列奈 洛芬钠 沙唑 他定 拉定 苯那敏 舒必利 哌啶 鲁米特"
).split()
_ORDINARY = frozenset(
    "medicine machine routine examine determine combine decline line baseline guideline caffeine cocaine ozone alone zone none bone hormone "
    "mitochondrial cholesterol control alcohol protocol magazine gasoline azole "
    "creatine creatinine nicotine purine uridine adenine guanidine saline discipline outline online cystine alanine tyrosine cytosine pyridine iodine "
    "piperazine hydrazine quinoline vaccine antimycin statin parkinson comparison mab cort adol cef nonorphan orphan idone azine azole "
    "escort withdrawal load somatostatin benzimidazole imidazole triazole phenothiazine thiazide benzothiadiazine tadine cholecalciferol oxacin macrocycline "
    "dibenzoxazapine dibenzoxazepine agrapine phenylpiperazine dihydropyridine butyrophenone toin glucocort resort effort comfort support report short "
    "glucuronide halide amylase indinavir-associated melatonine thymidine methylxanthine".split()
)
# Measured in blood and urine, or in every solution: no medicine unless the words beside them say so.
_NOT_DRUGS = frozenset(
    "锂 钾 钠 钙 镁 铁 锌 葡萄糖 胰酶 甲状腺素 雌激素 孕激素 睾酮 儿茶酚胺 维生素 calcium sodium potassium magnesium iron zinc glucose insulin-like "
    "thyroxine testosterone progesterone estradiol norepinephrine epinephrine dopamine serotonin histamine vitamin folate oxygen "
    "肾上腺皮质激素 water 水 血管升压素 生长激素 脲 磺胺 铂 粉 乳 蛋白 乙 酶".split()
)
_EN_STEM = re.compile(rf"(?<![a-z0-9-])[a-z]{{2,}}(?:{'|'.join(sorted(_EN_STEMS, key=len, reverse=True))})(?![a-z0-9])")
_ZH_STEM = re.compile(
    r"(?:^|(?<=[、，,；;。（(）)和与或及如跟对使用将受予为致低高强少加当含：: ]))"
    rf"([A-Za-zβα一-鿿]{{1,7}}?(?:{'|'.join(sorted(_ZH_STEMS, key=len, reverse=True))}))(?=[、，,；;。（(）)和与或及等合并同联可能均也的之时是会在或能有时血]|$)"
)
_ZH_LEAD = re.compile(
    "^(?:因[而此]|故|而|与|和|或|如|及|合用|并用|长期|短期|大剂量|小剂量|使用|应用|服用|口服|静脉|注射|同时|可|将|对|其他|某些|其|使|用|时|含|包括|例如|若|当|能|接受)+"
)
_ZH_MORE = re.compile("[酐酸钠钾钙酯胺醇苷铵]{1,2}")
_ZH_BEFORE = re.compile("(?:左旋|右旋|去甲|双氢|二氢|去氧|乙酰|左|右)$")
_ZH_VERB = re.compile(
    "加速|增强|降低|增加|减少|抑制|可|将|使|与|影响|促进|引起|导致|合用|延长|拮抗|的|了|比|有|不|会|对(?!乙|氨)|为|是|于|时"
)
_OTHER = re.compile(r"(?:\bother |\banother |其[他它]的?|另[一外]种?)$")
# "The cephalosporin class of antibiotics" names one class.
_NOT_MEANT = re.compile(r" ?(?:[- ]?(?:coa\b|resistance|sensitivity|secretion|release|synthesis|levels?|concentrations? of endogenous|receptors? |metaboli[a-z]+ by|binding|"
                        r"excretion test|tolerance|requirements?|deficiency|induced|associated|like|free|withdrawal| actions?\b| effects?\b| properties\b| doses? of| class of [a-z]+)|"
                        r"(?<=中药)(?=[一-鿿](?<![、，。和及与等或同合在]))|缺乏|原(?!体)|中毒|过敏|受体|分泌|释放|水平|依赖)")  # fmt: skip
_MEASURED = re.compile(r"(?:class of|serum|plasma|blood|urinary|urine|血清?|尿|血浆|endogenous|总|内源性)[中的]? ?$")
_HAN = re.compile("[一-鿿]")


@dataclass(frozen=True, slots=True)
class Named:
    """A thing that a sentence names, and where in the sentence's folded form."""

    ref: EntityRef
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Own:
    """What a label calls its own drug: folded names, their first words, and the classes to which the drug belongs."""

    names: frozenset[str]
    firsts: frozenset[str]
    classes: frozenset[str]

    def has(self, name: str) -> bool:
        """Whether a folded name, or what it is without salt and form, is the label's drug."""
        return name in self.names or name in self.firsts or _bare_name(name) in self.names


@lru_cache(maxsize=8192)
def _bare_name(name: str) -> str:
    return name_variants(name)[-1]


_PARTED = re.compile(r"\s*(?:/|／|,|，|;|；|\+|、| and | with )\s*")


def own_names(names: Iterable[str]) -> Own:
    """The own names of a label whose drug is called so; of a combination each substance is one."""
    parts = {part for name in names for part in (name, *_PARTED.split(name))}
    own = {one for part in parts for one in name_variants(part) if len(one) >= MIN_NAME}
    classes = {spelling for name in own for one in classes_of(name) for spelling in map(fold, (*one.zh, *one.en))}
    firsts = {name.split(" ", 1)[0] for name in own if " " in name}
    return Own(frozenset(own), frozenset(firsts), frozenset(classes))


@cache
def _kinds() -> dict[str, EntityKind]:
    """The kind of every folded name that the tables know; what several call theirs is a food, a class, then a substance."""
    found = dict.fromkeys(class_names(), EntityKind.DRUG_CLASS)
    for row in table("foods.tsv"):
        found.update((fold(name), EntityKind.FOOD) for cell in row for name in cell.split("|"))
    for one in drug_classes():
        for member in one.members:
            found.setdefault(fold(member.zh), EntityKind.SUBSTANCE)
            found.setdefault(fold(member.en), EntityKind.SUBSTANCE)
    for name in shipped_names():
        if len(name) > MIN_NAME or not name.isascii():
            found.setdefault(name, EntityKind.SUBSTANCE)
    return {name: kind for name, kind in found.items() if len(name) >= MIN_NAME and name not in _NOT_DRUGS}


@cache
def _finder() -> NameFinder:
    return NameFinder(sorted(_kinds()))


def substance(name: str) -> EntityRef:
    """A medicine by a printed name."""
    return drug_ref(name)


def named_in(sentence: str, own: Own) -> list[Named]:
    """The medicines, classes and foods that a sentence names beside the label's own drug, in its order, longest of overlapping ones."""
    folded = fold(sentence)
    printed = sentence if len(folded) == len(sentence) else folded
    kinds = _kinds()
    found = [_whole(folded, start, end, kinds[folded[start:end]]) for start, end in _finder().spans(folded)]
    tabled = [(start, end) for start, end, _ in found]
    for start, end in _by_stem(folded):
        if not any(start < known_end and known_start < end for known_start, known_end in tabled):
            found.append((start, end, EntityKind.SUBSTANCE))
    found.sort(key=lambda one: (one[0], -one[1]))
    named: list[Named] = []
    last = 0
    for start, end, kind in found:
        if start < last or _is_other_use(folded, start, end, kind):
            continue
        last = end
        if not _is_own(folded, start, end, own):
            named.append(Named(_ref(printed[start:end], folded[start:end], kind), start, end))
    return named


def _whole(folded: str, start: int, end: int, kind: EntityKind) -> tuple[int, int, EntityKind]:
    """The place of a name with what makes it another substance's: 右旋糖 before 酐 is no 右旋糖."""
    if kind is EntityKind.SUBSTANCE and folded[end - 1] > "一":
        more = _ZH_MORE.match(folded, end)
        end = more.end() if more is not None else end
        before = _ZH_BEFORE.search(folded, max(0, start - 2), start)
        start = before.start() if before is not None else start
    return start, end, kind


def _by_stem(folded: str) -> Iterator[tuple[int, int]]:
    """Where words end as names of substances do."""
    for match in _EN_STEM.finditer(folded):
        if match.group() not in _ORDINARY and match.group() not in _NOT_DRUGS:
            yield match.span()
    for match in _ZH_STEM.finditer(folded) if _HAN.search(folded) else ():
        start = match.start(1) + len(match[1]) - len(_ZH_LEAD.sub("", match[1]))
        name = folded[start : match.end(1)]
        if len(name) >= MIN_NAME and name not in _NOT_DRUGS and _ZH_VERB.search(name) is None:
            yield start, match.end(1)


def _is_other_use(folded: str, start: int, end: int, kind: EntityKind) -> bool:
    """Whether the name stands in words that mean something else: serum potassium, insulin resistance."""
    return _NOT_MEANT.match(folded, end) is not None or (
        kind is not EntityKind.FOOD and _MEASURED.search(folded, max(0, start - 12), start) is not None
    )


def _is_own(folded: str, start: int, end: int, own: Own) -> bool:
    name = folded[start:end]
    spelt = class_names().get(name, "")
    if spelt and (name in own.classes or fold(spelt) in own.classes):
        return _OTHER.search(folded, max(0, start - 8), start) is None
    return own.has(name)


def _ref(printed: str, name: str, kind: EntityKind) -> EntityRef:
    if kind is EntityKind.DRUG_CLASS:
        spelt = class_names()[name]
        return EntityRef(kind, spelt if name.isascii() else printed)
    if kind is EntityKind.FOOD:
        return EntityRef(kind, printed)
    return substance(
        name
        if printed[:1].isupper() and printed[1:].islower() and not any(name in one.brands for one in rows_of(name))
        else printed
    )
