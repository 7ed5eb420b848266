"""Judges: what they are asked, what becomes of their replies, and replies kept so that nothing is asked twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier, BrokenBarrierError

import pytest

from medrag.cli import main
from medrag.errors import EvaluationError
from medrag.evaluate.battles import read_battles
from medrag.evaluate.judgement import Outcome
from medrag.evaluate.judges.answers import Set, answers_of, read_answers
from medrag.evaluate.judges.cmcoqa import mark_answer, marks_of
from medrag.evaluate.judges.consultation import PATIENT_TURNS, Case, consult, judge_messages, mark, patient_messages, read_cases
from medrag.evaluate.judges.pairwise import PLAIN, REFERENCE, compare_answers, pairwise_messages, rated
from medrag.evaluate.judges.replies import KeptReplies, RecordedReplies, replies_of
from medrag.evaluate.report.page import write_report
from medrag.llm.load import load_model
from medrag.llm.messages import Message, Role
from medrag.llm.scripted import Script, ScriptedLLM
from medrag.types import Turn
from tests.shelf import shelf

ASKED = [Message(Role.USER, "一加一")]
FOUR = "Proactivity: 3\nAccuracy: 4\nHelpfulness: 5\nLinguistic Quality: 5"


def kept(llm: ScriptedLLM, path: Path | None = None) -> KeptReplies:
    return KeptReplies(load_model(llm), path)


def longer_wins(messages: Sequence[Message]) -> str:
    """A judge that prefers the longer answer, whatever its seat."""
    parts = messages[-1].content.split("'s Answer]\n")
    first, second = (parts[at].split("\n[The End")[0] for at in (1, 3))
    return f"{min(10, len(first))} {min(10, len(second))}\nbecause of its length"


# ------------------------------------------------------------------ replies


def test_a_reply_is_asked_once_and_kept(tmp_path: Path) -> None:
    llm = ScriptedLLM(["二", "三"])
    judge = kept(llm, tmp_path / "replies.jsonl")
    assert [judge.reply(ASKED).text for _ in range(3)] == ["二"] * 3 and len(llm.calls) == 1
    again = ScriptedLLM("不该问到")
    assert kept(again, tmp_path / "replies.jsonl").reply(ASKED).text == "二" and not again.calls


def test_two_that_ask_the_same_at_once_are_told_the_same(tmp_path: Path) -> None:
    both, told = Barrier(2), iter(("二", "三"))

    def samples(_messages: Sequence[Message]) -> str:
        with suppress(BrokenBarrierError):
            both.wait(0.2)  # until the other asks too, if it ever does
        return next(told)

    judge = kept(ScriptedLLM(samples), tmp_path / "replies.jsonl")
    with ThreadPoolExecutor(2) as pool:
        assert [said.text for said in pool.map(judge.reply, [ASKED, ASKED])] == ["二", "二"]
    assert len((tmp_path / "replies.jsonl").read_text("utf-8").splitlines()) == 1


def test_what_failed_is_not_kept(tmp_path: Path) -> None:
    llm = ScriptedLLM([Script(error=RuntimeError("down")), "二"])
    path = tmp_path / "replies.jsonl"
    said = KeptReplies(load_model(llm), path).reply(ASKED)
    assert said.fault.startswith("no whole reply") and not path.exists()


def test_half_a_line_of_a_killed_run_is_cut_off(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    kept(ScriptedLLM("二"), path).reply(ASKED)
    whole = path.read_bytes()
    path.write_bytes(whole + whole[:20])
    assert kept(ScriptedLLM("x"), path).reply(ASKED).text == "二" and path.read_bytes() == whole


def test_a_recorded_judge_stands_in_for_the_model(tmp_path: Path) -> None:
    path = tmp_path / "replies.jsonl"
    kept(ScriptedLLM("二"), path).reply(ASKED)
    judge = replies_of(f"recorded:{path}")
    assert judge.reply(ASKED).text == "二" and judge.name == "scripted (recorded)"
    assert judge.reply([Message(Role.USER, "二加二")]).fault == "not among the recorded replies"
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"key": "0" * 64, "model": "another", "reply": "x"}) + "\n")
    with pytest.raises(EvaluationError, match="replies of several models"):
        RecordedReplies(path)
    with pytest.raises(EvaluationError, match="no recorded replies"):
        RecordedReplies(tmp_path / "none.jsonl")


# ------------------------------------------------------------------ pairs

ANSWERS = Set(
    ("甲问", "乙问"),
    ("甲", ""),
    {"short": ("a", "b"), "middle": ("aaa", "bbb"), "long": ("aaaaaa", "bbbbbb")},
)


def test_the_judge_is_shown_both_answers_and_the_reference_where_there_is_one() -> None:
    plain = pairwise_messages("问", "一", "二")[-1].content
    assert plain.index("Assistant 1's Answer]\n一") < plain.index("Assistant 2's Answer]\n二") and plain.endswith(PLAIN)
    assert "[Reference Answer]" not in plain
    assert pairwise_messages("问", "一", "二", reference="答")[-1].content.endswith(REFERENCE)


def test_models_are_rated_by_what_the_judge_prefers() -> None:
    compared = compare_answers(ANSWERS, kept(ScriptedLLM(longer_wins)), rounds=4)
    found = rated("set", compared, "scripted", resamples=50)
    assert len(compared) == 12 and [one.model for one in found.models] == ["long", "middle", "short"]
    assert "0 ties, 0 that cannot be read" in found.said


def test_a_judge_that_prefers_a_seat_makes_ties_when_both_are_asked() -> None:
    first = kept(ScriptedLLM("9 1"))
    assert {one.battle.judgement.outcome for one in compare_answers(ANSWERS, first, rounds=2)} == {Outcome.A}
    both = compare_answers(ANSWERS, first, rounds=2, both_seats=True)
    assert {one.battle.judgement.outcome for one in both} == {Outcome.TIE} and both[0].swapped_line == "9 1"
    fair = compare_answers(ANSWERS, kept(ScriptedLLM(longer_wins)), rounds=2, both_seats=True)
    assert Outcome.TIE not in {one.battle.judgement.outcome for one in fair}


@pytest.mark.parametrize("reply", ["我觉得都不错", "8/10 7/10", "Assistant 1 is better", ""])
def test_a_judge_that_answers_nonsense_is_counted(reply: str) -> None:
    compared = compare_answers(ANSWERS, kept(ScriptedLLM(reply)), rounds=1)
    assert {one.battle.judgement.outcome for one in compared} == {Outcome.UNPARSABLE}
    assert "3 that cannot be read" in rated("set", compared, "j", resamples=20).said


def test_questions_without_an_answer_are_not_drawn() -> None:
    silent = Set(("甲问", "乙问"), ("", ""), {"one": ("", "b"), "two": ("a", "bb")})
    assert {one.battle.pair.question for one in compare_answers(silent, kept(ScriptedLLM("1 2")), rounds=5)} == {1}


def written(path: Path, rows: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def test_answers_must_be_to_the_same_questions(tmp_path: Path) -> None:
    one = written(tmp_path / "one.jsonl", [{"question": "甲", "predict_answer": "1", "reference_answer": "r"}])
    two = written(tmp_path / "two.jsonl", [{"question": "乙", "predict_answer": "2"}])
    with pytest.raises(EvaluationError, match="one and two do not answer the same questions: question 1 differs"):
        read_answers([one, two])
    with pytest.raises(EvaluationError, match="two models or more"):
        read_answers([one])
    (tmp_path / "x").mkdir()
    same = written(tmp_path / "x" / "one.jsonl", [{"question": "甲", "predict_answer": ""}])
    with pytest.raises(EvaluationError, match="have one name"):
        read_answers([one, same])
    three = written(tmp_path / "three.jsonl", [{"question": "甲", "predict_answer": ""}])
    read = read_answers([one, three])
    assert read.references == ("r",) and read.empty == {"one": set(), "three": {0}}
    with pytest.raises(EvaluationError, match="question: field required"):
        answers_of(written(tmp_path / "bad.jsonl", [{"predict_answer": "1"}]))


def test_the_command_writes_battles_that_replay_reads_and_ratings_that_a_report_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = [
        written(
            tmp_path / f"{model}.jsonl",
            [{"question": q, "predict_answer": t} for q, t in zip(ANSWERS.questions, texts, strict=True)],
        )
        for model, texts in ANSWERS.models.items()
    ]
    compare_answers(ANSWERS, kept(ScriptedLLM(longer_wins), tmp_path / "recorded.jsonl"), rounds=3)
    call = ["evaluate", "judge", "pairs", *map(str, files), "--judge", f"recorded:{tmp_path / 'recorded.jsonl'}"]
    assert main([*call, "--out", str(tmp_path / "out"), "--rounds", "3"]) == 0
    assert "scripted (recorded)" in capsys.readouterr().out
    assert len(read_battles(tmp_path / "out" / "battles.csv")) == 9
    page, _ = write_report([], tmp_path / "report.html", [tmp_path / "out" / "ratings.json"])
    assert "Elo: out." in page.read_text("utf-8")
    (tmp_path / "no.json").write_text("{}", "utf-8")
    with pytest.raises(EvaluationError, match="these are no ratings"):
        write_report([], tmp_path / "report.html", [tmp_path / "no.json"])


# ------------------------------------------------------------------ consultations


def test_a_consultation_has_exactly_three_turns_of_the_patient() -> None:
    patient = ScriptedLLM(["疼了三天", "没有发烧"])
    heard: list[str] = []

    def doctor(turns: Sequence[Turn], message: str) -> str:
        heard.append(message)
        return f"第{len(turns) // 2 + 1}次回答"

    talk = consult(Case("1", "病人腹痛", "肚子疼"), doctor, kept(patient))
    assert heard == ["肚子疼", "疼了三天", "没有发烧"] and sum(turn.role == "user" for turn in talk.turns) == PATIENT_TURNS
    assert [m.role for m in patient.calls[1]] == [Role.SYSTEM, Role.ASSISTANT, Role.USER, Role.ASSISTANT, Role.USER]
    assert "病人腹痛" in patient.calls[0][0].content


def test_the_patient_speaks_first_where_the_file_says_nothing() -> None:
    talk = consult(Case("1", "病人腹痛", ""), lambda _turns, _message: "好", kept(ScriptedLLM(["我疼", "还疼", "谢谢"])))
    assert [turn.content for turn in talk.turns if turn.role == "user"] == ["我疼", "还疼", "谢谢"]
    assert patient_messages(Case("1", "x", ""), ())[-1].role is Role.USER


def test_a_patient_who_says_nothing_ends_the_consultation_without_marks() -> None:
    talk = consult(
        Case("1", "x", "肚子疼"), lambda _turns, _message: "好", kept(ScriptedLLM(Script(error=RuntimeError("down"))))
    )
    marked, reply = mark(talk, "m", kept(ScriptedLLM(FOUR)))
    assert talk.fault and not marked.marks and marked.fault == talk.fault and reply == ""


def test_a_judge_marks_all_four_criteria_or_none() -> None:
    talk = consult(Case("1", "x", "肚子疼"), lambda _turns, _message: "好", kept(ScriptedLLM(["一", "二"])))
    assert mark(talk, "m", kept(ScriptedLLM(FOUR)))[0].marks["Accuracy"] == 4.0
    three, reply = mark(talk, "m", kept(ScriptedLLM(FOUR.replace("Accuracy: 4\n", ""))))
    assert not three.marks and "no mark for Accuracy" in three.fault and reply.startswith("Proactivity")
    assert judge_messages(talk.turns)[1].content.count("patient:") == 3


def test_cases_are_read_with_their_first_words(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [{"id": "1", "case": "腹痛", "first_question": "疼"}, {"id": "2", "question": "咳嗽"}]
    assert read_cases(written(tmp_path / "cases.jsonl", rows)) == [Case("1", "腹痛", "疼"), Case("2", "咳嗽", "咳嗽")]
    with pytest.raises(EvaluationError, match="a second time"):
        read_cases(written(tmp_path / "twice.jsonl", [rows[0], rows[0]]))


def test_the_command_holds_consultations_with_the_extractive_writer(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cases = written(tmp_path / "cases.jsonl", [{"id": "1", "case": "头痛", "first_question": "布洛芬片治什么"}])
    shelf(tmp_path).close()
    call = [
        "evaluate",
        "judge",
        "consultations",
        str(cases),
        "--kb",
        str(tmp_path / "shelf.kb"),
        "--out",
        str(tmp_path / "out"),
    ]
    recorded = tmp_path / "recorded.jsonl"
    kept(ScriptedLLM("x"), recorded).reply(ASKED)
    assert main([*call, "--judge", f"recorded:{recorded}"]) == 1  # the recorded judge was asked something else
    assert "none of its 1 judgements can be read" in capsys.readouterr().err
    talk = json.loads((tmp_path / "out" / "talks.jsonl").read_text("utf-8"))
    assert talk["turns"][0]["content"] == "布洛芬片治什么" and "类风湿" in talk["turns"][1]["content"]


# ------------------------------------------------------------------ marks of answers


def test_answers_are_marked_from_zero_to_three_and_nonsense_is_in_no_mean() -> None:
    judge = kept(ScriptedLLM(["完整性：2\n深刻性: 0\n专业性: 3", "完整性: 4\n深刻性: 0\n专业性: 3", "很好"]))
    marked = [mark_answer("问", answer, judge) for answer in "甲乙丙"]
    found = marks_of(marked)
    assert (found.n, found.unreadable) == (1, 2) and found.means == {"完整性": 2.0, "深刻性": 0.0, "专业性": 3.0}
    assert "4 is not between 0 and 3" in marked[1].fault and marks_of([]).means == {}


def test_the_command_marks_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = written(tmp_path / "answers.jsonl", [{"question": "问", "predict_answer": "甲"}])
    recorded = tmp_path / "recorded.jsonl"
    mark_answer("问", "甲", kept(ScriptedLLM("完整性: 1\n深刻性: 2\n专业性: 3"), recorded))
    call = ["evaluate", "judge", "answers", str(file), "--judge", f"recorded:{recorded}", "--out", str(tmp_path / "out")]
    assert main(call) == 0 and "2.00" in capsys.readouterr().out
    assert json.loads((tmp_path / "out" / "marks.jsonl").read_text("utf-8"))["marks"]["专业性"] == 3.0
