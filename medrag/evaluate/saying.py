"""Whether a Chinese text says a term, in whatever order and company: 胃、十二指肠溃疡 says 胃溃疡 and 十二指肠溃疡.

A term is said literally, or in another wording (`medrag.evaluate.indication_words`), or by what its sentence leaves out:

- a list whose words share what follows (急、慢性荨麻疹) or precedes (骨关节炎急性期和慢性期), if they are words of one kind;
- a cause and what it brings about (药物引起的肝损害, 链球菌属等所致的呼吸道感染);
- parts joined by 的, or turned about by it (远处转移的肝细胞癌);
- a germ whose infection is treated (治疗人免疫缺陷病毒).

Only a sentence that denies nothing is read so. In doubt a term is not said.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from medrag.evaluate.indication_words import JOINS, MAX_WORD, clauses, cuts, kinds_of, one_wording, organism

__all__ = ["Said", "Way", "said"]

MAX_GAP = 60  # characters of a sentence between two parts of a term
MAX_GAPS = 3
MAX_TERM = 40
_DENIED = re.compile(
    r"不适用|不宜|不推荐|不建议|不能用|不可用|不用于|不应|不得|无效|禁忌|尚未|未证实|未确立|未建立|未获|除外|排除|而非|并非"
)
# Says whom the medicine may harm or what it may bring about, in all of its sentence.
_WARNS = re.compile(
    r"慎用|禁用|忌用|忌服|慎服|指导下|就诊|不良反应|副作用|偶见|偶有|偶可|服用期间|(?<!于)有[^,]{0,20}的(?:危险|风险)"
)
_BEFORE = "非无不抗未升降提"  # a character before a term that turns it into another
# What makes of an illness before it the name of a germ, or of another illness.
_ANOTHER = re.compile(r"病毒(?!感染|携带)|危象|型")
_EMPTY = re.compile(r"的|性|型|属|之|类|后的?|患者的?|病人的?|引起的|相关性?的?|伴发的?|时的?|期间?的?|\([^()]{1,20}\)的?")
_ENDS_WORD = "、和的等患所引而伴时者表见合"  # what follows a word that has ended; none is "", too
_HAN = re.compile(r"[一-鿿]")
# What stands before the first word of a list that is not part of the word itself.
_PARTS_WORDS = "、和的于疗治防致起由为是括如因性者见伴对在有型度期之用除抗,:()"
_SINGLE_HEADS = "炎癌瘤癣"  # the names of illnesses that have one character
_KEEP = re.compile(r"(?:男|女|急|慢|良|恶|两|活|毒|预防|治疗|诊断)性|性(?:病|功能|欲|早熟|激素|腺|交|别|传播|冷)")
_CAUSED = re.compile(
    r"(?P<causes>(?:[、和][^,、和:()]{1,14}){0,20})(?:\([^()]*\))?(?:等(?:[^,、和]{0,6}?(?:菌|病原体|微生物|药物|原因|因素))?)?"
    r"(?:感染)?[而]?(?:致(?!病)|引起|造成|产生)的?[:：]?(?P<list>.*)"
)
_AFTER = re.compile(r".*(?:期|转移|发作|复发|状态|恶化|加重|术后)")  # what may stand before or after what it is said of
_HEADS = tuple("溃疡 出血 感染 癌 炎 肿瘤 结石 骨折 梗死 衰竭 功能不全 贫血 白血病 淋巴瘤 疱疹 癣 病".split())
_SHARED_BEFORE = re.compile(r".*(?:晚期|转移性|复发性|难治性|细菌性|病毒性|真菌性|过敏性|念珠菌性|手术后|术后|浅部|深部)")
_RUN_TOGETHER = frozenset({"site", "sign", "animal", "nutrient"})  # kinds whose words a term runs together: 骨关节感染
_TREATED = re.compile(r"治疗|预防|防治|感染|引起|所致|致的|用于")
# Says what a germ does not stand in a dish, not what is treated.
_STUDIED = re.compile(r"药理|体外|试验|实验|研究|抑菌|抑制作用|杀灭作用|抗菌作用|抗菌谱")


class Way(StrEnum):
    """How a text says a term."""

    LITERALLY = "literally"
    WORDING = "wording"  # by a synonym, another spelling, or with a word between that says nothing
    LIST = "list"  # the words of a list share a part
    CAUSE = "cause"  # what brings it about stands apart
    TURNED = "turned"  # the parts stand in the other order
    GERM = "germ"  # a germ is treated


@dataclass(frozen=True, slots=True)
class Said:
    """How a text says a term, and the sentence, in one wording, that does; the sentence is empty where it stands literally."""

    way: Way
    sentence: str = ""


def said(text: str, term: str) -> Said | None:
    """How a text says a term; None where it does not.

    Letter for letter counts whatever stands around it, as it does in the published test, so that 高血压患者禁用 says 高血压.
    """
    if not term.strip():
        return None
    if term.strip() in text:
        return Said(Way.LITERALLY)
    wanted = one_wording(term.strip())
    if not wanted or len(wanted) > MAX_TERM:
        return None
    best: Said | None = None
    for sentence in _sentences(text):
        way = _way(sentence, wanted)
        if way is Way.WORDING:
            return Said(way, sentence)
        if way is not None and best is None:
            best = Said(way, sentence)
    return best


@lru_cache(maxsize=256)
def _sentences(text: str) -> tuple[str, ...]:
    """The sentences in one wording that do not warn, each up to its first denial: what follows may be denied."""
    read = (sentence for sentence in clauses(text) if not _WARNS.search(sentence))
    return tuple(kept for sentence in read if (kept := _DENIED.split(sentence, maxsplit=1)[0]))


def _way(sentence: str, term: str) -> Way | None:
    if _stands(sentence, term):
        return Way.WORDING
    if not set(term) <= set(sentence) | set("性的属症、和"):
        return Way.GERM if _germ(sentence, term) else None
    without = re.sub(r"\([^()]*\)", "", sentence)
    for text in dict.fromkeys((without, sentence)):
        way = _in_parts(text, term)
        if way is not None:
            return way
    for text in dict.fromkeys((without, sentence)):
        if _turned(text, term):
            return Way.TURNED
    return Way.GERM if _germ(sentence, term) else None


def _stands(sentence: str, term: str) -> bool:
    at = sentence.find(term)
    while at >= 0:
        end = at + len(term)
        before = bool(at) and (sentence[at - 1] in _BEFORE or _within_letters(sentence, at))
        if not before and _ends_there(sentence, term, end) and not cuts(sentence, at, end):
            return True
        at = sentence.find(term, at + 1)
    return False


def _ends_there(text: str, term: str, at: int) -> bool:
    """Whether the term's last word ends where the text goes on: 焦虑症状 is no 焦虑症, 单纯疱疹病毒 no 单纯疱疹."""
    if _within_letters(text, at) or (term.endswith("症") and text.startswith("状", at)):
        return False
    return not _ANOTHER.match(text, at)


