"""Sentences that speak of another drug than their passage: of one that sounds alike, or of one that does something else."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from medrag.kb.base import KnowledgeBase
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo

__all__ = ["ENGLISH", "DrugNames", "read_chinese", "read_english"]

_SUBJECT = re.compile(r"本品|本药")
_TITLE = re.compile(r"[一-鿿]{3,9}")
_IN_A_LONGER_NAME = re.compile(r"[酸盐酯类钠钾钙镁片胶颗注缓肠口糖栓软乳凝滴丸散膏制霜酮]|合剂")
_LONGER_BEFORE = re.compile(r"[酸盐方氢代基苯甲乙丙丁去异氨氯氟羟酰]$")
_REFERENCE = re.compile(r"[(\[]\s?(?:see|refer to)\b[^)\]]*$", re.IGNORECASE)
_ALIKE = 2  # letters that two names must share at their start or end to sound alike
_TRIES = 12

# One line a class: generic names that a label of another class may be said to speak of. Names of one line are never swapped
# where the class itself may be meant.
ENGLISH = tuple(
    tuple(line.split())
    for line in (
        "atorvastatin simvastatin pravastatin rosuvastatin lovastatin fluvastatin",
        "lisinopril enalapril captopril ramipril benazepril fosinopril quinapril",
        "losartan valsartan irbesartan candesartan olmesartan telmisartan",
        "metoprolol atenolol propranolol bisoprolol carvedilol nadolol labetalol timolol",
        "amlodipine nifedipine felodipine diltiazem verapamil nicardipine",
        "hydrochlorothiazide furosemide chlorthalidone bumetanide torsemide spironolactone triamterene amiloride",
        "metformin glipizide glyburide glimepiride pioglitazone sitagliptin",
        "omeprazole lansoprazole pantoprazole esomeprazole rabeprazole cimetidine ranitidine famotidine nizatidine",
        "ibuprofen naproxen diclofenac ketorolac indomethacin meloxicam celecoxib etodolac",
        "fluoxetine sertraline paroxetine citalopram escitalopram venlafaxine duloxetine bupropion",
        "amitriptyline nortriptyline imipramine desipramine doxepin",
        "diazepam lorazepam alprazolam clonazepam midazolam temazepam triazolam",
        "haloperidol risperidone olanzapine quetiapine clozapine chlorpromazine aripiprazole",
        "phenytoin carbamazepine lamotrigine topiramate gabapentin pregabalin phenobarbital",
        "amoxicillin ampicillin oxacillin penicillin",
        "cephalexin cefaclor cefuroxime cefdinir ceftriaxone cefazolin",
        "erythromycin clarithromycin azithromycin",
        "ciprofloxacin levofloxacin ofloxacin moxifloxacin",
        "doxycycline minocycline tetracycline",
        "gentamicin tobramycin amikacin neomycin",
        "fluconazole itraconazole ketoconazole voriconazole terbinafine",
        "ritonavir saquinavir indinavir lopinavir nelfinavir atazanavir",
        "zidovudine lamivudine abacavir tenofovir didanosine efavirenz",
        "acyclovir valacyclovir famciclovir ganciclovir",
        "warfarin heparin enoxaparin clopidogrel ticlopidine",
        "prednisone prednisolone dexamethasone hydrocortisone methylprednisolone betamethasone budesonide fluticasone",
        "morphine codeine oxycodone hydrocodone hydromorphone fentanyl methadone tramadol",
        "methotrexate cyclophosphamide doxorubicin cisplatin vincristine vinblastine fluorouracil",
        "digoxin amiodarone quinidine procainamide",
        "levothyroxine liothyronine propylthiouracil methimazole",
        "lithium theophylline aminophylline",
        "loratadine cetirizine diphenhydramine hydroxyzine promethazine chlorpheniramine",
        "sildenafil tadalafil vardenafil",
        "alendronate risedronate ibandronate",
        "rifampin isoniazid pyrazinamide ethambutol",
        "cyclosporine tacrolimus sirolimus azathioprine",
        "ondansetron metoclopramide prochlorperazine",
        "allopurinol probenecid colchicine",
        "acetaminophen", "aspirin", "insulin", "caffeine", "lidocaine", "albuterol", "finasteride", "oxybutynin", "baclofen", "sumatriptan",
    )
)  # fmt: skip
_SOUND_ALIKE = {
    "metformin": "metronidazole", "hydroxyzine": "hydralazine", "celecoxib": "citalopram", "clonazepam": "clonidine", "prednisone": "prednisolone",
    "vincristine": "vinblastine", "chlorpromazine": "chlorpropamide", "lamotrigine": "lamivudine", "tramadol": "trazodone",
    "cyclosporine": "cycloserine", "dopamine": "dobutamine", "ephedrine": "epinephrine", "quinidine": "quinine", "risperidone": "ropinirole",
    "bupropion": "buspirone", "carbamazepine": "oxcarbazepine", "fluoxetine": "paroxetine", "glipizide": "glyburide", "amlodipine": "amiloride",
    "oxycodone": "oxymorphone", "hydrocodone": "oxycodone", "cefuroxime": "cefotaxime", "acyclovir": "ganciclovir", "methimazole": "metolazone",
    "penicillin": "penicillamine", "rifampin": "rifaximin", "sertraline": "cetirizine", "zidovudine": "lamivudine", "furosemide": "torsemide",
    "nifedipine": "nimodipine", "losartan": "valsartan", "alprazolam": "lorazepam", "doxorubicin": "daunorubicin", "tacrolimus": "pimecrolimus",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class DrugNames:
    """Names that may be put in each other's place: each with its class, and with the text about it, which says its other names."""

    classes: Mapping[str, str]
    about: Mapping[str, str]
    pattern: re.Pattern[str]
    alike: Mapping[str, Sequence[str]]

    def change(self, sentence: str, passage: str, rng: Random) -> Iterator[str]:
        """The sentence with a drug's name, or with the words `this product`, replaced by another drug's name."""
        found = [m for m in self.pattern.finditer(sentence) if not self._inside(sentence, m)]
        for match in rng.sample(found, len(found)):
            old = match[0].lower()
            for new in self._others(old, rng):
                if self._apart(old, new, passage):
                    yield sentence[: match.start()] + _cased(new, match[0]) + sentence[match.end() :]

    def change_subject(self, sentence: str, passage: str, rng: Random, title: str) -> Iterator[str]:
        """The sentence with the name of another drug where it says `this product`; the title is the drug's own name."""
        for match in _SUBJECT.finditer(sentence):
            for new in self._others(title, rng):
                if self._apart(title, new, passage):
                    yield sentence[: match.start()] + new + sentence[match.end() :]

    def _others(self, old: str, rng: Random) -> list[str]:
        """Names to put in a name's place: first those that sound like it, then any."""
        alike = list(self.alike.get(old, ()))
        every = list(self.classes)
        return [*rng.sample(alike, len(alike)), *rng.sample(every, min(_TRIES, len(every)))]

    def _apart(self, old: str, new: str, passage: str) -> bool:
        """Whether nothing says that the two names could mean the same or the same class of drugs."""
        lowered = passage.lower()
        if new == old or new in lowered or old in new or new in old or self.classes.get(new) == self.classes.get(old, "?"):
            return False
        return new not in self.about.get(old, "") and old not in self.about.get(new, "")

    def _inside(self, sentence: str, match: re.Match[str]) -> bool:
        """Whether the name is a part of a longer one (a salt, a form, another substance) or of a reference to a section."""
        if match[0].isascii():
            return _REFERENCE.search(sentence[: match.start()]) is not None
        return bool(_IN_A_LONGER_NAME.match(sentence, match.end()) or _LONGER_BEFORE.search(sentence[: match.start()]))


