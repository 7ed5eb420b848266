"""Which names are of diseases, symptoms or groups of people, told by how they end."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from medrag.ingest.mining.tables import table
from medrag.types import EntityKind

__all__ = ["is_pair_zh", "kind_of_condition_en", "kind_of_condition_zh", "population_en", "population_zh"]

# A pattern of Chinese medicine (脾胃虚弱) is neither; labels list it beside symptoms.
_KINDS = {"disease": EntityKind.DISEASE, "symptom": EntityKind.SYMPTOM, "pattern": EntityKind.SYMPTOM}
MAX_HAN, MAX_WORDS = 20, 8  # longer names are prose
MAX_BEHIND_OF = 4  # words: cancer of the urinary bladder
_PLURALS = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("oses", "osis"), ("ses", "sis"), ("s", ""))
_WHOLE_ZH = frozenset("倾向 疾病 病症 症状 疾患 病变 病 症 证 疼 热 泻 肿 胀 痒 咳 喘 痰 炎 虚 亏 疮 癣 瘤 癌 不安 不利 不止 不下 不和 不足 减少 "
                      "增多 过多 过少 升高 增高 过高 降低 过低 减退 亢进 低下 障碍 损害 损伤 失调 紊乱 不良 不全 阻塞 体质 并发症 后遗症 慢性病 "
                      "感染 炎症 不良反应 病毒 适应症 禁忌症 破损 上述症状 中毒 外感 内伤 热毒 突出 脱出 脱落 阻滞 依赖 狭窄 萎缩 变性 穿孔 征 硬化 "
                      "不尽 不畅 不通 不便 不振 不举 不固 不化 不遂 不舒 不调 不宁 失常 失禁 频繁 发作 内停 内盛 上炎 热盛 下注 缺乏 充血 "
                      "疾苦 上症 诸症 诸证 危重病 常见病 多发病 老年病 传染病 各种疾病 淋漓 淋沥 衰竭 出汗不止 性病 综合征 综合症 反应 过高者".split())  # fmt: skip
_NOT_ZH = re.compile("溶解|排出|加速|解除|禁用|慎用|忌用|出现|发展|包装|具有|杀菌|诊[断为]|诱导|因(?!子)|疗效|治疗|用药|服药|药物|作用|功能主治|说明|医生|医师|观察|结果|临床|应用|剂量|方法|检查|试验|本品|本药|患者|病人|"
                     "可能|应当?[用予]|必须|需要|如果|使用|服用|因为|所以|但是|研究|报告|监测|注意|因此|发生率|死亡率|危险性?$|^[的了是为]|"
                     "血药|浓度|清除|代谢(?![性综紊障病异])|吸收(?![不障])|效应|疗程|同时|以免|防止|避免|引起|导致|不明原因$|^[一二三四五六七八九十两]种|[%％=＞＜><]")  # fmt: skip
_POPULATION_ZH = re.compile(
    r"(?:孕妇|妊娠(?:早|中|晚|后)?期?(?:[1-3３]个月)?(?:的?妇女)?|早孕妇女|哺乳期?(?:的?妇女|者|母亲)?|授乳期?(?:妇女|妇)?|乳母|产妇|"
    r"(?:(?:小于|不足|未满|低于|[<＜])?\d+(?:[~～\-]\d+)?(?:周?岁|个月|月龄|月|周)(?:及)?(?:以[下上内])?的?)?(?:儿童|小儿|婴幼儿|婴儿|幼儿|新生儿|早产儿|少年|青少年|未成年人)|"
    r"(?:小于|不足|未满|[<＜])?\d+(?:周?岁|个月)(?:及)?以[下上内]者?|"
    r"老年人|老年|老人|老年体弱|年老体弱|体弱|年老体虚|高龄|育龄(?:期)?妇女|(?:有生育可能|可能怀孕|准备怀孕|备孕|绝经前|绝经后)的?妇女|月经期(?:妇女)?|经期妇女|妇女月经期间?|"
    r"司机|驾驶员|驾驶人员|机械操作者?|高空作业者?|运动员|过敏体质|嗜酒|酗酒|酒精中毒)者?"
)
_POPULATION_EN = re.compile(
    r"(?:pregnan(?:t (?:women|patients|woman)|cy|t)|women who are(?: or may become)? pregnant|nursing (?:mothers?|women)|breast-?\s?feeding(?: women| mothers)?|lactation|lactating women|"
    r"(?:children|infants|pediatric patients|patients|persons|individuals|neonates|adolescents)(?: and adolescents)? (?:under|younger than|less than|below|up to)(?: the age of)? \d+ (?:years|months|weeks)(?: of age| old)?|"
    r"(?:premature infants|neonates|newborns|newborn infants|infants|children|pediatric patients|the elderly|elderly patients|elderly|geriatric patients)|"
    r"women of child-?bearing (?:potential|age)|women who may become pregnant)",
    re.IGNORECASE,
)
_NOT_EN = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|may|might|can|could|will|would|should|must|does|do|did|not|no|this|that|these|those|it|they|you|your|"
    r"dose|doses|dosage|dosing|study|studies|trial|trials|tablets?|capsules?|drugs?|medication|product|treatment|therapy|use|used|using|"
    r"risk|rate|incidence|patients?|clinical|effects?|levels?|test|tests|than|from|by|who|when|which|if|because|see|section|table|encompass|implies|imply|increases?|converts?|conversion|presence|consists?|include|includes|indicated|about|between|each|per|when|while|without|other|lieu|(?:nerve|epidural|dental|caudal|sympathetic|subarachnoid|plexus|regional|field|ganglion|neuromuscular) blocks?)\b|[\d]{3}|[%=<>|]",
    re.IGNORECASE,
)
_WHOLE_EN = frozenset(
    "disease disorder syndrome infection condition illness lesion defect attack block stage attacks sensitivity tension stomach eye "
    "eyes gas foot throat breath flash spot scar bump tic mole corn cut bite sting loss abnormality complication state reaction "
    "impairment failure insufficiency dysfunction injury hypersensitivity allergy intolerance urgency frequency deficiency women woman "
    "toxicity withdrawal prolongation obstruction perforation retention depletion overload overdose swelling irritation transplantation "
    "symptom gravis mellitus erythematosus rejection stroke/mi defects urgency cold-like cavity restlessness tumor intoxication reflux trauma "
    "lice foot itch vulgaris plaque".split()
)


@cache
def _zh_endings() -> dict[str, EntityKind]:
    return {ending: _KINDS[kind] for kind, endings in table("conditions_zh.tsv") for ending in endings.split()}


@cache
def _en_heads() -> tuple[dict[str, EntityKind], tuple[tuple[str, EntityKind], ...]]:
    words: dict[str, EntityKind] = {}
    endings: list[tuple[str, EntityKind]] = []
    for kind, said in table("conditions_en.tsv"):
        for word in said.split():
            if kind in _KINDS and word.startswith("-"):
                endings.append((word[1:], _KINDS[kind]))
            elif kind in _KINDS:
                words[word] = _KINDS[kind]
    return words, tuple(endings)


# What a medicine does, not what it is for: 清热, 止咳, 祛风湿.
_EFFECT_ZH = re.compile("^(?:系|具有?|能)?(?:止(?!动)|缩尿|定|平(?!素)|镇|祛|清(?!涕)|润|散(?!光)|舒|补|益|养|健(?!忘)|敛|解(?!离)|退(?=[热烧])|除|降(?!主)|化(?!脓)|利|通|消(?![渴瘦化])|宣|疏|滋|"
                        "涩|温(?![病疟毒])|泻(?!泄)|燥湿|凉血|息|熄|逐|破(?![伤裂])|软|拔|安|调|理).{1,4}$")  # fmt: skip


def is_pair_zh(name: str) -> bool:
    """Whether a name of four characters is two names of the table: 头痛发热, 晕车晕船."""
    return len(name) == 4 and any(name[:2] in words and name[2:] in words for words in _plain())


@cache
def _plain() -> tuple[frozenset[str], ...]:
    return tuple(frozenset(endings.split()) for kind, endings in table("conditions_zh.tsv") if kind != "pattern")


@lru_cache(maxsize=8192)
def kind_of_condition_zh(name: str) -> EntityKind | None:
    """Whether a Chinese name is of a disease or a symptom; None where it is neither, a general word, or prose."""
    if not 2 <= len(name) <= MAX_HAN or name in _WHOLE_ZH or _EFFECT_ZH.match(name) or _NOT_ZH.search(name):
        return None
    endings = _zh_endings()
    for length in range(min(5, len(name)), 0, -1):
        kind = endings.get(name[-length:])
        if kind is not None:
            return kind
    return None


def kind_of_condition_en(name: str) -> EntityKind | None:
    """Whether an English name is of a disease or a symptom; None where it is neither, a general word, or prose."""
    lowered = name.lower()
    words = lowered.split()
    if not 1 <= len(words) <= MAX_WORDS or not lowered[0].isalpha() or lowered in _WHOLE_EN or _NOT_EN.search(lowered):
        return None
    heads, endings = _en_heads()
    last = words[-1]
    for word in (last, *(last.removesuffix(s) + to for s, to in _PLURALS if last.endswith(s))):
        kind = heads.get(word) or next((kind for ending, kind in endings if word.endswith(ending) and len(word) > 5), None)
        if kind is not None:
            return None if word in _WHOLE_EN and len(words) == 1 else kind
    before, of, behind = lowered.partition(" of ")
    return kind_of_condition_en(before) if of and len(behind.split()) <= MAX_BEHIND_OF else None


def population_zh(name: str) -> bool:
    """Whether a Chinese name is of a group of people (孕妇, 6岁以下儿童)."""
    return _POPULATION_ZH.fullmatch(name) is not None


def population_en(text: str) -> list[str]:
    """The groups of people that an English phrase names (pregnancy, children under 2 years of age)."""
    return [match.group() for match in _POPULATION_EN.finditer(text)]
