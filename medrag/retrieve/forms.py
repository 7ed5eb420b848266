"""Dosage forms in Chinese names, and where in a question the name of a medicine begins and ends."""

from __future__ import annotations

import re

from medrag.kb.folding import fold
from medrag.kb.terms import name_variants
from medrag.patterns import regex

__all__ = [
    "FILLER",
    "FORM",
    "asked_form",
    "form_end",
    "is_ailment",
    "is_chemical",
    "name_begins",
    "printed_form",
    "same_form",
    "stands_alone",
]

FORM = regex(
    r"(?:口腔崩解|肠溶|缓释|控释|分散|咀嚼|泡腾|薄膜衣|糖衣|[大小水]蜜|浓缩|水(?=丸)|含|舌下|阴道|滴|软|硬|口服|注射|外用|滴眼|滴鼻|混悬){0,4}"
    r"(?:口服溶液|口服液|饮品|注射液|组织液|滴眼液|滴耳液|滴鼻液|含漱液|混悬液|吸入剂|洗液|溶液|溶胶囊|胶囊|颗粒|冲剂|糖浆|滴丸|软膏|乳膏|凝胶|喷雾剂?|气雾剂|粉雾剂"
    r"|贴膏|合剂|搽剂|洗剂|酊剂?|滴剂|疫苗|单抗|片(?!段|子|状|刻|面|区|中|剂量|头|尾)|丸(?!子|剂量)|散(?!步|发|光|热|结|瘀|寒|风|开|在)|膏(?!药|体)"
    r"|栓(?!塞|子|剂量)|丹(?!参))"
)
# What may stand between a known name and its form: 布洛芬[消炎]片, 胰岛素[30]注射液.
FILLER = regex(r"(?:消炎|止痛|镇痛|退热|感冒|口腔|钠|钾|钙|镁|锌|盐酸|\s|-|\d{1,6}[a-z%]{0,6}|α|β){0,8}")
# Characters of transliterated and systematic chemical names; Chinese patent medicines are named in others.
_CHEMICAL = regex(
    r"[唑嗪啶胺酮酯醇苷肽酶钠钾钙镁锌铁铋碘氯氟溴硫磷氨苯萘喹吡咪噻呋嘧烷烯炔酚醚酰脲肼腈胍芬奈韦汀坦霉素酸碱噁哌羟氢氧硝巯磺溶]|洛尔|普利|沙星|西林|地平|替尼|替罗|拉唑|司琼|司[特琼明汀]|海明|莫司|替丁|奥氮|[林定松龙仑泮索啉肟铂洛尔泊坦帕隆群砜酐脒]$|[a-z]{3}"
)
_AILMENT = regex(
    r"(?:[炎病症痛癌瘤痔疮癣疹疡肿喘咳嗽泻痢晕眩痹疣疖痒毒虫热证]|结核|感冒|气肿|失眠|便秘|高血压|糖尿|中风|贫血|风湿|冠心|障碍|瘫|不[调孕育寐]|出血|溃疡|湿疹|更年期)$"
    r"|^(?:止[咳痛泻血痒]|消[炎食肿]|退[热烧]|通便|安神|清热|降[压糖脂]|减肥|补[血肾气钙]|健[胃脾]|润肠|化[痔痰])"
)
_MAKERS = "步长|同仁堂|汤臣倍健|汤臣|修正|白云山|太极|云南白药|三九|999|仁和|江中|葵花|哈药|以岭|天士力|扬子江|康恩贝|九芝堂|东阿|拜耳|辉瑞|诺华"
_LEFT = regex(
    rf"(?:{_MAKERS}|服用?|使用|吃了?些?|喝了?|涂抹?|注射|口服|外用|买了?|开了?|请问一?下?|咨询下?|想问|问一?下|可以|能否|可否|是否|需要|应该|治疗|患者|适合|以及|或者?"
    r"|还有|听说|推荐|关于|医生|你好|您好|[的了和与跟及或、用服给把对是叫到加吃喝能因孕]|小儿|儿童|成人|老人|孕妇|[^㐀-鿿a-z0-9])$"
)
MIN_BARE = 4  # characters of a patent medicine's name without its form: 六味地黄, but not 感冒


def is_chemical(name: str) -> bool:
    """Whether a Chinese drug name reads like a substance's and not like a patent medicine's; others count as chemical."""
    folded = fold(name)
    return not re.search(r"[㐀-鿿]", folded) or _CHEMICAL.search(folded) is not None


def stands_alone(name: str) -> bool:
    """Whether a name without its form is still a medicine's: 六味地黄 is, 鼻炎 (of 鼻炎丸) and 止咳 (of 止咳丸) are not."""
    return is_chemical(name) or len(name_variants(name)) > 1 or (len(name) >= MIN_BARE and _AILMENT.search(name) is None)


def is_ailment(name: str) -> bool:
    """Whether a name is an ailment's or an effect's, though some medicine is called so: 鼻炎 (丸), 止咳 (糖浆)."""
    return len(name_variants(name)) == 1 and not is_chemical(name) and _AILMENT.search(name) is not None


def asked_form(text: str, end: int) -> str:
    """The dosage form behind a name that ends at `end`, or "" where none follows."""
    gap = FILLER.match(text, end)
    match = FORM.match(text, gap.end() if gap else end)
    return match.group() if match else ""


def form_end(text: str, end: int) -> int:
    """Where a name that ends at `end` ends with the dosage form behind it, if one is there."""
    gap = FILLER.match(text, end)
    match = FORM.match(text, gap.end() if gap else end)
    return match.end() if match else end


def same_form(form: str, title: str) -> bool:
    """Whether a form that was asked for is the one in a label's title; either may be the more special, or unsaid."""
    printed = printed_form(title)
    return not form or not printed or printed.endswith(form) or form.endswith(printed)


def printed_form(name: str) -> str:
    """The dosage form with which a name ends, or "" where it has none."""
    variants = name_variants(name)
    return variants[0].removeprefix(variants[1]) if len(variants) > 1 and variants[0] != variants[1] else ""


def name_begins(text: str, start: int) -> bool:
    """Whether a Chinese name can begin at `start`: behind a mark, a maker or a word of the sentence, not inside a longer name."""
    return start == 0 or _LEFT.search(text, max(0, start - 8), start) is not None
