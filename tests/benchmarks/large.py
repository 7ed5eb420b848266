"""A large knowledge base to measure on: labels varied until there are enough passages, and a graph of made-up facts.

Everything follows from fixed seeds. Varied text is as long as what it was made of, so that all spans stay where they are.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, product
from pathlib import Path

from medrag.ingest import registry
from medrag.ingest.prepare import prepare
from medrag.ingest.records import ReadOptions, ReadRecord
from medrag.ingest.registry import NotDocument
from medrag.kb.prepared import EntityRef, Prepared
from medrag.kb.terms import name_variants

__all__ = ["grown", "write_graph"]

MIN_LATIN, MIN_HAN = 5, 2  # letters and characters of a name that is worth another
ZIPF = 0.9  # exponent of how often a thing stands in facts; a few drugs and diseases stand in thousands
ZIPF_SHIFT = 10  # ranks; without it the commonest thing would stand in a tenth of all facts

_LATIN = "bal cor dex flu gli lam mel nor pra quin ros sil tam val zol adi ebu imo oxa ure ine one ide ate mab stat pril sar tan".split()
_HAN = "阿巴贝苯吡丙布达地丁多尔芬非呋氟格环甲卡康可喹拉来兰利林洛氯马美米莫那诺帕匹普曲瑞赛沙司舒斯他坦特替托维西辛伊依唑佐"
_HAS_HAN = re.compile("[一-鿿]")
_MEASURE = re.compile(
    r"(?<![\d.,])[1-9](?=\d*(?:\.\d+)?\s?(?:mg|mcg|ml|mL|g\b|%|days?|weeks?|hours?|毫克|毫升|片|次|日|天|小时|周))"
)

_PLACES = "肝 肾 肺 胃 肠 心肌 心包 脑 脊髓 胰腺 胆囊 膀胱 前列腺 子宫 卵巢 乳腺 甲状腺 皮肤 骨 关节 鼻窦 中耳 角膜 视网膜 牙周 食管 气管 血管 淋巴 肌肉".split()
_AILMENTS = "炎 癌 脓肿 结核 囊肿 息肉 溃疡 纤维化 硬化 出血 梗死 狭窄 萎缩 水肿 感染 功能不全 损伤 血栓 坏死 畸形".split()
_KINDS = "急性 慢性 亚急性 复发性 病毒性 细菌性 过敏性 药物性 遗传性 特发性 老年性 小儿".split()
_ORGANS = "liver kidney lung gastric colon cardiac brain spinal pancreatic bladder prostate uterine breast thyroid skin bone joint retinal".split()
_TROUBLES = (
    "abscess carcinoma cyst fibrosis infection necrosis stenosis ulcer hemorrhage insufficiency atrophy thrombosis".split()
)
_WAYS = "acute chronic recurrent viral bacterial allergic hereditary idiopathic postoperative neonatal".split()
_SIGNS = "疼痛 肿胀 麻木 瘙痒 发热感 痉挛 无力 刺痛 压痛 灼热 僵硬 不适".split()
_COMPLAINTS = "pain swelling numbness itching spasm weakness tenderness burning stiffness discomfort".split()


def grown(paths: Sequence[Path], passages: int, copies: int = 1_000) -> Iterator[Prepared]:
    """The labels of the paths, and after them varied copies of all, until there are so many passages or copies."""
    found = 0
    for copy in range(copies):
        before = found
        for number, record in enumerate(_records(paths)):
            prepared = prepare(_varied(record, copy, number) if copy else _keyed(record, copy, number), source="grown")
            yield prepared
            found += len(prepared.passages)
            if found >= passages:
                return
        if found == before:
            return  # nothing that could be copied


def _records(paths: Sequence[Path]) -> Iterator[ReadRecord]:
    options = ReadOptions()
    for path in registry.sources(paths):
        reader = registry.find(path, options)
        if not isinstance(reader, NotDocument):
            yield from (record for record in reader.read(path, options) if isinstance(record, ReadRecord))


def _keyed(record: ReadRecord, copy: int, number: int) -> ReadRecord:
    """The record with an identity of its own, so that a copy is no version of another."""
    key = f"{record.document.key or record.document.title}~{copy}.{number}"
    return replace(record, document=record.document.model_copy(update={"key": key}))


@dataclass(frozen=True, slots=True)
class _Renaming:
    """New names for a label's drugs, each as long as the old one."""

    pattern: re.Pattern[str] | None
    new: dict[str, str]

    def __call__(self, text: str) -> str:
        return text if self.pattern is None else self.pattern.sub(self._renamed, text)

    def _renamed(self, match: re.Match[str]) -> str:
        old = match.group()
        name = self.new.get(old.lower(), old)
        if len(name) != len(old):
            return old
        return name.upper() if old.isupper() else name.title() if old[:1].isupper() else name

    def ref(self, ref: EntityRef) -> EntityRef:
        """The entity under its new name."""
        return replace(ref, name=self(ref.name))


