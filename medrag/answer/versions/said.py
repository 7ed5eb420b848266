"""A change of a label in words: a new contraindication, a lower dose, another age limit, a stricter word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medrag.answer.verify.amounts import FREQUENCY, Amount, Fit, fit
from medrag.answer.verify.numbers import amounts
from medrag.answer.verify.units import TIME
from medrag.answer.versions.strict import strictness
from medrag.kb.folding import fold
from medrag.patterns import regex
from medrag.sections import SectionGroup

__all__ = ["what_changed"]

G = SectionGroup
_HAN = regex(r"[㐀-鿿]")
_NOUNS = {
    G.INDICATIONS: ("适应症", "indication"),
    G.CONTRAINDICATIONS: ("禁忌", "contraindication"),
    G.BOXED_WARNING: ("警告", "boxed warning"),
    G.WARNINGS: ("注意事项", "warning"),
    G.ADVERSE_REACTIONS: ("不良反应", "adverse reaction"),
    G.INTERACTIONS: ("相互作用", "interaction"),
    G.PREGNANCY: ("孕产用药说明", "statement on pregnancy or breast-feeding"),
    G.PEDIATRIC: ("儿童用药说明", "statement on children"),
    G.GERIATRIC: ("老年用药说明", "statement on older patients"),
    G.DOSAGE: ("用法用量", "dosage statement"),
    G.OVERDOSAGE: ("药物过量说明", "statement on overdose"),
    G.STORAGE: ("贮藏条件", "storage condition"),
}


def what_changed(old: str, new: str, group: SectionGroup) -> tuple[str, ...]:
    """What a reader must know of a sentence that came (`old` is empty), went (`new` is), or is worded anew; often nothing."""
    zh = bool(_HAN.search(old or new))
    if not old or not new:
        noun = _NOUNS.get(group)
        if noun is None:
            return ()
        if zh:
            return (f"{'新增' if new else '删除'}{noun[0]}",)
        return (f"new {noun[1]}" if new else f"{noun[1]} removed",)
    return tuple(dict.fromkeys([*_stricter(old, new, zh), *_amounts(old, new, group, zh)]))


def _stricter(old: str, new: str, zh: bool) -> Iterator[str]:
    before, after = strictness(fold(old)), strictness(fold(new))
    if before[0] == after[0]:
        return
    was, now = (before[1], after[1]) if zh else (before[2], after[2])
    stricter = after[0] > before[0]
    if zh:
        yield f"措辞变{'严' if stricter else '宽'}：{was or '无限制词'} → {now or '无限制词'}"
    else:
        yield f"worded {'more' if stricter else 'less'} strictly: {was or 'no restriction'} → {now or 'no restriction'}"


def _amounts(old: str, new: str, group: SectionGroup, zh: bool) -> Iterator[str]:
    """The quantities that changed, each with the one of its dimension that it stands for."""
    before, after = fold(old), fold(new)
    gone, come = _unmatched(amounts(before), amounts(after)), _unmatched(amounts(after), amounts(before))
    for one in gone:
        other = next((amount for amount in come if amount.dimension == one.dimension), None)
        if other is None:
            continue
        come.remove(other)
        was, now = before[one.start : one.end].strip(), after[other.start : other.end].strip()
        yield f"{_what(one, group, zh)}{_direction(one, other, zh)}{'：' if zh else ': '}{was} → {now}"


def _unmatched(some: Sequence[Amount], others: Sequence[Amount]) -> list[Amount]:
    return [one for one in some if not any(fit(one, other) is Fit.SAME for other in others)]


def _what(amount: Amount, group: SectionGroup, zh: bool) -> str:
    if amount.dimension == FREQUENCY:
        return "次数" if zh else "frequency "
    if amount.dimension == TIME:
        return "年龄或时间" if zh else "age or time "
    if group in {G.DOSAGE, G.PEDIATRIC, G.GERIATRIC}:
        return "剂量" if zh else "dose "
    return "数值" if zh else "value "


def _direction(one: Amount, other: Amount, zh: bool) -> str:
    if (one.low, one.high) == (other.low, other.high):
        return "的界限改变" if zh else "bound otherwise"
    if other.low >= one.low and other.high >= one.high:
        return "提高" if zh else "raised"
    if other.low <= one.low and other.high <= one.high:
        return "降低" if zh else "lowered"
    return "范围改变" if zh else "range changed"
