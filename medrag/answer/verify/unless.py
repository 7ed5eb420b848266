"""Exceptions, supervision and shares that a claim leaves out or turns round: unless a doctor directs, only under supervision.

Labels allow much only on a condition. A claim that says the thing without the condition is flagged where it plainly does
so (even if, in all cases, freely); one that merely does not mention it is left to the comparison of words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from medrag.answer.verify.faults import Fault
from medrag.patterns import regex

__all__ = ["conditions_dropped", "made_exclusive"]

_EXCEPTION = regex(
    r"除非|除[^,，。;；]{1,30}外|(?:仅|只)(?:有|在|当|限|能)|指导下|\b(?:unless|except(?:ing|ions?)?|other than|only (?:if|when|under|for)|if clearly needed|directed by)\b"
)
_CONCEDES = regex(
    r"即使|即便|哪怕|[无不]论|不管|任何情况|无条件|也不行|\b(?:even (?:if|when|though)|regardless|no matter|under any circumstances|in any case|anyway)\b"
)
_ALL = regex(r"所有|一切|一律|任何|\b(?:in )?all (?:cases|patients|forms|types|people)\b|\balways\b|\bwithout exception\b")
_DOCTOR = regex(
    r"医[师生嘱]|大夫|药师|遵医|\b(?:doctors?|physicians?|pharmacists?|dentists?|veterinarians?|(?:health(?:care)?[- ])?(?:professionals?|providers?))\b"
)
_ASKS = regex(
    r"(?:须|应|必须|需|请)?(?:在|遵|咨询|听|由)(?:执业)?医|\b(?:ask|consult|talk (?:to|with)|speak (?:to|with)|check with|tell|contact|under the (?:supervision|care|direction) of)\b"
)
_FREELY = regex(
    r"自行|自己(?:决定|买|用|服)|放心|随意|随便|(?:不必|无需|不用|不需要?)(?:问|咨询|经过|医)|\b(?:freely|anyway|on (?:your|their) own|without (?:asking|consulting|a doctor)|no need to (?:ask|consult))\b"
)
_TOGETHER = r"(?:合用|同用|并用|同服|联用|一起[吃服用]|同时[吃服使]?用?)"
_NOT_TOGETHER = regex(
    rf"(?:避免|不[宜应可能得要]|勿|禁[止忌]?|忌)[^,，。;；]{{0,14}}{_TOGETHER}|{_TOGETHER}[^,，。;；]{{0,6}}(?:禁忌|应避免)"
    r"|\b(?:avoid(?:ed)?|should not|must not|do not|contraindicated)\b[^,.;]{0,60}\b(?:together|with|concomitant\w*|concurrent\w*|co-?administ\w*|combin\w*)\b"
)
_MAY_TOGETHER = regex(
    rf"(?<!不)(?:可以|可|能|能够)(?![引致出发产能])[^,，。;；不]{{0,24}}{_TOGETHER}"
    r"|\b(?:can|may) (?:safely )?be (?:safely )?(?:used|taken|given|combined|co-?administered)\b[^,.;]{0,40}\b(?:together|with)\b"
)
_PART = regex(
    r"至少[有]?[一二两三四五\d]|[一二两三四五\d][种项个组]?[及或]以上|\b(?:at least (?:one|two|three|four|\d)|(?:one|two|three|four|\d) or more|some|most)\b(?= of| )"
)
_WHOLE = regex(r"所有的?|全部|\b(?:all|every one|each) of\b|\ball (?:the )?(?:one|two|three|four|five|six|\d)\b")


_ONLY = regex(r"(?<!不)(?:只|仅)(?=[能可有是在给用吃喝打需限对会由])|(?<!not )\bonly\b")
# What restricts in other words: an exception, a limit, a ban on the rest, what is external and not internal.
_RESTRICTS = regex(
    r"只|仅|唯|除非|除[^。;；]{1,30}外|限|专[用供]|单[独用]|不[得可能应宜要]|勿|禁|少数|个别|外用|最[大多高]量?不"
    r"|\b(?:only|unless|except\w*|other than|sole\w*|limit\w*|exclusive\w*|restrict\w*|alone|must|but|not|never|external\w*|single)\b"
)


def made_exclusive(claim: str, around: Sequence[str]) -> Iterator[Fault]:
    """An `only` of the claim where neither its sentence nor what leads that in restricts anything; all are folded texts."""
    only = _ONLY.search(claim)
    if only is not None and not any(_RESTRICTS.search(text) for text in around):
        yield Fault("words", "", only.group(), against=False)


def conditions_dropped(claim: str, sentence: str) -> Iterator[Fault]:
    """What a claim denies or leaves out of the conditions of the sentence that carries it; both are folded texts."""
    exception = _EXCEPTION.search(sentence)
    concedes, whole = _CONCEDES.search(claim), _ALL.search(claim)
    if exception is not None and concedes is not None and not _CONCEDES.search(sentence):
        yield Fault("meaning", exception.group(), concedes.group(), against=True)
    elif exception is not None and whole is not None and not _EXCEPTION.search(claim) and not _ALL.search(sentence):
        yield Fault("meaning", exception.group(), whole.group(), against=True)
    asks = _ASKS.search(sentence)
    freely = _FREELY.search(claim)
    if asks is not None and _DOCTOR.search(sentence) and freely is not None and not _FREELY.search(sentence):
        yield Fault("meaning", asks.group(), freely.group(), against=True)
    apart, together = _NOT_TOGETHER.search(sentence), _MAY_TOGETHER.search(claim)
    if apart is not None and together is not None and not _MAY_TOGETHER.search(sentence):
        yield Fault("stance", apart.group(), together.group(), against=True)
    part, every = _PART.search(sentence), _WHOLE.search(claim)
    if part is not None and every is not None and not _WHOLE.search(sentence) and not _PART.search(claim):
        yield Fault("meaning", part.group(), every.group(), against=True)
