"""Sentences to which something was added that their passage does not say: a reaction, a use, a promise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

__all__ = ["invent"]


@dataclass(frozen=True, slots=True)
class _Invention:
    """A statement of its own, and what of a passage forbids it because the passage may say something like it."""

    text: str
    unless: re.Pattern[str]


def _read(table: str) -> tuple[_Invention, ...]:
    rows = (line.split("\t") for line in table.strip().splitlines())
    return tuple(_Invention(text.strip(), re.compile(unless.strip(), re.IGNORECASE)) for text, unless in rows)


_SENTENCES_ZH = _read(
    """
少数患者用药后可出现耳鸣。	耳|听
长期使用可导致脱发。	发脱|脱发|毛发|秃
部分患者可出现牙龈增生。	龈|牙|齿
偶可引起夜间腿部抽筋。	抽筋|痉挛|肌肉|腿
可引起味觉减退。	味觉|口味|口腔
可能诱发急性胰腺炎。	胰
可引起血钾升高。	钾|电解质
服药后可出现视物模糊。	视|眼|目
本品也可用于治疗痛风。	痛风|尿酸
本品还可用于预防偏头痛。	头痛|头疼|偏头
亦可用于治疗骨质疏松。	骨质|骨松|骨
也可用于慢性荨麻疹的治疗。	荨麻疹|皮肤|过敏|瘙痒
孕妇可以安全使用本品。	孕|妊娠|胎
哺乳期妇女用药无需停止哺乳。	哺乳|乳|孕
儿童用量与成人相同。	儿|岁|成人|童
与酒同服不影响疗效。	酒|乙醇
本品可与任何药物同时服用。	合用|同服|同用|并用|联用|同时|相互|配伍|药物
本品不会引起任何不良反应。	不良|副作用|过敏|反应|引起|出现
肾功能不全者无需调整剂量。	肾
肝功能不全者可正常使用。	肝
漏服后下次应加倍补服。	漏服|加倍|忘记
开封后可在室温保存一年。	保存|贮|密封|开封|存
应每月检查一次血常规。	血常规|血象|白细胞|检查|血
可与葡萄柚汁同服。	葡萄柚|西柚|果汁
停药时应在两周内逐渐减量。	减量|停药|递减|逐渐
用药期间应避免日光照射。	光|日晒
本品起效时间约为5分钟。	起效|分钟|显效
本品不经肾脏排泄。	肾|排泄|尿
驾驶员可以放心使用本品。	驾|车|机械
高血压患者服用本品后血压可恢复正常。	血压
"""
)
_ITEMS_ZH = _read(
    """
耳鸣	耳|听
脱发	脱发|毛发|秃
牙龈增生	龈|牙|齿
味觉减退	味觉|口味
夜间抽筋	抽筋|痉挛
痛风	痛风|尿酸
骨质疏松	骨
荨麻疹	荨麻疹|皮|过敏|疹
鼻出血	鼻|出血
带状疱疹	疱疹|疹|病毒
视物模糊	视|眼|目
男性乳房发育	乳|男
甲状腺肿大	甲状腺|甲亢
口腔溃疡	口腔|溃疡|口
手足麻木	麻|感觉异常|神经
"""
)
_SENTENCES_EN = _read(
    """
Hair loss has been reported in some patients.	hair|alopecia
Some patients develop ringing in the ears.	tinnitus|ringing|\\bears?\\b|hearing|otic
It can also cause gum overgrowth.	gum|gingiv|dental
It may cause night-time leg cramps.	cramp|spasm|muscle|leg
A metallic taste is common.	taste|dysgeus
It can raise serum potassium levels.	potassium|kalemia|electrolyte
It is also used to prevent migraine.	migraine|headache
It is also approved for the treatment of gout.	gout|uric
It may also be used for osteoporosis.	osteopo|bone|fracture
It is safe to use during pregnancy.	pregnan|fetal|fetus|teratogen
Breast-feeding can be continued safely.	breast|nurs|lactat|milk|infant
The same dose may be given to children.	child|pediatric|infant|adolesc|years
It may be taken together with alcohol.	alcohol|ethanol
It has no interactions with other medicines.	interact|concomitant|concurrent|coadminist|co-administ|other (?:drug|medic)
No dose adjustment is needed in severe renal impairment.	renal|kidney|nephr|creatinine
It can be used without restriction in liver disease.	liver|hepat
A missed dose should be made up by doubling the next one.	miss|double
Opened packages keep for one year at room temperature.	stor|temperature|refriger|open
The complete blood count should be checked every month.	blood count|hematolog|monitor|CBC|laborator
It can be taken with grapefruit juice.	grapefruit|juice
Treatment should be tapered over two weeks.	taper|gradual|discontinu|withdraw
Exposure to sunlight must be avoided.	sun|light|photo|ultraviolet
It begins to work within five minutes.	onset|minutes|begins
It does not affect the ability to drive.	driv|machin|drows|sedat|alert
It has been proven to cure the disease completely.	cure|complete
Weight loss of up to 10 kg was seen.	weight|kg
Blood pressure should be measured twice a day.	blood pressure|hypertens|hypotens
It may be stopped at any time without risk.	stop|discontinu|withdraw
"""
)
_ITEMS_EN = _read(
    """
