"""The relations of the graph that a question asks for, by the words in which people ask."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from medrag.kb.folding import fold
from medrag.kb.relations import ALIAS, RELATIONS, relation_of
from medrag.patterns import regex
from medrag.types import EntityKind

__all__ = ["asked_relations"]

_HAN = regex("[一-鿿]+$")
_HOW = r"(?:怎么样?|如何|怎样|咋样?)"
_WHICH = r"(?:什么|啥|哪些|哪种|哪类|哪几种|何种?)"
_LONG = r"(?:多久|多长(?:的?时间)?|多少(?:天|日|周|个?月|年|时间)|几(?:天|日|周|个?星期|个?月|年)|什么时[候间]|何时|哪天)"
_WELL = r"(?:治[好愈]|医好|看好|根治|痊愈|康复|恢复|断根|除根|[变见]?好)"

# Patterns match folded text; where two overlap, the longer match counts ("吃什么药" is no question about food).
_ASKED: tuple[tuple[str, str], ...] = (
    (
        "department",
        rf"科室|[挂看去]+(?:的?(?:是|是不是|[哪什么个一]+))?(?:些)?科|什么科|哪个科|哪科|挂号|挂[哪什么个]+号|门诊|诊室"
        rf"|(?:[看找]|挂)(?:{_WHICH}|哪位|哪个|哪科|谁)(?:科?的?)?(?:医生|大夫|专家)?|(?:哪个|哪科|什么)(?:科?的?)(?:医生|大夫|专家)|归哪"
        r"|which (?:department|clinic|specialist|doctor)|what (?:kind|type) of doctor",
    ),
    (
        "has_symptom",
        rf"症状|症候|临床表现|表现|[征前预先]兆|体征|征[象候]|特征|迹象|信号|(?:有啥|什么|哪些)感觉|不舒服|难受|不适|{_WHICH}样的?(?!药)|什么样子"
        r"|[有哪些什么啥样的]{1,4}反应|发病时|发作(?:起来|时|的时候)|会?[疼痛痒晕](?:不[疼痛痒晕])?(?:吗|么|嘛|$)"
        rf"|得了?.{{1,30}}会(?:怎么?样|咋样)|{_HOW}(?:知道|判断|看出|发现|辨别|识别)|symptoms?\b|\bsigns? of|how do i know if",
    ),
    (
        "check",
        rf"检查|筛查|检验|检测|化验|抽血|验血|验尿|拍(?:个|张)?片|做(?:个)?(?:b超|彩超|ct|核磁|胃镜|肠镜|心电图)|(?:需要|要|得|该|先)查|查(?:些|一?点)?{_WHICH}|(?:{_HOW}|怎么?样?才能)(?:去|来)?(?:确诊|诊断|查)"
        rf"|确诊|诊断|查.{{1,30}}做{_WHICH}|{_WHICH}项目|哪几项|(?:what|which) (?:tests?|exams?|examinations?)|diagnosed",
    ),
    (
        "treated_with",
        rf"[吃服用喝涂擦抹打买开]+(?:些|一?点)?(?:儿)?{_WHICH}(?:药|西药|中药|中成药|药膏|针)物?|{_WHICH}(?:特效|好的?|对症的?)?药(?!物?相互)|用药|药物治疗|治疗药|药物(?:有哪些|推荐|$)|常用药|特效药|对症的?药|良药"
        r"|治疗?(?!什么|啥|哪|何).{1,30}的(?:\w{1,4})?药|(?:what|which) (?:drugs?|medicines?|medications?|pills?)|medications? for|drugs? for|medicines? for",
    ),
    (
        "therapy",
        rf"{_HOW}(?:才能|去|来|进行)?(?:治疗?|医治?|处理|救治|办)|怎么办|咋办|[治疗]?疗法|治疗(?:的)?(?:方[法式案]|办法|手段|措施|途径)|{_WHICH}(?:好的?)?(?:办法|方法|法子)|治疗(?:好|吗|$)"
        r"|手术|开刀|动刀|保守治疗|住院治疗|医治|应对|how (?:is|are|to|do you|can i) (?:\w+ ){0,4}?treat\w*|treatments?\b|therap(?:y|ies)",
    ),
    (
        "complication",
        rf"并发症|并发|后遗症|合并(?:{_WHICH}|症|别的|其他|其它)|伴[随发]|后果|危害|拖[久延着]|出(?:什么|啥|大|别的)?问题|癌变|恶变|(?:不|没)(?:及时|早点?)?治疗?(?:的话)?(?:会|有)?(?:怎么?样|{_WHICH})|(?:会|能|变|转|发展|演变|恶化|转化)+成"
        rf"|(?:引[起发]|导致|造成|诱发|带来|得|发生|出现)(?:{_WHICH}|别的|其[他它]的?|另外的?)(?:别的|其[他它]的?)?(?:疾?病|问题|毛病|$|[?？])|complications?",
    ),
    (
        "indication",
        r"适应[症证]|适应病症|主治|治什么|治啥|治疗(?:什么|哪些)|有什么用|作用是什么|功效|用于什么|used (?:for|to treat)|indicat(?:ion|ions|ed)|what does \w+ treat",
    ),
    (
        "contraindication",
        r"禁忌|禁用|不能[吃用服]|谁不能|哪些人不能|contraindicat\w+|who (?:should|must) not|should not (?:take|use)",
    ),
    ("caution", r"慎用|注意什么|注意事项|precautions?|cautions?"),
    (
        "interacts_with",
        r"相互作用|同服|同吃|同时[吃服用]+|一起[吃服用]+|合用|混[吃用]|能和|能跟|可以和|可以跟|interact\w*|take .{1,40} (?:together )?with|together with|combin\w+",
    ),
    ("adverse_reaction", r"不良反应|副作用|副反应|side effects?|adverse (?:reactions?|effects?|events?)"),
    (
        "body_part",
        rf"部位|{_WHICH}(?:地方|器官|脏器|位置)|哪个(?:地方|器官|脏器|位置|部位)|(?:身体|身上|体内|人体)的?哪|哪[里儿](?:[疼痛痒]|的?(?:毛病|问题)|出)|[长在]+哪|累及|which part of the body|where in the body",
    ),
    ("has_ingredient", r"成[份分]|组成|含有什么|含什么|配方|ingredients?|contains?\b|made of"),
    (
        "belongs_to_class",
        r"属于(?:什么|哪)[类种]|什么类|哪类药|分类|药品类型|处方药|非处方|\botc\b|drug class|what (?:class|kind|type) of (?:drug|medicine)",
    ),
    ("prevention", r"预防|怎么避免|如何避免|prevent\w*"),
    ("cause", r"病因|原因|为什么会|怎么引起|怎么得的|什么引起|由什么|causes?\b|caused by|why do"),
    ("related_disease", r"相关疾病|相关的病|related diseases?"),
    ("differential", r"鉴别|differential"),
    (
        "susceptible_group",
        rf"易[感发患]|好发|高发|多发(?!性)|多见|常见于|(?:{_WHICH}|哪类|哪种)(?:样的?)?(?:人群?|人)(?:比较|更|最)?(?:容?易|会得?|爱|要小心|要注意|得的?多)|(?<![适禁忌慎合用])人群|(?:什么|哪些|哪类|哪种)(?:样的|体质的)?人(?!不|能|可以|该|用|吃|服)|谁(?:比较|更|最)?容?易"
        rf"|(?:多大|{_WHICH})(?:的)?(?:年[纪龄]|岁数)|哪个年龄|年龄段|发病年龄|(?:才|就|都)(?:会|容易)得|(?:孩子?|儿童|宝宝|婴儿|老人|老年人|[年中][轻年]人|大人|男[人性]|女[人性]|孕妇)(?:会不会|也?会|容?易|能|可能)(?:得|患|有)"
        rf"|(?:得|患)的?(?:人|病人)?(?:群)?(?:一般|大多|通常)?是(?:{_WHICH}|谁)|who (?:gets|is at risk)|at risk",
    ),
    ("transmission", r"传染|传播|传(?:给|上|人|不传)|过人|染上|接触.{0,30}(?:得|染)|contagious|infectious|transmi\w+|\bspread"),
    ("incidence", r"发病率|患病率|患病比例|得病的?[概几]率|incidence|prevalence|how common"),
    ("prognosis", r"预后|能活多久|死亡率|生存率|prognosis|survival"),
    (
        "cure_rate",
        rf"治愈率|(?:{_WELL}的?)?(?:成功率|[概几]率|可能性?|希望|把握)(?:大不大|大吗|有?多[大高少])?|有?多[大少]的?(?:把握|希望|可能|[概几]率)|(?:能不能|能否|能够|可不可以|可以|能)(?:完全|彻底|被|够)*(?:{_WELL}|治)(?!疗)"
        rf"|[治看医]得[好了]|好得了|有救|绝症|不治之症|cure rate|curable|can (?:it|\w+) be cured",
    ),
    (
        "period",
        rf"(?:治疗?|要|需要|得|花)*{_LONG}(?:才|就)?(?:能|可以|会)?(?:完全|彻底)?{_WELL}?|周期|疗程|治多久|how long",
    ),
    (
        "cost",
        r"(?:手术|治疗|看病|住院|治病)?(?:费用?|要|得|需要|大概|花|准备|一般|多)*(?:多少钱|花费|费用|几[千万百][块元]?)|花(?:费|掉|上)?(?:多少|几)|贵不贵|贵[吗么]|很贵|收费|价[格钱]|医[药疗]费|开销|how much (?:does|is|will)|\bcosts?\b",
    ),
    ("insurance", r"医保|社保|农合|公费|报销|insurance|reimburs\w+"),
    ("avoid_food", r"忌口|忌吃|忌食|不能吃(?:什么|哪些)(?!药)|不要吃|不宜吃|foods? (?:to|should i) avoid|not eat"),
    (
        "recommended_food",
        r"[宜该以]吃(?:些|点)?(?:什么|哪些)(?!药)|吃(?:些|点)?(?:什么|啥|哪些)(?:食物|东西|水果|菜|好|比较好|对)|食疗|食谱|饮食|(?:what|which) foods?|what (?:to|should i) eat|\bdiet\b",
    ),
    (
        ALIAS,
        r"别名|别称|[俗又也]称|俗名|叫法|(?:又|也|还)叫|又名|也叫|还叫|同义词|其他名|别的名|other names?|also (?:known|called)|alias(?:es)?\b|synonyms?",
    ),
)
_MEANT_TOO = {
    "therapy": ("treated_with",),
    "interacts_with": ("not_combined_with",),
}  # "how is it treated" asks for drugs as well


@lru_cache(maxsize=1)
def _asked_patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((relation, re.compile(pattern)) for relation, pattern in _ASKED)


def asked_relations(question: str, names: Sequence[str] = ()) -> list[str]:
    """The canonical relations that a question asks for, in the order of its words; empty where it names none.

    "并发症的治愈率" gives [complication, cure_rate]: the way to go, first step first. Words inside one of the names (of
    what is asked about) ask for nothing, unless nothing else does: 传染性软疣怎么治 is no question of contagion.
    """
    folded = fold(question)
    bare = folded
    for name in sorted((fold(name) for name in names), key=len, reverse=True):
        if name and not any(pattern.fullmatch(name) for _, pattern in _asked_patterns()):
            bare = bare.replace(name, "\0" * len(name))
    return _relations(bare) or _named(bare) or (_relations(folded) if folded != bare else [])


@lru_cache(maxsize=1)
def _names() -> re.Pattern[str]:
    """What sources print for relations of diseases, where the question ends in it or asks what it is."""
    names = {n for row in RELATIONS if row.subject is EntityKind.DISEASE for n in row.printed if _HAN.match(n) and len(n) > 1}
    longest_first = "|".join(sorted(names, key=lambda name: (-len(name), name)))
    return re.compile(rf"({longest_first})(?=$|[?？。!！]|[是有为都高大呢]|如何|怎么?样|多少)")


def _named(folded: str) -> list[str]:
    return list(dict.fromkeys(relation_of(hit.group(1)).name for hit in _names().finditer(folded)))


def _relations(folded: str) -> list[str]:
    found = [
        (hit.start(), hit.end(), relation)
        for relation, pattern in _asked_patterns()
        for hit in pattern.finditer(folded)
        if hit.end() > hit.start()
    ]
    found.sort(key=lambda hit: (hit[0] - hit[1], hit[0]))
    kept: list[tuple[int, int, str]] = []
    for hit in found:
        if all(hit[1] <= other[0] or hit[0] >= other[1] for other in kept):
            kept.append(hit)
    asked = [meant for _, _, relation in sorted(kept) for meant in (relation, *_MEANT_TOO.get(relation, ()))]
    return list(dict.fromkeys(asked))