def _within_letters(text: str, at: int) -> bool:
    """Whether the place lies inside a run of Latin letters or digits: AS is not in christmas."""
    return text[at - 1 : at + 1].isascii() and text[at - 1 : at + 1].isalnum() and 0 < at < len(text)


# -- A term in parts -------------------------------------------------------------------------------------------------


def _in_parts(text: str, term: str) -> Way | None:
    """How the term stands in the text from left to right with something between its parts."""
    for start, character in enumerate(text):
        if character == term[0] and _begins(text, start):
            way = _follow(text, term, start, start, 0, 0, Way.WORDING, set())
            if way is not None:
                return way
    return None


def _begins(text: str, start: int) -> bool:
    """Whether a term may begin there: not after 非 and the like, nor within the name of an organ (膜 of 角膜)."""
    if start and (text[start - 1] in _BEFORE or _within_letters(text, start)):
        return False
    return not any("site" in kinds_of(text[longer : start + 1]) for longer in range(max(0, start - 4), start))


def _follow(
    text: str, term: str, start: int, at: int, done: int, gaps: int, way: Way, failed: set[tuple[int, int, int]]
) -> Way | None:
    """The way in which `term[done:]` is said from `text[at:]` on, where `text[start:at]` has said what is done.

    `failed` are the places, with what was done there and over how many gaps, from which it is not said.
    """
    if done == len(term):
        return way if _ends_there(text, term, at) and not cuts(text, start, at) else None
    if (at, done, gaps) in failed:
        return None
    found = _next(text, term, start, at, done, gaps, way, failed)
    if found is None:
        failed.add((at, done, gaps))
    return found


