"""Rules for Chinese labels: 适应证, 禁忌 and what the precautions forbid, clause by clause."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.ingest.mining.conditions import is_pair_zh, kind_of_condition_zh, population_zh
from medrag.ingest.mining.names import Own, named_in
from medrag.ingest.mining.said import CAUTION, CONTRAINDICATION, INDICATION, INTERACTION, MAX_SPAN, NOT_COMBINED, Said
from medrag.kb.folding import fold
from medrag.kb.prepared import EntityRef
from medrag.sentences import sentences
from medrag.types import EntityKind

__all__ = ["contraindications", "indications", "warnings"]

MAX_UNIT, MAX_PART = 2000, 80  # characters; longer sentences and pieces of lists hold no names
_STOP = re.compile(r"[。；;！？\n]")
_COMMA = re.compile(r"[，,：:]")
_PARENTHESES = re.compile(r"[（(](?!\d{1,2}[)）])[^（()）]*[)）]|\[[^\]]*\]|［[^］]*］")
_MARK = re.compile(
    r"^\s*(?:[（(]?\d{1,2}(?:[)）]\s*[.．、]?|[.．、](?!\d(?!\d?(?:岁|个月)))|\s+(?!\d|岁|个?月))|\d{1,2}(?=[一-鿿]{3})(?![型期岁度个日周月年])|[①-⑳•●▪◆■*]|[一二三四五六七八九十]、)+\s*"
)
_SUB_ITEM = re.compile(r"^\s*(?:[（(]\d{1,2}[)）]|[①-⑳])")
# Where a list of names may be cut. 不和, 失和 are no lists.
_AND = re.compile(r"[、/／]|以及|(?<![不失调温内])和(?![胃解中])|(?<!波)及(?!其)|(?<!参)与|或(?!然)|并(?![发行])|兼")
_AND_WHO = re.compile(_AND.pattern + "|(?<![患或])者(?=[^、，]{2})")
_ORGANS_ETC = re.compile(r"^(?:[^、，]{1,4}[、及和])*[^、，]{1,4}等(?=[^等]{3,}(?:出血|感染|炎症?|病|溃疡|癌|瘤)$)")
_CAUSE = r"(?:引起|所致|导致|造成|诱发|并发|所引发|产生|继发|致)的?(?:各种|下列|多种)?(?!性)"
_ANY_CAUSE = re.compile(
    rf"[、及和与或]*(?:由于?|因)?(?:各种|多种|不同|不明|某些|其[他它])(?:的)?(?:病因|原因|因素|疾病){_CAUSE}"
)
_CAUSED = re.compile(rf"(?P<cause>.*){_CAUSE}")
_NOT_SAID = re.compile(
    r"不适用|不适于|不用于|无效|不能[用治缓]|不宜|不推荐|禁用|慎用|忌用|除外|以外|尚未|未(?:证实|确定|见)|不应|不可|勿用|疗效不|不主张|没有|"
    r"参见|参照|相同|有效率|治愈率|总有效|对照|试验组|\d+例|[＜<]0\.|避免|不良反应|《|停药|停用|配伍|剂量|疗程|能否|是否|不再用"
)
_SHOWN = re.compile(
    r"(?:症见|症状(?=[为见：:是])|表现|见有|可见|见(?=[^，。]{0,6}[，、])|主要见症|辨证|指征|特征|症候|体征|以[^，。]{1,12}为(?:主|特)|如见|或见|兼见|伴见|舌|苔|脉).*"
)
_FOR = re.compile(
    r"适用于|用于|适应于|应用于|可用|用以|用作|用做|主治|专治|适于|(?<![的性])(?:治疗|预防|防治|缓解|诊断)(?![的药期用])|治(?![疗愈药])"
)
_LEAD = re.compile(
    r"^(?:本[品药方]|主要|亦|还|可(?!乐)|常(?=用|见)|多(?=用于|为)|尤其|特别|临床上?|适用于|适应于|适于|适合|用于|用以|用作|应用于|主用于|主治|专治|治疗|治|防治|预防性?|缓解|"
    r"减轻|解除|消除|改善|控制|抑制|纠正|辅助|对症|各种|各型|各类|各期|多种|某些|部分|一般|单纯的|不同程度的?|所有|下列|以下|上述|其他|其它|以及|以|及|和|或|与|由于?|"
    r"因(?!子)|对于?|伴有?|合并|并发|兼有?|患有?|有(?!机)|属于?|的|轻度[至到]中度|中度[至到]重度|轻[至到、]?中度|中[至到、]?重度|轻度|中度|重度|轻型|轻症|较轻的|成人|"
    r"患者|病人|于|在|如(?!意)|例如|包括|即|之|用|作为|病情|症见|起|能|并|敏感(?:细)?菌[^，、]{0,6}的|需要|须|引起|所致|进行|减少|促进|早期|术后(?=[疼镇])|慢性病|"
    r"西医诊断为|中医诊断为|为|凡|尤|也|严重的?(?=[疼感])|促|抗|诸|属|又|后天|急救|抢救|解救|救治|出现|感受|素体|药物|所引起的?|导致的?)+"
)
_TRAIL = re.compile(
    r"(?:等+(?:症状?|病症?|疾病|病证|证|疾患|感染性疾病|慢性病|适应证|.{0,4}(?:疾病|病症|感染|患者|症状|者))?|患者|病人|患儿|病者|者|(?:等.{0,4})?诸[症证]|之[症证]|"
    r"(?:时|后)?的?(?:辅助性?|综合|替代|对症|短期|长期|维持|初始|一线|二线|局部|预防性?|姑息性?|紧急|早期|缓解|控制|预防和?|联合|系统|全身|病因|单独|药物|常规|首选|根治|术前|术后|有效|对因|支持|、|与|及|和)*"
    r"(?:治疗|防治|预防|疗法|抢救|急救|诊断|改善|缓解|控制|恢复|康复|鉴别诊断|治疗药|用药|辅助药|首选药物?)|缓解期|发作期|恢复期|稳定期|急性期|"
    r"属.{0,12}|见.{1,12}证候?|的?(?:症状|发作|形成|进展|发生|体征|复发|患者|各种症状|疾病)|有?效果?.{0,3}|疗效.*|所致|引起|证候|初期|早期|中期|晚期|[和及的与]+|等.{0,10}疾病|急性发作期?|急性加重期?|发作期?|期间|或其他.*|之?类)$"
)
_ORGANS = (
    "食管|食道|胃肠道?|胃|十二指肠|小肠|大肠|结肠|直肠|肠道|肠|肝脏|肝胆|肝|胆囊|胆道|胆|脾|胰腺?|肾脏|肾|膀胱|尿道|尿路|泌尿道|泌尿系统?|泌尿生殖道?|生殖系统?|生殖道|前列腺|心脏|心肌|心|"
    "肺部?|支气管|气管|呼吸道|呼吸系统|上呼吸道|下呼吸道|扁桃体|咽喉?|喉|鼻窦|鼻|耳|中耳|眼部?|口腔|牙龈|牙周|牙|皮肤|软组织|骨骼|骨|关节|肌肉|腰|背|颈|肩|腿|头|脑|神经|血管|静脉|动脉|冠状动脉|"
    "子宫|卵巢|乳腺|输卵管|盆腔|腹腔|胸腔|阴道|外阴|宫颈|睾丸|附睾|甲状腺|甲状旁腺|垂体|肾上腺|淋巴结?|手足?|足|体股?|股|头皮|外耳道|腹部?|胸|四肢|面部|术前|产后|脊髓|颅内|骨髓|血液|中枢神经系统?|胆管|咽|舌"
)
_KINDS_OF = "亚急性|急性|慢性|原发性|继发性|先天性|细菌性|病毒性|真菌性|细菌|病毒|真菌|霉菌|滴虫|支原体|衣原体"
_PLACES = "上|下|左|右|甲|乙|丙|丁|戊|内|外|浅|深|新生儿|小儿|儿童|老年"
_PART = re.compile(
    rf"(?:(?:{_ORGANS})+(?:部|道)?|{_KINDS_OF}|{_PLACES}|急|慢|亚急|原发|继发|[^、，]{{1,6}}[性型菌]|[^、，]{{1,4}}期|[ⅠⅡⅢ12]型?)"
)
_HEAD = re.compile(rf"^(?:{_KINDS_OF}|(?:{_ORGANS})+|{_PLACES}|[^性]{{1,6}}性|[^菌]{{1,6}}菌)(?=.)")
_PLACE = re.compile(rf"^(?:{_PLACES})(?=.)")
_DEGREES = re.compile("^(?:严重|重度|中重度|活动性|急性(?=[心肝肾]$))")
# A label of a Chinese medicine explains at length: 具体应用如下：1.感冒：症见…. There what stands before the colon is meant.
_EXPLAINED = re.compile("具体的?应用|应用范围")
_ITEM_NAME = re.compile(r"\s*\d{1,2}[.．、][^：:，。]{2,20}(?=[：:])")
_SHORT = {"急": "急性", "慢": "慢性", "亚急": "亚急性", "原发": "原发性", "继发": "继发性"}
_BOTH = re.compile(r"^(急)(慢)性?(.{2,})$|^(上)(下)(呼吸道.+|肢.+)$")
_TWO_ORGANS = re.compile(
    r"^(严重|重度|中度|轻度|中重度|急性|慢性|急慢性)?的?([心肝肾肺脑胃脾])、?([心肝肾肺脑胃脾肠])脏?((?:功能|疾[病患]|损[伤害]|衰竭).*)$"
)
_SIDES = re.compile(r"..(?=..$)")


def indications(body: str, own: Own) -> Iterator[Said]:
    """The diseases and symptoms for which a section says that the drug is."""
    body = _without_classics(body)
    explained = _EXPLAINED.search(body)
    for start, end in sentences(body):
        unit = body[start:end]
        if end - start > MAX_UNIT:
            continue
        item = _ITEM_NAME.match(unit) if explained is not None and start > explained.start() else None
        if item is not None:
            unit = item.group()
        for clause in _STOP.split(unit):
            for name, kind in _indicated(clause):
                yield Said(INDICATION, EntityRef(kind, name), start, end)


def _without_classics(body: str) -> str:
    """The body up to where it quotes old books, whose sentences are about anything."""
    return body.partition("《")[0]


def _indicated(clause: str) -> Iterator[tuple[str, EntityKind]]:
    if _NOT_SAID.search(clause):
        return
    for segment in _COMMA.split(_SHOWN.sub("", _PARENTHESES.sub("", _MARK.sub("", clause)))):
        yield from _conditions(_without_cause(segment))


def _without_cause(segment: str) -> str:
    """The segment without what causes the condition: of A、B及C引起的D the last, of A、B等引起的D all that stand before."""
    segment = _ANY_CAUSE.sub("、", segment)
    match = _CAUSED.match(segment)
    if match is None:
        return segment
    cause, rest = match["cause"], segment[match.end() :]
    last = None if cause.endswith("等") else re.match(r".*(?=以及|(?<!波)及)", cause)
    kept = last.group() if last is not None else ""
    return f"{kept}、{rest}" if kept else rest


def _conditions(said: str) -> Iterator[tuple[str, EntityKind]]:
    """The conditions that a piece of a clause lists, what is left out of one of them filled in from its neighbour."""
    for name in _completed([_bare(_behind_verb(part)) for part in _AND.split(_ORGANS_ETC.sub("", said))]):
        for one in _expanded(name):
            kind = kind_of_condition_zh(one)
            if kind is not None:
                yield one, kind


def _bare(part: str) -> str:
    """The part without the words around a name: who has it, how it is treated, how bad it is."""
    if len(part) > MAX_PART:
        return ""
    part = _stripped(_MARK.sub("", part))
    of = part.rsplit("之", 1)[-1] if "之" in part[1:-1] else part
    tail = _stripped(of.rsplit("的", 1)[-1])
    return tail if tail != part and kind_of_condition_zh(tail) is not None else part


def _stripped(part: str) -> str:
    before = ""
    part = part.strip(" 　.．。·“”\"'‘’、~～-—")
    while part != before:
        before = part
        part = _TRAIL.sub("", _LEAD.sub("", part)).strip(" 　.。“”")
    return part


def _behind_verb(part: str) -> str:
    """What stands behind the last 用于, 治疗 or the like of the part."""
    at = 0
    for trigger in _FOR.finditer(part):
        if part[trigger.end() :].strip("的，。 "):
            at = trigger.end()
    return part[at:]


def _completed(parts: list[str]) -> list[str]:
    """The parts of a list; one that leaves out what the next one says is filled in, and a degree counts for all up to there.

    肝、肾功能不全 is 肝功能不全 and 肾功能不全; 严重心、肾疾病 is 严重心疾病 and 严重肾疾病.
    """
    names = list(parts)
    for at in range(len(parts) - 2, -1, -1):
        degree = _DEGREES.match(parts[at])
        core = parts[at][degree.end() :] if degree else parts[at]
        if not core or (kind_of_condition_zh(core) is not None and core not in _SHORT) or not _PART.fullmatch(core):
            continue
        filled = _filled(core, _DEGREES.sub("", names[at + 1]))
        if filled != core:
            names[at] = (degree.group() if degree else "") + filled
            for after in range(at + 1, len(parts) if degree else 0):
                names[after] = degree.group() + _DEGREES.sub("", names[after]) if degree else names[after]
                if parts[after] == names[after] or kind_of_condition_zh(parts[after]) is not None:
                    break
    return names


def _filled(part: str, whole: str) -> str:
    """急 before 慢性支气管炎 is 急性支气管炎, 胃 before 十二指肠溃疡 is 胃溃疡, 溃疡型 before 浅表型胃炎 is 溃疡型胃炎."""
    named = part[-1] in "性型期菌" and part not in _KINDS_OF
    leading = _PLACE if part in _PLACES.split("|") and _PLACE.match(whole) else _HEAD
    head = whole.partition(part[-1])[2] if named else leading.sub("", whole, count=1)
    filled = _SHORT.get(part, part) + head
    return filled if head and head != whole and kind_of_condition_zh(filled) is not None else part


def _expanded(name: str) -> Iterator[str]:
    both = _BOTH.match(name)
    if both is not None:
        first, second, rest = both.group(1, 2, 3) if both[1] else both.group(4, 5, 6)
        yield _SHORT.get(first, first) + rest
        yield _SHORT.get(second, second) + rest
        return
    organs = _TWO_ORGANS.match(name)
    if organs is not None:
        yield (organs[1] or "") + organs[2] + organs[4]
        yield (organs[1] or "") + organs[3] + organs[4]
        return
    if is_pair_zh(name):
        yield from (name[:2], name[2:])  # 发热头痛
        return
    yield name


# ---------------------------------------------------------------------- 禁忌, 慎用

_TAKEN = (EntityKind.SUBSTANCE, EntityKind.PREPARATION, EntityKind.DRUG_CLASS)
_FORBIDDEN = (
    r"绝?对?禁用|忌用|禁服|忌服|禁止(?:使用|服用|应用|用)|不得(?:使用|服用|应用|用)|不能(?:使用|服用|应用)|不可(?:使用|服用|应用|用)|禁内服|不宜(?:使用|服用|应用|用(?!量)|内服|口服)|不应(?:使用|服用)|"
    r"勿[用服]|避免(?:使用|应用)|禁忌|忌使用|不应用|不宜者?(?=[。；，]|$)|列为禁忌"
)
_CAREFUL = r"(?:必须|应当|应|须|需)?在?(?:医[师生]|药师)(?:或药师)?的?指导下(?:使用|服用|用药|应用|用)|慎[用服]|慎重(?:使用|用药|应用)?|谨慎(?:使用|用药|应用|服用)?|小心使用"
_RULED = re.compile(rf"(?P<forbidden>{_FORBIDDEN})|(?P<careful>{_CAREFUL})")
_OPENS = re.compile(
    rf"(?:(?P<forbidden>{_FORBIDDEN}|禁忌[症证])|(?P<careful>{_CAREFUL}))(?:者|的?情况|人群)?\s*(?:[:：]|(?=[（(]1[)）]))"
)
_NOT_FORBIDDEN = re.compile(
    r"尚不明确|参见|参照|并非禁忌|非禁忌|无(?:明确|特殊|绝对)?禁忌|未见|除外|以外|\d+例|《|不详|没有|也可能对"
)
_ALLERGY = re.compile(
    r"(?:已知|曾)?对(?P<to>[^，。；;：:]{1,40}?)(?:有?严?重?(?:过敏|超敏|高敏|变态)(?:反应|性)?(?:史|体质)?|不能?耐受)(?:史|反应|症)?的?(?:者|患者|病人)?"
)
_ALLERGY_SHORT = re.compile(r"^(?P<to>[^对，。]{2,12}?)(?:过敏)(?:史|反应)?(?:者|患者)?$")
_SELF = re.compile(r"本[品药剂]|该药|此药|其(?!他|它)|任[何一]|所含|成[分份]|辅料|赋形剂|中的|^药物?$|以上|上述|原料")
_LIKE = re.compile(
    r"^(?:者|其[他它]|类似的?|同类|任何|一切|各种|某些|有|曾|已知|和|或|及)+|(?:等|类似物?|及其.*|中.*|有|的|产生|发生|呈|具有|曾经?|曾有|或.*|严重|者)$"
)
_TAKING = re.compile(r"接受|正在|服用|使用|应用|合用|并用|同用|同服|联用|已用|治疗")
_CONTRA_LEAD = re.compile(
    r"^(?:以下|下列|下述|上述|情况|凡|有|患有?|对于?|伴发|并发|伴有?|合并|伴|既往|又|属于?|已(?![^，]{0,2}史)|曾有?|已有|已知|具有|近期|新近|疑有|怀疑|可疑|存在|其[他它]|各种|任何|某些|其|或|和|及|与|兼|并|因|由于?|在|于|处于|"
    r"本[品药]|患者|病人|者|的|原有|发生过?|出现|明显的?|较重的|未(?:经)?(?:能)?(?:控制|治疗)的(?=.)|必须|应|均|也|亦|为|都|故|且|同时|可能|一般|绝对|相对|须|需|尤其|特别|是|如|以)+(?=.)"
)
_CONTRA_TRAIL = re.compile(
    r"(?:等(?:.{0,6}(?:严重者?|疾病))?|病史者?|史|(?<!疾)患者|病人|患儿|者|禁用|禁忌|慎用|均应?|也应?|亦|应|必须|的?情况|之?时|的|史者?|应当?|须|需|尤其|应该|为|属|最好|最|一般|绝对|相对|以及|或|都|本[品药]|儿童|时期|期间|病情|特|更|要|不宜|在医[师生]指导下.*|内|外用|口服|使用|服用)$"
)
_LACKING = re.compile("内?无(?![尿力汗精])")
_DEGREE = re.compile(r"^(严重|重度|中重度|中度|轻度|活动性|急性|晚期)的")


def contraindications(body: str, own: Own) -> Iterator[Said]:
    """Who or what a section on contraindications rules out; its list needs no 禁用 to be one."""
    yield from _ruled_out(body, own, CONTRAINDICATION)


def warnings(body: str, own: Own) -> Iterator[Said]:
    """Who or what a section on precautions rules out, where it says 禁用, 慎用 or the like."""
    if _RULED.search(body) is not None:
        yield from _ruled_out(body, own, "")


def _ruled_out(body: str, own: Own, otherwise: str) -> Iterator[Said]:
    opened, lead = "", 0
    for start, end in sentences(_without_classics(body)):
        unit = body[start:end]
        if end - start > MAX_UNIT:
            continue
        if opened and not _SUB_ITEM.match(unit):
            opened = ""
        opens = _OPENS.search(unit)
        first = lead if opened and end - lead <= MAX_SPAN else start
        for relation, name, kind in _in_unit(unit, own, opened or otherwise):
            yield Said(relation, EntityRef(kind, name), first, end)
        if opens is not None:
            opened, lead = CAUTION if opens["careful"] else CONTRAINDICATION, start


def _in_unit(unit: str, own: Own, otherwise: str) -> Iterator[tuple[str, str, EntityKind]]:
    """What each clause of a sentence rules out; `otherwise` is the relation where it has no word for it."""
    said = _PARENTHESES.sub("", _MARK.sub("", unit))
    for clause in re.split(r"[。；;\n]", said):
        if _NOT_FORBIDDEN.search(clause):
            continue
        for relation, chunk in _chunks(clause, otherwise):
            for name, kind in _who(chunk, own):
                if kind in _TAKEN:  # someone who takes it: 慎用 is then no more than an interaction
                    yield (INTERACTION if relation == CAUTION else NOT_COMBINED), name, kind
                else:
                    yield relation, name, kind


def _chunks(clause: str, otherwise: str) -> Iterator[tuple[str, str]]:
    """Each stretch of a clause with the relation that its word (禁用, 慎用) gives it: before the word, or behind its colon."""
    at = 0
    relation = ""
    for match in _RULED.finditer(clause):
        relation = CAUTION if match["careful"] else CONTRAINDICATION
        behind = re.match(r"(?:者|的?情况|人群)?\s*[:：]|\s*(?=[（(]1[)）])|于(?=.)", clause[match.end() :])
        if behind is not None:
            yield relation, clause[match.end() + behind.end() :]
            return
        yield relation, clause[at : match.start()]
        at = match.end()
    if not relation and otherwise:
        yield otherwise, clause


def _who(chunk: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    for match in _ALLERGY.finditer(chunk):
        yield from _allergies(match["to"], own)
    for part in re.split(r"[，,：:]", _ALLERGY.sub("，", chunk)):
        if _TAKING.search(part):
            yield from (
                (named.ref.name, named.ref.kind) for named in named_in(part, own) if named.ref.kind is not EntityKind.FOOD
            )
            continue
        yield from _people_and_conditions(part, own)


def _allergies(to: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    for one in re.split(r"[、/]|和|及|或|与|以及", to):
        name = _LIKE.sub("", _LIKE.sub("", one.strip(" “”")))
        if _SELF.search(one) or own.has(fold(name)):
            yield "过敏", EntityKind.DISEASE
        elif 2 <= len(name) <= 14 and not {"有", "交", "对"} & set(name):
            yield name + "过敏", EntityKind.DISEASE


def _people_and_conditions(part: str, own: Own) -> Iterator[tuple[str, EntityKind]]:
    for name in _completed([_bare_contra(piece) for piece in _AND_WHO.split(part)]):
        short = _ALLERGY_SHORT.match(name)
        if population_zh(name):
            yield name.removesuffix("者") if len(name) > 3 else name, EntityKind.THING
        elif short is not None:
            yield from _allergies(short["to"], own)
        else:
            for one in _expanded(name):
                kind = kind_of_condition_zh(one)
                if kind is not None and _LACKING.match(one) is None:
                    yield one, kind


def _bare_contra(piece: str) -> str:
    if len(piece) > MAX_PART:
        return ""
    before = ""
    piece = _MARK.sub("", piece).strip(" 　.．。·“”\"'、")
    if population_zh(piece):
        return piece
    while piece != before:
        before = piece
        piece = _DEGREE.sub(r"\1", _CONTRA_TRAIL.sub("", _CONTRA_LEAD.sub("", piece))).strip(" 　.。“”")
        if population_zh(piece):
            break
    return piece
