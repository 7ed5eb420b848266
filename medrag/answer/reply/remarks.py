"""The library's own words about an answer that a model wrote, in Chinese and English."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = [
    "cut_short",
    "dangling",
    "from_memory",
    "invented",
    "left_out",
    "no_memory",
    "no_words",
    "other_language",
    "withheld",
]

_ENDINGS = {
    "stop": ("没有写出可核查的内容", "it stated nothing"),
    "length": ("达到长度上限", "it reached its length limit"),
    "timeout": ("超时", "it took too long"),
    "cancelled": ("已停止", "it was stopped"),
    "repeated": ("内容重复", "it repeated itself"),
    "too-long": ("内容过长", "it wrote too much"),
    "empty": ("没有输出", "it said nothing"),
    "failed": ("出错", "it failed"),
}


def _ending(finish: str, error: str, lang: str) -> str:
    said = _ENDINGS.get(finish, (finish, finish))[0 if lang == "zh" else 1]
    return f"{said}: {error}" if error else said


def cut_short(finish: str, error: str, lang: str, *, left_out: bool) -> str:
    """The notice that the model did not finish, and whether a sentence without an end was left out."""
    why = _ending(finish, error, lang)
    if lang == "zh":
        return f"模型没有写完（{why}）{'，未完成的句子已略去' if left_out else ''}。"
    return f"The model did not finish ({why}){'; its unfinished sentence is left out' if left_out else ''}."


def no_words(finish: str, error: str, lang: str) -> str:
    """The notice that the model gave no answer, so that the evidence is quoted instead."""
    why = _ending(finish, error, lang)
    if lang == "zh":
        return f"模型没有给出回答（{why}），以下直接引用原文。"
    return f"The model gave no answer ({why}); the evidence is quoted instead."


def no_memory(finish: str, error: str, lang: str) -> str:
    """The notice that the model was asked from memory, too, and gave no answer."""
    why = _ending(finish, error, lang)
    return f"模型也没有给出回答（{why}）。" if lang == "zh" else f"The model gave no answer from memory either ({why})."


def withheld(lang: str) -> str:
    """The answer where what the model wrote is withheld for its faults."""
    if lang == "zh":
        return "模型写的回答中有与资料不符或资料没有的内容，按设定不予显示；找到的资料附在后面。"
    return "What the model wrote is not carried by the evidence and is withheld, as configured; the evidence is attached."


def left_out(count: int, lang: str) -> str:
    """The notice that claims were dropped."""
    if lang == "zh":
        return f"已略去 {count} 句与资料不符或资料没有的内容。"
    return f"{count} statement{'' if count == 1 else 's'} not carried by the evidence left out."


def dangling(marks: Sequence[str], lang: str) -> str:
    """The notice that the answer has citation marks that stand for nothing."""
    shown = (" " if lang == "en" else "").join(dict.fromkeys(marks))
    return f"引用标记 {shown} 没有对应的资料。" if lang == "zh" else f"The citation {shown} stands for nothing that was shown."


def invented(mark: str, lang: str) -> str:
    """The fault of a mark that stands for nothing, as the model is told it."""
    return f"{mark} 不是给出的资料编号" if lang == "zh" else f"{mark} is not one of the numbers given"


def other_language(lang: str) -> str:
    """The notice, and the fault, that a reply is not in the question's language."""
    return (
        "回答没有使用提问的语言（中文）。" if lang == "zh" else "The answer is not in the language of the question (English)."
    )


def from_memory(lang: str) -> str:
    """The line above an answer that does not come from the knowledge base."""
    if lang == "zh":
        return "【以下不是知识库内容】知识库中没有能回答这个问题的资料；以下是语言模型凭记忆写的，未经核对，可能有误。\n"
    return (
        "[Not from the knowledge base] It has nothing that answers this question; what follows is what the language model "
        "remembers. It is unchecked and may be wrong.\n"
    )
