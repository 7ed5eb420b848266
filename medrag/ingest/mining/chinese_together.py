"""Rules for Chinese labels: medicines, classes and foods that a label names beside its own drug, and what must not be combined."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.ingest.mining.conditions import kind_of_condition_zh, population_zh
from medrag.ingest.mining.names import Named, Own, named_in, substance
from medrag.ingest.mining.said import INTERACTION, NOT_COMBINED, Said
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.sentences import sentences
from medrag.types import EntityKind

__all__ = ["forbidden_together", "interactions"]

_USE = r"(?:合用|并用|同用|同服|联用|伍用|配伍|联合|合并|同时|混合|混用|并服|一起|饮用?|喝|食用|服用|应用|使用|给药|接种|注射|吃|滴注|联合应用)"
_TOGETHER = re.compile(
    r"合用|并用|同用|同服|联用|伍用|配伍|联合应用|联合使用|合并使用|合并应用|同时|混合|混用|并服|一起|共用|接受"
)
_NEVER = re.compile(
    rf"(?:禁止|禁忌|严禁|不宜|不应|不得|不可|不能(?!排除|耐受|除外)|不要|避免(?!产生|发生|出现|引起)|切勿|勿|禁(?=与|和|同|饮|酒)|忌(?=与|和|同|饮|酒|烟|食)|不推荐|不主张|必须停用).{{0,30}}?{_USE}|"
    rf"{_USE}.{{0,6}}(?:禁忌|禁止|应禁|属禁|为禁)|配伍禁忌|(?:禁|忌)(?:食|酒|烟)|忌(?:生冷|辛辣|油腻|烟|酒)|禁(?:忌)?合用|(?:不宜|避免|禁止)[^，。]{{0,6}}(?:合用|联用|并用|同用)"
)
_ALLOWED = re.compile(
    r"^同|尚不明确|参见|参照|未见|无(?:明显|显著|临床)?(?:的)?(?:药物)?(?:间的?)?(?:药[代动]学)?相互作用|没有(?:协同|相互|影响|发现|明显)|未发现|不影响|无影响|不受.{0,8}影响|"
    r"无明显影响|影响不大|不发生|不会(?:升高|影响|发生|改变|产生)|无需调整|不必调整|较为?安全|可以?同时服用|未进行|尚无|暂无|不详|不存在|无此(?:作用|相互)|有别于|如与其他药物同时|咨询医师"
)
_MEASURED = re.compile(r"试验|检测|测定|假阳性|假阴性|诊断|化验|干扰.{0,6}检")
_PARENTHESIS = re.compile(r"[（(]([^（()）]*)[)）]")
_LIST = re.compile(
    r"(?:与|和|同|跟|及|合用|并用|接受|服用|使用)(?P<list>[^，。；;：:（(]{2,160}?)(?:等[^，。；;]{0,10}?)?(?:之间)?(?:同时|一起|联合|合并|混合|长期|短期|共同|先后)*(?:合用|并用|同用|同服|联用|伍用|配伍|服用|使用|应用|给药|混合|并服|治疗)"
)
_HEAD = re.compile(r"^(?P<list>[^，。；;：:]{2,60}?)(?:等[^，。；;]{0,8}?)?(?:可能|可以?|能够?|会|与本|与之|均|都)(?!与|和)")
_ONE_CHARACTER = re.compile("(?<=[忌戒禁饮喝、及和与])[烟酒茶](?=[、，,。；及和或与同]|$)")  # too short for the table of foods
_AND = re.compile(r"[、/／]|以及|(?<!不)和|及|与|或")
_LEAD = re.compile(
    r"^(?:其[他它]|某些|各种|各类|多种|任何|一些|类似|含有?|大量|中药|大剂量|小剂量|口服|静脉|注射|高剂量|长期|短期|强效|本[品药]|其|的|等|可|如|例如|包括|这些|与|和|同|药物|常规|另一?种|部分|所有|有)+"
)
_TRAIL = re.compile(r"(?:等|者|时|同时|治疗|的药物?|之类|合用|并用|同用|联合|患者|的|(?<!抑)制剂的?|一起)+$")
_NOT_NAME = re.compile(
    r"本[品药]|接受|效果|减量|功$|两药|^故|^当|联用|放射|热带|上述|避免|大面积|体征|口服|肠道|密切|监控|下$|药效|作用|疗效|毒性|血药|浓度|代谢|吸收|排泄|清除|剂量|不良|反应|合用|可能|增[加强高]|降低|减[少弱低]|导致|引起|影响|血压|血糖|血钾|"
    r"后者|前者|两者|二者|患者|医[师生]|危险|风险|时间|溶液|使用|服用|应用|注意|治疗|其他|手术|食物|饮食|药物$|给予|必须|需要|发生|出现|减慢|延长|抑制$|机制|心率|肝|肾|[0-9]{2}|[,.。]|^[的了是为被]|同时|间隔|必要|"
    r"一般|某|这|它|机体|血清|细胞|活性|不|无|若|则|因|应|监测|调整|谨慎|疾病|感染|症$|病$|炎$|药时|均|亦|可|能|会|使|致|对|有|由|据|经|在|者|个|次|小时|天"
)
_CLASS_END = re.compile(r"(?:药|药物|剂|类|制剂|抗生素|激素|疫苗|盐|碱)$")
MAX_NAME = 10
MAX_UNIT = 2000  # characters; a longer sentence is none


def interactions(body: str, own: Own) -> Iterator[Said]:
    """What a section on interactions says the drug interacts with, and what it must not be combined with."""
    for start, end in sentences(body):
        if end - start > MAX_UNIT:
            continue
        for part in re.split(r"[。；;]", body[start:end]):
            if _ALLOWED.search(part) or _MEASURED.search(part):
                continue
            for relation, ref in _related(part, own, listed=True):
                yield Said(relation, ref, start, end)


def forbidden_together(body: str, own: Own) -> Iterator[Said]:
    """What sentences outside that section forbid beside the drug: 忌烟酒, 不宜和感冒药同服, 禁止与A合用."""
    if _NEVER.search(body) is None:
        return
    for start, end in sentences(body):
        if end - start > MAX_UNIT:
            continue
        for part in re.split(r"[。；;]", body[start:end]):
            if _NEVER.search(part) is None or _ALLOWED.search(part):
                continue
            for relation, ref in _related(part, own, listed=False):
                if ref.kind is EntityKind.FOOD or (relation == NOT_COMBINED and _TOGETHER.search(part) is not None):
                    yield Said(relation, ref, start, end)


def _related(part: str, own: Own, *, listed: bool) -> Iterator[tuple[str, EntityRef]]:
    """The things that a part of a sentence names, each with its relation; what stands by 禁止合用 is not to be combined.

    Where the clause with the prohibition names nothing (故禁止合用), it is about the clauses before it.
    """
    clauses = re.split(r"[，,]", part)
    found = [_things(clause, own, listed=listed) for clause in clauses]
    forbidden = [_NEVER.search(clause) is not None for clause in clauses]
    for at, refs in enumerate(found):
        later = next((i for i in range(at + 1, len(clauses)) if forbidden[i] or (found[i] and i > at)), None)
        never = forbidden[at] or (later is not None and forbidden[later] and not found[later])
        if not listed and not never:
            continue
        for ref in refs:
            yield (NOT_COMBINED if never and ref.kind is not EntityKind.FOOD else INTERACTION), ref


def _things(clause: str, own: Own, *, listed: bool) -> list[EntityRef]:
    """The medicines, classes and foods that a clause names: by table and ending, then by their place in a list."""
    named = named_in(clause, own)
    found = {fold(one.ref.name): one.ref for one in named}
    bare = _PARENTHESIS.sub("", clause)
    for match in _ONE_CHARACTER.finditer(bare):
        found.setdefault(match[0], EntityRef(EntityKind.FOOD, match[0]))
    matches = [match["list"] for match in _LIST.finditer(bare)]
    head = _HEAD.match(bare) if listed and named else None
    for text in (*matches, head["list"] if head else ""):
        for piece in _AND.split(text):
            ref = _listed(piece, own, named)
            if ref is not None:
                found.setdefault(fold(ref.name), ref)
    return list(found.values())


def _listed(piece: str, own: Own, named: list[Named]) -> EntityRef | None:
    """What a piece of a list names where neither table nor ending tells; None where it is known already or no name."""
    name = _TRAIL.sub("", _LEAD.sub("", piece.strip(" “”·")))
    norm = fold(name)
    if (
        not 2 <= len(norm) <= MAX_NAME
        or _NOT_NAME.search(name)
        or own.has(norm)
        or any(one in norm or norm in one for one in (fold(known.ref.name) for known in named))
    ):
        return None
    if kind_of_condition_zh(name) is not None or population_zh(name) or not re.search("[一-鿿]", name):
        return None
    return EntityRef(EntityKind.DRUG_CLASS, name) if _CLASS_END.search(name) else substance(name)
