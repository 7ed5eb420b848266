"""What a report says in words of its own, in Chinese and English."""

from __future__ import annotations

__all__ = ["saying"]

_SAYINGS: dict[str, tuple[str, str]] = {
    "allergy-own": (
        "{medicine}就是或含有患者过敏的{allergen}",
        "{medicine} is or contains {allergen}, to which the patient is allergic",
    ),
    "allergy-class": (
        "{medicine}与患者过敏的{allergen}同属{of}",
        "{medicine} and {allergen}, to which the patient is allergic, are both of the class {of}",
    ),
    "allergy-across": (
        "{medicine}（{of}）与患者过敏的{allergen}可能交叉过敏；说明书未提及",
        "{medicine} ({of}) may cross-react with {allergen}, to which the patient is allergic; its label does not say so",
    ),
    "duplicate": ("{one}与{other}都含有{what}，同服等于加量", "{one} and {other} both contain {what}: taking both doubles it"),
    "same": ("{one}与{other}是同一种药（{what}）", "{one} and {other} are the same medicine ({what})"),
    "dose-day": (
        "所给剂量合每日{given}，超过说明书所述的每日最大量{most}",
        "the dose given comes to {given} a day, above the label's maximum of {most} a day",
    ),
    "dose-once": (
        "所给单次剂量{given}，超过说明书所述的单次最大量{most}",
        "the single dose given is {given}, above the label's maximum of {most} at a time",
    ),
    "dose-times": (
        "所给一日{given}次，超过说明书所述的一日最多{most}次",
        "taken {given} times a day, the label allows at most {most}",
    ),
    "dose-told": (
        "所给剂量合每日{given}，超过说明书用法用量所述的各种剂量（每日至多{most}）；说明书未写明最大量",
        "the dose given comes to {given} a day, above every dose that the label's directions tell of (at most {most} a day); no maximum is printed",
    ),
    "herbs": ("{rule}：{one}中的{herb}与{other}中的{against}", "{rule}: {herb} in {one} and {against} in {other}"),
    "herbs-own": ("{rule}：{herb}与{against}", "{rule}: {herb} and {against}"),
    "unknown": ("知识库和药名表都不认识“{name}”，未能核查它", "nobody here knows {name!r}: it was not checked"),
    "unknown-near": (
        "知识库和药名表都不认识“{name}”，未能核查它；相近的名称有：{near}（不会自动替换）",
        "nobody here knows {name!r}: it was not checked. Names like it are {near}; none is taken in its place",
    ),
    "no-label": (
        "知识库没有“{name}”的说明书：只能用其他药品的说明书核查它",
        "there is no label of {name!r} here: it was checked against the labels of the others alone",
    ),
    "dose-unread": (
        "“{name}”的剂量（{dose}）没有可比的说明书最大量，未能核查",
        "the dose of {name!r} ({dose}) was not checked: no label gives a maximum to compare it with",
    ),
    "weight": (
        "“{name}”的剂量按体重计，需要患者体重才能核查",
        "the dose of {name!r} is by weight: it was not checked without the patient's weight",
    ),
    "ambiguous": ("“{name}”可以指{what}，都按其核查", "{name!r} may mean {what}: it was checked as all of them"),
}


def saying(key: str, lang: str, **values: object) -> str:
    """The words for something, filled in."""
    return _SAYINGS[key][0 if lang == "zh" else 1].format(**values)