def _renaming(record: ReadRecord, copy: int) -> _Renaming:
    printed = [ref.name for ref in record.about] + [name.name for name in record.names if name.kind != "code"]
    old = {name_variants(name)[-1] for name in printed}
    new = {name: _made_name(name, copy) for name in old if len(name) >= (MIN_HAN if _HAS_HAN.search(name) else MIN_LATIN)}
    if not new:
        return _Renaming(None, {})
    words = (
        re.escape(name) if _HAS_HAN.search(name) else rf"\b{re.escape(name)}\b" for name in sorted(new, key=len, reverse=True)
    )
    return _Renaming(re.compile("|".join(words), re.IGNORECASE), new)


def _made_name(name: str, copy: int) -> str:
    """Another name of the same length; the same one for the same name in the same copy, whichever label it stands in."""
    rng = random.Random(f"{copy} {name}")
    if _HAS_HAN.search(name):
        return "".join(rng.choice(_HAN) if _HAS_HAN.match(character) else character for character in name)
    return "".join(made_word(rng, len(word)) if word.isalpha() else word for word in re.split(r"([^a-z]+)", name))


def made_word(rng: random.Random, length: int) -> str:
    """A word of syllables that sounds like a medicine's name."""
    return "".join(rng.choice(_LATIN) for _ in range(length // 2 + 1))[:length]


def _varied(record: ReadRecord, copy: int, number: int) -> ReadRecord:
    """The record about other drugs, with other doses and shares."""
    renamed, rng = _renaming(record, copy), random.Random(copy * 1_000_003 + number)
    document = record.document
    sections = tuple(
        section.model_copy(update={"heading": renamed(section.heading), "path": tuple(map(renamed, section.path))})
        for section in document.sections
    )
    text = _MEASURE.sub(lambda _: str(rng.randint(1, 9)), renamed(document.text))
    update = {"title": renamed(document.title), "text": text, "sections": sections}
    changed = replace(
        record,
        document=document.model_copy(update=update),
        names=tuple(
            replace(n, entity=renamed.ref(n.entity), name=n.name if n.kind == "code" else renamed(n.name)) for n in record.names
        ),
        statements=tuple(replace(s, subject=renamed.ref(s.subject), object=renamed.ref(s.object)) for s in record.statements),
        about=tuple(map(renamed.ref, record.about)),
    )
    return _keyed(changed, copy, number)


# ---------------------------------------------------------------------- the graph


class _Things:
    """Names of one kind, of which the first are drawn far more often than the last."""

    def __init__(self, names: Sequence[str], rng: random.Random) -> None:
        self.names = list(names)
        rng.shuffle(self.names)
        self._weights = list(accumulate((rank + ZIPF_SHIFT) ** -ZIPF for rank in range(len(self.names))))

    def draw(self, rng: random.Random, size: int) -> list[str]:
        """So many of the names, by chance."""
        return rng.choices(self.names, cum_weights=self._weights, k=size)


# Relation, kinds of its ends, and how many of a hundred facts are such.
_FACTS = (
    ("indication", "drug", "disease", 20),
    ("contraindication", "drug", "disease", 10),
    ("adverse_reaction", "drug", "symptom", 25),
    ("interacts_with", "drug", "drug", 15),
    ("has_symptom", "disease", "symptom", 20),
    ("complication", "disease", "disease", 10),
)


def write_graph(path: Path, drugs: Sequence[str], facts: int) -> None:
    """A table of so many different facts about the drugs (and as many made-up ones), diseases and symptoms."""
    rng = random.Random(5)
    made = {made_word(rng, rng.randint(7, 12)) for _ in range(max(len(drugs), 50))}
    diseases = ["".join(x) for x in product(_KINDS, _PLACES, _AILMENTS)] + [
        " ".join(x) for x in product(_WAYS, _ORGANS, _TROUBLES)
    ]
    symptoms = ["".join(x) for x in product(_PLACES, _SIGNS)] + [" ".join(x) for x in product(_ORGANS, _COMPLAINTS)]
    things = {
        "drug": _Things(sorted({*drugs, *made}), rng),
        "disease": _Things(diseases, rng),
        "symptom": _Things(symptoms, rng),
    }
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["head", "head_type", "relation", "tail", "tail_type"])
        for relation, head, tail, share in _FACTS:
            pairs: dict[tuple[str, str], None] = {}
            wanted = min(facts * share // 100, len(things[head].names) * len(things[tail].names) // 4)
            while len(pairs) < wanted:
                drawn = zip(things[head].draw(rng, wanted), things[tail].draw(rng, wanted), strict=True)
                pairs.update(dict.fromkeys(pair for pair in drawn if pair[0] != pair[1]))
            writer.writerows([one, head, relation, other, tail] for one, other in list(pairs)[:wanted])