def _next(
    text: str, term: str, start: int, at: int, done: int, gaps: int, way: Way, failed: set[tuple[int, int, int]]
) -> Way | None:
    same = at < len(text) and _same(text[at], term[done])
    if same and (found := _follow(text, term, start, at + 1, done + 1, gaps, way, failed)) is not None:
        return found
    if (
        done
        and _may_lack(term, done, text[at : at + 1])
        and (found := _follow(text, term, start, at, done + 1, gaps, way, failed)) is not None
    ):
        return found
    if not done or gaps == MAX_GAPS or at >= len(text):
        return None
    for to in range(at + 1, min(len(text), at + MAX_GAP) + 1):
        if to < len(text) and _same(text[to], term[done]):
            by = _licence(text, term, start, at, to, done)
            if by is not None:
                kept = by if by is not Way.WORDING else way
                found = _follow(text, term, start, to, done, gaps + 1, kept, failed)
                if found is not None:
                    return found
    return None


def _same(written: str, wanted: str) -> bool:
    """Whether two characters say the same: 、 and 和, 寻常型 and 寻常性."""
    return written == wanted or (written in JOINS and wanted in JOINS) or (written in "性型" and wanted in "性型")


def _may_lack(term: str, at: int, following: str) -> bool:
    """Whether a text may say the term without its character at a place: 性, 的, 属, or what joins a list.

    Also a 症 at its end, where the text's word ends there too: 骨质疏松, but not 神经 of 神经官能症.
    """
    last = at == len(term) - 1
    if term[at] == "症":
        return last and at >= 3 and (following in _ENDS_WORD or not _HAN.match(following))
    if last or at < (1 if term[at] in JOINS else 2) or term[at] not in f"性的属{JOINS}":
        return False
    if term[at] == "性" and "sign" in kinds_of(term[:at]):
        return False  # 咳嗽哮喘 is two signs, 咳嗽性哮喘 one illness
    return not any(found.start() <= at < found.end() for found in _KEEP.finditer(term))


def _licence(text: str, term: str, start: int, at: int, to: int, done: int) -> Way | None:
    """What permits to leave out `text[at:to]` between what is said and `term[done:]`; None where nothing does."""
    gap = text[at:to]
    rest = len(term) - done
    if rest < 2 and not (term[done:] in _SINGLE_HEADS and gap[0] in JOINS):
        return None
    if gap[0] not in JOINS and gap[-1] not in JOINS and done < 2 and not kinds_of(term[:done]):
        return None
    if _EMPTY.fullmatch(gap):
        return Way.WORDING
    if "," in gap or ":" in gap:
        return Way.CAUSE if _caused(text, term, start, at, to, done) else None
    if gap in JOINS:
        return Way.LIST if _ends(text, start, at) & _starts(term[done:]) & _RUN_TOGETHER else None
    if gap[0] in JOINS and (term[done:].startswith("引起的") or _shares_what_follows(text, start, at, gap)):
        return Way.LIST
    if gap[-1] in JOINS and _shares_what_precedes(text, start, at, gap, term, done):
        return Way.LIST
    return Way.CAUSE if _caused(text, term, start, at, to, done) else None


def _shares_what_follows(text: str, start: int, at: int, gap: str) -> bool:
    """Whether the last word said and the words left out after it are of one kind: 急[、慢]性荨麻疹."""
    words = [re.sub(r"等(?:部位|处)?的?$", "", word) for word in re.split(f"[{JOINS}]", gap[1:])]
    if gap.endswith("的") and _same_head([text[start:at], *(word.removesuffix("的").removesuffix("患者") for word in words)]):
        return True  # 乳腺癌[和前列腺癌的]骨转移
    for begin in range(max(start, at - MAX_WORD), at):
        kinds = kinds_of(text[begin:at]) - {"sign"}
        for word in words:
            kinds = kinds & _kinds_with_not(word, text[begin:at])
        if kinds and (begin > start or _whole(text, begin, at, kinds)):
            return True
    return False


def _kinds_with_not(word: str, other: str) -> frozenset[str]:
    """The kinds of a word; of 非X those of X, whatever X is."""
    if word in (f"非{other}", other.removeprefix("非")) and word != other:
        return kinds_of(other) | {"opposite"}
    return kinds_of(word)


def _shares_what_precedes(text: str, start: int, at: int, gap: str, term: str, done: int) -> bool:
    """Whether the words left out and the next one are of one kind: 骨关节炎[急性期和]慢性期, 晚期[乳腺癌和]前列腺癌."""
    words = re.split(f"[{JOINS}]", gap[:-1])
    rest = term[done:]
    for end in range(1, min(len(rest), MAX_WORD) + 1):
        kinds = kinds_of(rest[:end])
        for word in words:
            kinds = kinds & kinds_of(word)
        if kinds - {"quality", "sign"}:
            # Not where what precedes is part of the first word: 结 of 结肠.
            return not any(kinds_of(text[begin:at] + words[0]) & kinds for begin in range(max(start, at - 4), at))
    before = text[start:at]
    if before.endswith("引起的"):
        return not any(kinds_of(word) & {"site"} for word in words)  # 化疗引起的[恶心、]呕吐
    # What stands before the first of a list parted by 、 need not be meant of the others: 慢性支气管炎、肺炎.
    return gap[-1] == "和" and bool(_SHARED_BEFORE.fullmatch(before)) and _same_head([*words, rest])