hair loss	hair|alopecia
ringing in the ears	tinnitus|ringing|\\bears?\\b
gum overgrowth	gum|gingiv
gout	gout|uric
osteoporosis	osteopo|bone
night-time leg cramps	cramp|leg|muscle
shingles	zoster|shingles|herpes
nosebleeds	nose|epistax|bleed
enlarged thyroid	thyroid
breast enlargement in men	breast|gynecomast
loss of smell	smell|anosm|taste
kidney stones	stone|renal|kidney|urol|nephro
pancreatitis	pancrea
cataracts	catarac|eye|vision|ocular
hiccups	hiccup
"""
)


_LIST_ZH = re.compile(r"[一-鿿]{2,6}、(?=[一-鿿]{2,6}[、，。])")
_LIST_EN = re.compile(r"(?<=[a-z:] )[a-z]+(?: [a-z]+)?, (?=[a-z]+(?: [a-z]+)?,? (?:and|or) [a-z]|[a-z]+(?: [a-z]+)?, [a-z]+)")
_LOOK = 24  # characters behind the first item that show what the list is one of
_COMPLAINT = re.compile(
    r"[痛痒疹晕吐泻咳炎症闷秘倦悸肿汗胀]|恶心|发热|乏力|nausea|vomit|pain|rash|ache|dizz|itis|emia|osis|diarrhea|fever|itch|prurit|edema|"
    r"fatigue|drows|somnol|cough|constip|insomn|tremor|anorex"
)


def invent(sentence: str, passage: str, rng: Random) -> Iterator[str]:
    """The sentence with an invented item in its list, or with an invented clause or sentence behind it."""
    chinese = re.search(r"[一-鿿]", sentence) is not None
    items = _free(_ITEMS_ZH if chinese else _ITEMS_EN, passage)
    more = _free(_SENTENCES_ZH if chinese else _SENTENCES_EN, passage)
    listed, behind = list(_in_list(sentence, items, rng, "、" if chinese else ", ")), list(_behind(sentence, more, chinese))
    made = [rng.sample(some, len(some)) for some in (listed, behind)]
    yield from (claim for some in rng.sample(made, len(made)) for claim in some)


def _free(table: Sequence[_Invention], passage: str) -> list[str]:
    return [one.text for one in table if not one.unless.search(passage)]


def _in_list(sentence: str, items: Sequence[str], rng: Random, comma: str) -> Iterator[str]:
    """The sentence with an item more in its list of complaints, if it has one."""
    pattern = _LIST_ZH if comma == "、" else _LIST_EN
    for match in pattern.finditer(sentence) if items else ():
        if _COMPLAINT.search(match[0] + sentence[match.end() : match.end() + _LOOK]):
            yield sentence[: match.end()] + rng.choice(items) + comma + sentence[match.end() :]


def _behind(sentence: str, more: Sequence[str], chinese: bool) -> Iterator[str]:
    """The sentence with a sentence behind it, or with that as its last clause."""
    if not re.search(r"[。.；;]$", sentence):
        return
    for added in more:
        if chinese:
            yield sentence.rstrip("。；;.") + "。" + added
            yield sentence.rstrip("。；;.") + "，" + re.sub("^本品", "", added)
        elif sentence.endswith("."):
            yield f"{sentence} {added}"
            yield f"{sentence[:-1]}, and {added[0].lower()}{added[1:]}"