def _cased(new: str, old: str) -> str:
    if old.isascii() and old.isupper():
        return new.upper()
    return new.capitalize() if old[0].isupper() else new


def read_english() -> DrugNames:
    """The English names of this module's own tables."""
    classes = {name: line[0] for line in ENGLISH for name in line}
    for name, other in _SOUND_ALIKE.items():
        classes.setdefault(name, name)
        classes.setdefault(other, f"like {name}")
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(classes, key=len, reverse=True))})\b", re.IGNORECASE)
    alike = {name: [other] for name, other in _SOUND_ALIKE.items()}
    for name in classes:
        alike.setdefault(name, []).extend(_alike(name, classes, 4))
    return DrugNames(classes, {}, pattern, alike)


def read_chinese(kb: KnowledgeBase, documents: Sequence[DocumentInfo]) -> DrugNames:
    """The Chinese names that labels of the knowledge base have for their title, with the class and the text of each label."""
    classes: dict[str, str] = {}
    about: dict[str, str] = {}
    for document in documents:
        name = document.title
        if document.lang == "zh" and _TITLE.fullmatch(name) and name not in classes:
            passages = kb.passages_of(document)
            kind = next((p.text for p in passages if p.section.group is SectionGroup.CLASSIFICATION), "")
            if kind:
                classes[name] = kind
                about[name] = "\n".join(p.text for p in passages)
    names = sorted(classes, key=lambda name: (-len(name), name))
    pattern = re.compile("|".join(map(re.escape, names)) or "(?!)")
    return DrugNames(classes, about, pattern, {name: _alike(name, classes, _ALIKE) for name in classes})


def _alike(name: str, names: Mapping[str, str], letters: int) -> list[str]:
    """The names that share so many letters with this one at the start or at the end, at most ten, in order."""
    return [
        other for other in names if other != name and (other[:letters] == name[:letters] or other[-letters:] == name[-letters:])
    ][:10]
