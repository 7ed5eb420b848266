"""The conditions that an English phrase lists, each as a name of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator

from medrag.ingest.mining.conditions import kind_of_condition_en
from medrag.types import EntityKind

__all__ = ["conditions", "lowered"]

# Where a phrase stops naming conditions.
_MARKS = " .,;:\"'“”-–*®™†‡"
MIN_SHOUTED = 6  # characters of a word in capitals that is no abbreviation
_CUT = re.compile(
    r"\s(?:in|who|whose|when|where|that|which|if|unless|while|whether|as|by|due to|caused by|resulting|secondary to|associated with|with or without|accompanied|accompanying|"
    r"with(?! (?:known|a history|or))|to|until|following|after|before|during|despite|because|requiring|refractory|unresponsive|characterized|manifested|not|from|than|for(?! (?:heart|stroke))|"
    r"at|is|are|was|were|has|have|may|can|should|will|must|than|so|thus|based|using|on|only|undergoing|receiving|taking|prior|except|excluding|within|intended|regardless|since|through|being|where)\b.*",
    re.IGNORECASE | re.DOTALL,
)
_AND = re.compile(
    r"\s*[,;:]\s*(?:(?:and/or|and|or|including)\b)?\s*|\s*&\s*|\s+(?:and/or|and|or|as well as|including|such as|e\.g\.,?|i\.e\.,?|plus)\s+|\s*/\s*(?=[a-z]{4})",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(?:the|a|an|any|all|other|certain|various|these|those|some|both|either|many|most|your|his|their|this|such|severe forms? of|"
    r"signs? (?:and|or) symptoms? of|signs of|symptoms? of|symptomatic|symptoms such as|temporary|temporarily|occasional|relief|relieves?|relieving|treatment|management|managing|"
    r"prevention|prevent(?:ing)?|prophylaxis|prophylactic|control(?:ling)?|reduc(?:e|es|ing|tion)|maintenance|adjunct(?:ive)?|adjuvant|therapy|treat(?:ing|s)?|"
    r"initial|acute treatment|short[- ]term|long[- ]term|chronic treatment|palliative|palliation|induction|suppression|eradication|healing|amelioration|alleviation|diagnosis|"
    r"patients?|persons?|individuals?|adults?|people|women|men|children|infants|with|who have|have|having|has|suffering from|documented|confirmed|known|suspected|possible|apparent|"
    r"pre-?existing|existing|current|concomitant|concurrent|established|history|histories|past|prior|previous|presence|the following|following|conditions?|cases?|states?|episodes?|"
    r"onset|relapse|recurrence|progression|risk|incidence|frequency|severity|attacks|exacerbations?|development|forms?(?= of)|types?(?= of)|stages?(?= of)|"
    r"of|for|in|to|from|on|and|or|mild|moderate|mild to moderate|moderate to severe|mild-to-severe|mild to severe|acute exacerbations?|rapid|correction|termination|remission|subsequent|personal|specifically|clears|calms|correct(?:s|ing)?|diminish|further|familial|laboratory|related to|experienced|demonstrated|exhibited|shown|developed|such as|including|mild-to-moderate|moderate-to-severe|mild or moderate|mildly|moderately|minor|"
    r"uncomplicated|selected|susceptible|responsive|appropriate|also|only|primarily|help|helps|aid|aids|use|used|useful|evidence|clinical|clinically|significant|general|"
    r"indicated|is|are|intravenous|oral|topical|local|non-?\s?specific|additional|related|associated|similar|it|when|due|caused by|because of|the result of|secondary|against|"
    r"an increased|increased|decreased|active ingredients?|serious|life-threatening|well|more|especially|particularly|usually|generally|e\.g\.,?|i\.e\.,?)(?![\w'-])[\s,:]*",
    re.IGNORECASE,
)
_FUNCTION = re.compile(
    r"(?P<degree>(?:severe|marked|significant|serious|moderate)(?:ly)? )?(?:impair(?:ment|ments) (?:of|in)|impaired|decreased|reduced|compromised) "
    r"(?P<organs>(?:hepatic|renal|liver|kidney|cardiac|pulmonary|respiratory)(?:,? (?:or|and|and/or) (?:hepatic|renal|liver|kidney|cardiac|pulmonary|respiratory)|, (?:hepatic|renal|pulmonary|cardiac))*) functions?",
    re.IGNORECASE,
)
_MANIFESTED = re.compile(r"(?:[\w-]+,? (?:and |or )?){0,3}manifestations? of (?:the )?", re.IGNORECASE)
_DEGREES = re.compile(
    r"\b(?:mild|moderate|moderately|mildly)(?:[- ]to[- ]|[- ]or[- ]|[- ]and[- ])(?:moderate|severe|moderately|severely)(?:ly)?\s+",
    re.IGNORECASE,
)
_TRAIL = re.compile(
    r"[\s,;:]+(?:of (?:the )?(?:\w+(?:ic|al|ous|ed)|elderly)|symptoms?|patients?|conditions?|episodes?|therapy|treatment|alone|only|etc|et al|and|or|of|the|respectively|itself|recurrence|such|states?|too|type|types|in|with)\.?$",
    re.IGNORECASE,
)
_MODIFIERS = frozenset(
    "complete incomplete total acute chronic subacute mild moderate severe active recurrent primary secondary essential benign malignant congenital acquired upper lower bacterial viral fungal "
    "hepatic renal cardiac pulmonary respiratory gastric duodenal peptic esophageal intestinal cerebral vascular cardiovascular peripheral central ocular dental oral nasal vaginal "
    "urinary genital skin liver kidney heart lung thyroid bone joint blood brain eye ear muscle breast ovarian cervical endometrial gynecologic rheumatoid systemic partial generalized simple "
    "complex focal tonic clonic ventricular atrial supraventricular seasonal perennial allergic vasomotor major minor diabetic hypertensive migraine tension type uncomplicated complicated "
    "postoperative preoperative postpartum prenatal neonatal juvenile adult pediatric infantile senile idiopathic symptomatic asymptomatic nocturnal postherpetic metastatic advanced early "
    "localized disseminated superficial deep internal external contact atopic seborrheic psoriatic anterior posterior small large non-small stable unstable coronary carotid pancreatic biliary "
    "intra-abdominal abdominal pelvic lobar lymphatic granulocytic myelogenous lymphocytic gastrointestinal musculoskeletal neurological psychiatric neurologic emotional mental physical "
    "inflammatory degenerative metabolic endocrine rheumatic collagen neoplastic convulsive obstructive hemorrhagic ischemic embolic thrombotic hypochromic manic depressive bipolar "
    "motor sensory autonomic tinea hypertrophic erosive nonerosive herpes community-acquired nosocomial sinus hospital-acquired clinical adrenal adrenocortical parathyroid pituitary hemolytic aplastic".split()
)

_CAUSE = re.compile(r"\s(?:due to|caused by|resulting from|secondary to|associated with)\s[^;]*", re.IGNORECASE)


def conditions(phrase: str) -> Iterator[tuple[str, EntityKind]]:
    """The conditions that a phrase lists, what is left out of one of them filled in from the next."""
    parts = [_bare(part) for part in _AND.split(_plainly(phrase).strip(" .;:"))]
    for at in range(len(parts) - 2, -1, -1):
        words, following = parts[at].lower().split(), parts[at + 1].split()
        if words and all(word in _MODIFIERS for word in words) and following:
            given = next((i for i, word in enumerate(following) if not _modifies(word.lower())), len(following) - 1)
            parts[at] = " ".join([*parts[at].split(), *following[min(given, len(words)) :]])
    for name in parts:
        kind = kind_of_condition_en(name) if name else None
        if kind is not None:
            yield lowered(name), kind


def _modifies(word: str) -> bool:
    return word in _MODIFIERS or (len(word) > 6 and word.endswith(("ar", "al", "ic", "ous", "ory", "ary")))


def _plainly(phrase: str) -> str:
    """The phrase without degrees, and with impairment of renal function as renal impairment."""
    return _FUNCTION.sub(_impaired, _DEGREES.sub("", _MANIFESTED.sub("", _CAUSE.sub("", phrase))))


def _impaired(match: re.Match[str]) -> str:
    degree = (match["degree"] or "").replace("ly ", " ")
    return ", ".join(f"{degree}{organ} impairment" for organ in re.split(r",? (?:or|and|and/or) |, ", match["organs"]))


def _bare(part: str) -> str:
    """The part without the words around a name: who has it, how it is treated, how bad it is."""
    before = ""
    while part != before:
        before = part
        part = _CUT.sub("", _TRAIL.sub("", _LEAD.sub("", part.strip(_MARKS))))
    part = part.strip(_MARKS)
    return " ".join(part.split())


def lowered(name: str) -> str:
    """The name as within a sentence: Hypertension is hypertension, HIV-1 infection and Crohn's disease stay."""
    words = name.split()
    kept = {"'", "’"} & set(name) or any(word.isupper() and len(word) < MIN_SHOUTED for word in words)
    if (len(words) > 1 and all(word[:1].isupper() for word in words)) or (name.isupper() and len(name) >= MIN_SHOUTED):
        return name if kept else name.lower()
    first = words[0]
    plain = first[1:].islower() and not {"'", "’"} & set(first) and first.lower() not in _PROPER
    return name[0].lower() + name[1:] if plain else name


_PROPER = frozenset(
    "parkinson hodgkin crohn alzheimer gaucher paget addison cushing graves huntington wilson kaposi zollinger-ellison zollinger tourette raynaud meniere barrett "
    "reye sjogren ewing escherichia staphylococcus streptococcus haemophilus pseudomonas klebsiella neisseria chlamydia candida rocky philadelphia stevens-johnson".split()
)