def _same_head(words: Sequence[str]) -> bool:
    """Whether all words name the same illness of something: 乳腺癌 and 前列腺癌; or all are signs."""
    if all("sign" in kinds_of(word) for word in words):
        return True
    return any(all(word.endswith(head) and len(word) > len(head) for word in words) for head in _HEADS)


def _whole(text: str, begin: int, at: int, kinds: frozenset[str]) -> bool:
    """Whether the word is not the end of a longer one of its kind: 肠 of 小肠."""
    if not kinds & {"site", "level", "nutrient", "animal", "cause", "kind", "stage"}:
        return True
    if begin and "site" in kinds and _HAN.match(text[begin - 1]) and text[begin - 1] not in _PARTS_WORDS:
        return False  # 喉 of 白喉
    return not any(kinds_of(text[longer:at]) & kinds for longer in range(max(0, begin - 4), begin))


def _ends(text: str, start: int, at: int) -> frozenset[str]:
    """The kinds of the words that end there."""
    return frozenset(kind for begin in range(max(start, at - MAX_WORD), at) for kind in kinds_of(text[begin:at]))


def _starts(rest: str) -> frozenset[str]:
    """The kinds of the words that the rest begins with."""
    return frozenset(kind for end in range(1, min(len(rest), MAX_WORD) + 1) for kind in kinds_of(rest[:end]))


def _caused(text: str, term: str, start: int, at: int, to: int, done: int) -> bool:
    """Whether what is said brings about what follows: 药物[引起的]肝损害, 链球菌属[、厌氧菌所致的呼吸道]感染."""
    found = _CAUSED.fullmatch(text[at:to])
    if found is None or _may_go_on(text, start, at):
        return False
    between = found["list"]
    if not between or between[-1] in JOINS:
        return "," not in between
    return term[done:] == "感染" and organism(text[start:at])


def _may_go_on(text: str, start: int, at: int) -> bool:
    """Whether the cause that is said is only the end of a longer one, so that it would be another: 肠 of 小肠."""
    return bool(start) and bool(kinds_of(text[start:at]) & {"site"}) and bool(kinds_of(text[start - 1 : at]) & {"site"})


# -- Other orders ----------------------------------------------------------------------------------------------------


def _turned(text: str, term: str) -> bool:
    """Whether the term's two parts stand the other way round: 远处转移的肝细胞癌, 高血压(轻、中度)."""
    first, link, second = term.partition("的")
    if link and _AFTER.fullmatch(first) and second and f"{second}{first}" in text:
        return True
    return any(_added(text, term[:cut], term[cut:]) or _moved(text, term[:cut], term[cut:]) for cut in range(1, len(term) - 1))


def _added(text: str, first: str, illness: str) -> bool:
    """Whether what the term begins with stands in brackets after the illness, alone or in a list: 高血压(轻、中度)."""
    found = re.search(re.escape(illness) + r"\(([^()]{1,20})\)", text)
    if found is None or not kinds_of(first):
        return False
    parts = re.split(f"[{JOINS}]", found[1])
    return all(map(kinds_of, parts)) and _in_parts(found[1] + illness, f"{first}{illness}") is not None


def _moved(text: str, illness: str, after: str) -> bool:
    """Whether what the term ends with stands before the illness: 远处转移的肝细胞癌, 晚期肝癌."""
    if not _AFTER.fullmatch(after) or len(illness) < 2 or "site" in kinds_of(illness):
        return False
    links = ("的", "性", "") if kinds_of(after) & {"stage", "course"} else ("的",)
    for link in links:
        at = text.find(f"{after}{link}{illness}")
        following = text[at + len(after) + len(link) + len(illness) :][:1]
        if at >= 0 and (following in _ENDS_WORD or not _HAN.match(following)):
            return True
    return False


def _germ(sentence: str, term: str) -> bool:
    """Whether the term is the infection with a germ that the sentence says is treated."""
    germ = re.sub(r"(?:性|的)?感染$", "", term)
    return (
        germ != term
        and organism(germ)
        and germ in sentence
        and len(germ) > 2
        and bool(_TREATED.search(sentence))
        and not _STUDIED.search(sentence)
    )
