"""PULSE-EVAL's eight sets: seven compared in pairs by a judge, triage by its labels, and each model's average rank over all.

The folder holds a folder for each model with a file for each set, as PULSE-EVAL's `eval/predicted` does. The released judgements of
2023 show the judge a reference answer for DialogSumm alone, though others have one; this does the same unless told otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from medrag.errors import EvaluationError
from medrag.evaluate.judges.answers import Set, answers_of, set_of
from medrag.evaluate.judges.pairwise import Compared, compare_answers, rated
from medrag.evaluate.judges.replies import Replies
from medrag.evaluate.pairing import ROUNDS, SEED
from medrag.evaluate.ranks import average_ranks
from medrag.evaluate.report.ratings import Rated
from medrag.evaluate.triage import MicroF1, labels_of, micro_f1

__all__ = ["ORDER", "TRIAGE", "Judged", "JudgedSet", "judge_sets", "read_sets"]

TRIAGE = "MedTriage"
WITH_REFERENCE = frozenset({"DialogSumm"})
# The sets, and what their files may be called besides.
_SETS = {
    "MedQA-USMLE": ("usmle",),
    "MedQA-Mainland": ("mainland",),
    "PromptCBLUE": (),
    "WebMedQA": (),
    "CheckupQA": (),
    "MedicineQA": ("medicineqarag",),
    "DialogSumm": ("emrhg",),
    TRIAGE: (),
}
# The order of the published models in the draw of pairs. A model of one's own comes after them, and leaves their pairs as they are.
ORDER = "ChatGPT MING BianQue2 ChatGLM3 BenTsao GPT-4 PULSE-OS QiZhenGPT DoctorGLM Baichuan2 HuatuoGPT2 PULSE-Pro".split()

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """A set as it was judged: its comparisons and the ratings that they come to."""

    name: str
    compared: tuple[Compared, ...]
    rated: Rated


@dataclass(frozen=True, slots=True)
class Judged:
    """What the sets came to: those judged in pairs, the triage of each model where that set is there, and the average ranks."""

    sets: tuple[JudgedSet, ...]
    triage: dict[str, MicroF1]
    ranks: dict[str, float]


def read_sets(folder: Path, names: Sequence[str] = ()) -> dict[str, Set]:
    """The answers by set, for all sets that every model has, or those named; the models in the order of the draw.

    Raises `EvaluationError` where a model lacks a set that another has, and for a name that is no set.
    """
    wanted = {_set_named(name) for name in names}
    files: dict[str, dict[str, Path]] = {}
    for model in sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else ():
        for file in sorted(model.glob("*.jsonl")):
            name = _name_of(file.stem)
            if name and (not wanted or name in wanted):
                files.setdefault(name, {})[model.name] = file
    models = sorted({model for own in files.values() for model in own}, key=_place)
    if len(models) < 2:
        raise EvaluationError(
            f"{folder}: wanted a folder for each of two models or more, with files such as MedicineQA.jsonl in it"
        )
    for name, own in files.items():
        lacking = [model for model in models if model not in own]
        if lacking:
            raise EvaluationError(f"{folder}: there is no {name} of {', '.join(lacking)}: leave the set or the model out")
    return {
        name: set_of([replace(answers_of(files[name][model]), model=model) for model in models])
        for name in _SETS
        if name in files
    }


def judge_sets(
    sets: dict[str, Set],
    judge: Replies,
    *,
    rounds: int = ROUNDS,
    seed: int = SEED,
    reference_always: bool = False,
    both_seats: bool = False,
    resamples: int = 1_000,
    progress: Progress = lambda _doing, _done, _of: None,
) -> Judged:
    """The sets judged in pairs, each drawn anew from the seed, and triage scored by its labels."""
    judged = []
    values: dict[str, dict[str, float]] = {}
    for name, answers in sets.items():
        if name == TRIAGE:
            continue
        compared = compare_answers(
            answers,
            judge,
            rounds=rounds,
            seed=seed,
            with_reference=reference_always or name in WITH_REFERENCE,
            both_seats=both_seats,
            progress=lambda _doing, done, of, name=name: progress(name, done, of),  # type: ignore[misc]  # mypy cannot type a lambda's default
        )
        judged.append(JudgedSet(name, tuple(compared), rated(name, compared, judge.name, resamples=resamples)))
        values[name] = {one.model: one.elo.value for one in judged[-1].rated.models}
    triage = _triage(sets[TRIAGE]) if TRIAGE in sets else {}
    if triage:
        values[TRIAGE] = {model: one.f1 for model, one in triage.items()}
    return Judged(tuple(judged), triage, average_ranks(values))


def _triage(answers: Set) -> dict[str, MicroF1]:
    gold = [labels_of(reference) for reference in answers.references]
    empty = [at for at, reference in enumerate(answers.references, start=1) if not reference.strip()]
    if empty:
        raise EvaluationError(f"{TRIAGE}: question {empty[0]} has no reference_answer with departments joined by |")
    return {model: micro_f1(gold, [labels_of(text) for text in texts]) for model, texts in answers.models.items()}


def _place(model: str) -> tuple[int, str]:
    return (ORDER.index(model) if model in ORDER else len(ORDER), model)


def _plain(name: str) -> str:
    return "".join(character for character in name.casefold() if character.isalnum())


def _name_of(stem: str) -> str:
    """The set that a file is of; "" where it is of none."""
    plain = _plain(stem)
    return next((name for name, others in _SETS.items() if plain in (_plain(name), *others)), "")


def _set_named(name: str) -> str:
    found = _name_of(name)
    if not found:
        raise EvaluationError(f"there is no set {name!r}: choose among {', '.join(_SETS)}")
    return found
