"""Two answers to one question, compared by a judge: the prompts, the draw of pairs, and what the replies come to.

The judge is shown the question, perhaps a reference answer, and both answers, and is to put two numbers in its first line
(`medrag.evaluate.judgement`). Which answer stands first sways judges, so seats alternate as PULSE-EVAL draws them, or each pair
is judged in both seats and a win counts only where both agree. Source: Zheng et al., NeurIPS 2023 (MT-Bench); PULSE-EVAL.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from medrag.evaluate.battles import Battle, counts
from medrag.evaluate.bradley_terry import bradley_terry
from medrag.evaluate.elo import elo_bootstrap
from medrag.evaluate.judgement import Judgement, Outcome, parse_pairwise
from medrag.evaluate.judges.answers import Set
from medrag.evaluate.judges.replies import Replies
from medrag.evaluate.metrics import Estimate
from medrag.evaluate.pairing import ROUNDS, SEED, Pair, draw_pairs
from medrag.evaluate.report.ratings import Model, Rated, Value
from medrag.evaluate.threads import in_order
from medrag.llm.messages import Message, Role

__all__ = ["PLAIN", "REFERENCE", "Compared", "compare_answers", "pairwise_messages", "rated"]

SYSTEM = "You check the quality of answers. You are fair, precise and strict."
PLAIN = (
    "Two assistants answered the question of a user above. Rate how accurate and how detailed each answer is, from 1 to 10, "
    "higher is better. The first line of your reply holds nothing but two numbers, the rating of Assistant 1 and of Assistant 2, "
    "with a space between them. Explain your ratings in the lines below it. The order in which the answers stand must not "
    "sway you."
)
REFERENCE = (
    "Two assistants answered the question of a user above; the reference answer is right. Rate each answer: 10 where it chooses "
    "what the reference answer says, 0 where it gives no direct answer, otherwise between them as far as its reasoning is "
    "right. The first line of your reply holds nothing but two numbers, the rating of Assistant 1 and of Assistant 2, with a "
    "space between them. Explain your ratings in the lines below it. The order in which the answers stand must not sway you."
)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison: the battle, the first line of the judge's reply, and why there is no reply where there is none.

    `swapped_line` is the first line of the reply with the seats changed, where that was asked for.
    """

    battle: Battle
    first_line: str
    fault: str = ""
    swapped_line: str = ""


def pairwise_messages(question: str, first: str, second: str, *, reference: str = "") -> list[Message]:
    """What the judge is sent; with a reference answer the instruction is `REFERENCE`, else `PLAIN`."""
    parts = [f"[Question]\n{question}"]
    if reference:
        parts.append(f"[Reference Answer]\n{reference}")
    for number, answer in ((1, first), (2, second)):
        parts.append(f"[The Start of Assistant {number}'s Answer]\n{answer}\n[The End of Assistant {number}'s Answer]")
    parts.append(f"[System]\n{REFERENCE if reference else PLAIN}")
    return [Message(Role.SYSTEM, SYSTEM), Message(Role.USER, "\n\n".join(parts))]


def compare_answers(
    answers: Set,
    judge: Replies,
    *,
    rounds: int = ROUNDS,
    seed: int = SEED,
    with_reference: bool = False,
    both_seats: bool = False,
    workers: int = 4,
    progress: Progress = lambda _doing, _done, _of: None,
) -> list[Compared]:
    """The comparisons of the pairs that are drawn, in their order; empty answers are not drawn.

    A reply that does not parse, and a reply that is missing, is `Outcome.UNPARSABLE`: counted, and half a win for each in
    ratings as PULSE's script has it. `both_seats` asks twice; where the seats disagree it is a tie.
    """
    pairs = draw_pairs(list(answers.models), answers.empty, questions=len(answers.questions), rounds=rounds, seed=seed)

    def one(pair: Pair) -> Compared:
        reference = answers.references[pair.question] if with_reference else ""
        there = _asked(answers, pair, reference, judge)
        if not both_seats or there.battle.judgement.outcome is Outcome.UNPARSABLE:
            return there
        return _agreed(there, _asked(answers, Pair(pair.question, pair.b, pair.a), reference, judge))

    compared = []
    for at, found in enumerate(in_order(one, pairs, workers), start=1):
        compared.append(found)
        progress("comparisons", at, len(pairs))
    return compared


def _asked(answers: Set, pair: Pair, reference: str, judge: Replies) -> Compared:
    first, second = answers.models[pair.a][pair.question], answers.models[pair.b][pair.question]
    said = judge.reply(pairwise_messages(answers.questions[pair.question], first, second, reference=reference))
    judgement = Judgement(Outcome.UNPARSABLE) if said.fault else parse_pairwise(said.text)
    return Compared(Battle(pair, judgement), said.text.strip().partition("\n")[0], said.fault)


_SWAPPED = {Outcome.A: Outcome.B, Outcome.B: Outcome.A}


def _agreed(there: Compared, swapped: Compared) -> Compared:
    """The comparison in both seats as one: a win where both say so, unparsable where the second reply is, else a tie."""
    other = swapped.battle.judgement
    own, swapped_outcome = there.battle.judgement, _SWAPPED.get(other.outcome, other.outcome)
    if swapped_outcome is Outcome.UNPARSABLE:
        own = Judgement(Outcome.UNPARSABLE)
    elif swapped_outcome is not own.outcome:
        own = Judgement(Outcome.TIE)
    return Compared(Battle(there.battle.pair, own), there.first_line, swapped.fault, swapped.first_line)


def rated(name: str, compared: Sequence[Compared], judge: str, *, resamples: int = 1_000) -> Rated:
    """The ratings that the comparisons come to, best first, with what must be said beside them."""
    battles = [one.battle for one in compared]
    elo, strengths = elo_bootstrap(battles, resamples=resamples), bradley_terry(battles, resamples=resamples)
    ended = counts(battles)
    faults = sum(bool(one.fault) for one in compared)
    said = (
        f"Judge: {judge}. {len(battles)} comparisons, {ended[Outcome.TIE]} ties, {ended[Outcome.UNPARSABLE]} that cannot be read "
        f"(of these {faults} without a reply), which count as half a win each. Elo is the median over resamples in random order, "
        "for it depends on the order; Bradley-Terry does not."
    )
    models = [Model(model=model, elo=_value(elo[model]), bradley_terry=_value(strengths[model])) for model in elo]
    return Rated(name=name, said=said, models=tuple(sorted(models, key=lambda one: -one.elo.value)))


def _value(estimate: Estimate) -> Value:
    return Value(value=estimate.value, low=estimate.low, high=estimate.high)
