"""What a turn asks after what was said before it, by rules."""

from __future__ import annotations

import pytest

from medrag.chat.follow import Followed, follow
from medrag.chat.reading import Reader
from medrag.chat.slots import Lack, Memory
from medrag.errors import QuestionError
from medrag.retrieve.understand import MAX_QUESTION


def said(reader: Reader, *turns: str) -> Followed:
    """The last of the turns, followed."""
    memory = Memory()
    for turn in turns:
        followed = follow(turn, memory, reader)
        memory = followed.memory
    return followed


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        # what is left out
        (("布洛芬混悬液", "有什么副作用"), "布洛芬混悬液有什么副作用"),
        (("布洛芬混悬液的作用", "功效与作用"), "布洛芬混悬液功效与作用"),
        (("布洛芬混悬液怎么吃", "漏服了怎么办"), "布洛芬混悬液漏服了怎么办"),
        (("布洛芬混悬液怎么吃", "能喝酒吗"), "布洛芬混悬液能喝酒吗"),
        (("布洛芬混悬液怎么吃", "不能和哪些药一起吃"), "布洛芬混悬液不能和哪些药一起吃"),
        (("What is ibuprofen used for?", "what are the side effects?"), "what are the side effects of ibuprofen?"),
        (("What is ibuprofen used for?", "should I take before meals?"), "should I take ibuprofen before meals?"),
        # what points back
        (("布洛芬混悬液怎么吃", "这个药伤胃吗"), "布洛芬混悬液伤胃吗"),
        (("布洛芬混悬液怎么吃", "它的副作用"), "布洛芬混悬液的副作用"),
        (("What is ibuprofen used for?", "is it safe with food?"), "is ibuprofen safe with food?"),
        (("What is ibuprofen used for?", "what are its side effects?"), "what are ibuprofen side effects?"),
        (("What is ibuprofen used for?", "is it safe to drink alcohol?"), "is it safe to drink alcohol with ibuprofen?"),
        (("What is ibuprofen used for?", "how do I store this medicine?"), "how do I store ibuprofen?"),
        # the same of another medicine, form, patient
        (("布洛芬混悬液有什么副作用", "换成阿莫西林胶囊"), "阿莫西林胶囊有什么副作用"),
        (("布洛芬混悬液有什么副作用", "那华法林呢？"), "华法林有什么副作用"),
        (("布洛芬混悬液怎么保存", "胶囊呢"), "布洛芬胶囊怎么保存"),
        (("ibuprofen side effects", "and warfarin?"), "warfarin side effects"),
        (("阿莫西林胶囊怎么吃", "那3岁的孩子呢"), "阿莫西林胶囊3岁的孩子怎么吃"),
        (("阿莫西林胶囊能吃吗", "孕妇呢"), "阿莫西林胶囊孕妇能吃吗"),
        (("3岁的孩子能吃阿莫西林胶囊吗", "孕妇呢"), "孕妇能吃阿莫西林胶囊吗"),
        (("阿莫西林胶囊怎么吃", "孕妇能吃吗"), "阿莫西林胶囊孕妇能吃吗"),
        (("what is the dose of ibuprofen?", "what about pregnant women?"), "what is the dose of ibuprofen for pregnant women?"),
        (("Can I take ibuprofen?", "what about children?"), "Can children take ibuprofen?"),
        (("布洛芬混悬液18岁以下能用吗", "为什么"), "布洛芬混悬液18岁以下能用吗，为什么"),
        # two medicines
        (("布洛芬混悬液的作用", "华法林的副作用", "能一起吃吗"), "布洛芬混悬液和华法林能一起吃吗"),
        (("布洛芬混悬液的作用", "能和华法林一起吃吗"), "布洛芬混悬液能和华法林一起吃吗"),
        (("布洛芬混悬液的作用", "华法林可以一起吃吗"), "华法林可以和布洛芬混悬液一起吃吗"),
        (("布洛芬混悬液的作用", "它能和华法林一起吃吗"), "布洛芬混悬液能和华法林一起吃吗"),
        (("布洛芬混悬液能和牛奶一起喝吗", "能和果汁一起喝吗"), "布洛芬混悬液能和果汁一起喝吗"),
        (("ibuprofen uses", "warfarin uses", "can I take them together?"), "can I take ibuprofen and warfarin together?"),
        (("ibuprofen uses", "can I take it with warfarin?"), "can I take ibuprofen with warfarin?"),
        (("ibuprofen uses", "with warfarin?"), "can I take ibuprofen with warfarin?"),
        (("布洛芬混悬液的副作用", "华法林呢", "第一个呢"), "布洛芬混悬液的副作用"),
        (("布洛芬混悬液和华法林哪个副作用小", "后者怎么吃"), "华法林怎么吃"),
        (("ibuprofen uses", "warfarin uses", "side effects of the first one"), "side effects of ibuprofen"),
        (("布洛芬混悬液和华法林能一起吃吗", "前一个的禁忌是什么", "第二个呢"), "华法林的禁忌是什么"),
        (("ibuprofen uses", "warfarin uses", "side effects of the first one", "and the second?"), "side effects of warfarin"),
        (("布洛芬混悬液的作用", "钙片可以同时吃吗"), "布洛芬混悬液和钙片可以同时吃吗"),
        (("ibuprofen uses", "does warfarin matter"), "Can ibuprofen be taken with warfarin?"),
        # one of two is replaced: its like, else the one named last
        (("氟康唑和辛伐他汀能同服吗", "换成阿托伐他汀呢"), "氟康唑和阿托伐他汀能同服吗"),
        (("辛伐他汀和氟康唑能同服吗", "换成阿托伐他汀呢"), "阿托伐他汀和氟康唑能同服吗"),
        (("Can ibuprofen be used with warfarin?", "what about digoxin instead"), "Can ibuprofen be used with digoxin?"),
        (("布洛芬混悬液的作用", "能和华法林一起吃吗", "换成阿莫西林胶囊呢"), "布洛芬混悬液能和阿莫西林胶囊一起吃吗"),
        (
            ("医生开了阿莫西林胶囊和硝苯地平片。请问布洛芬混悬液影响华法林吗", "换成维格列汀片呢"),
            "请问布洛芬混悬液影响维格列汀片吗",
        ),
        # corrections
        (("布洛芬混悬液有什么副作用", "不是，我说的是华法林"), "华法林有什么副作用"),
        (("布洛芬混悬液有什么副作用", "打错了，是阿莫西林胶囊"), "阿莫西林胶囊有什么副作用"),
        (("布洛芬混悬液有什么副作用", "不是布洛芬混悬液，是华法林"), "华法林有什么副作用"),
        (("ibuprofen side effects", "no, I meant warfarin"), "warfarin side effects"),
        (("ibuprofen side effects", "no not ibuprofen, warfarin"), "warfarin side effects"),
        # the same thing of another
        (("布洛芬混悬液停药反应有哪些", "华法林也有吗"), "华法林停药反应有哪些"),
        (("华法林吃了头晕", "怎么办"), "华法林吃了头晕，怎么办"),
        (("华法林吃了头晕", "怎么办", "布洛芬混悬液有这个问题吗"), "布洛芬混悬液吃了头晕，怎么办"),
        (
            ("my muscles ache on warfarin, what should I do", "does ibuprofen do that too?"),
            "my muscles ache on ibuprofen, what should I do",
        ),
        # thanks before a question are no part of it
        (("ibuprofen side effects", "ok got it. warfarin and depression?"), "warfarin and depression?"),
        (("布洛芬混悬液有什么副作用", "好的，谢谢。那华法林呢"), "华法林有什么副作用"),
        (("布洛芬混悬液有什么副作用", "换个问题，华法林怎么吃"), "华法林怎么吃"),
        (("布洛芬混悬液有什么副作用", "要是用的是华法林呢"), "华法林有什么副作用"),
        (("孕妇能吃华法林吗", "高血压能吃硝苯地平片吗"), "高血压能吃硝苯地平片吗"),
        (("嘴里起泡能用布洛芬混悬液吗", "嘴里起泡很多天了"), "嘴里起泡能用布洛芬混悬液吗嘴里起泡很多天了"),
        # what a medicine may do, and what it does not
        (("阿莫西林胶囊怎么吃", "腹泻了怎么办"), "阿莫西林胶囊腹泻了怎么办"),
        (("硝苯地平片怎么吃", "腹泻了怎么办"), "腹泻了怎么办"),
        # a question that begins with its verb, a circumstance, salts and 小儿 as parts of a name
        (("布洛芬混悬液的作用", "要怎么放才不会坏"), "布洛芬混悬液要怎么放才不会坏"),
        (("What is ibuprofen used for?", "before surgery?"), "before surgery with ibuprofen?"),
        (("布洛芬混悬液怎么保存", "换成盐酸硝苯地平呢"), "盐酸硝苯地平怎么保存"),
        (
            ("Can I take ibuprofen and warfarin?", "which one is better for fever"),
            "which one is better for fever, ibuprofen and warfarin",
        ),
        (("What is ibuprofen used for?", "what if i miss one"), "what if i miss a dose of ibuprofen"),
        (
            ("ibuprofen", "recently started warfarin too", "is it ok to take both"),
            "is it ok to take both ibuprofen and warfarin",
        ),
        # illnesses
        (("高血压有什么症状", "怎么治疗"), "高血压怎么治疗"),
        (("高血压有什么症状", "它怎么治"), "高血压怎么治"),
        (("高血压有什么症状", "这个病会遗传吗"), "高血压会遗传吗"),
        (("高血压吃什么药", "硝苯地平呢"), "高血压能用硝苯地平吗"),
        (("布洛芬混悬液怎么吃", "高血压怎么治"), "高血压怎么治"),
        (("硝苯地平片怎么吃", "高血压怎么治", "有什么副作用"), "硝苯地平片有什么副作用"),
        # what stands by itself
        (("布洛芬混悬液怎么吃", "高血压吃什么药"), "高血压吃什么药"),
        (("布洛芬混悬液怎么吃", "上海天气怎么样"), "上海天气怎么样"),
        (("布洛芬混悬液怎么吃", "谢谢医生"), "谢谢医生"),
        (("布洛芬混悬液怎么吃", "你是谁"), "你是谁"),
        (("布洛芬混悬液怎么吃", "华法林的禁忌是什么"), "华法林的禁忌是什么"),
        (("布洛芬混悬液怎么吃", "？？？"), "？？？"),
        (("What is ibuprofen used for?", "what is lupus"), "what is lupus"),
        (("What is ibuprofen used for?", "symptoms of lupus"), "symptoms of lupus"),
        (("What is ibuprofen used for?", "thx"), "thx"),
        (("布洛芬混悬液怎么吃", "红斑狼疮病的症状"), "红斑狼疮病的症状"),
        # a name that is not known must not be answered from the one before
        (("布洛芬混悬液怎么吃", "换成维格列汀片呢", "副作用"), "维格列汀片副作用"),
    ],
)
def test_a_turn_becomes_the_question_that_it_stands_for(reader: Reader, turns: tuple[str, ...], standalone: str) -> None:
    assert said(reader, *turns).standalone == standalone


@pytest.mark.parametrize(
    ("turns", "standalone"),
    [
        (("我怀孕5个月了", "能吃布洛芬混悬液吗"), "我怀孕5个月了，能吃布洛芬混悬液吗"),
        (("我怀孕5个月了", "布洛芬混悬液怎么吃", "怎么保存"), "布洛芬混悬液怎么保存"),
        (("my son is 3", "can he take ibuprofen?"), "my son is 3. can he take ibuprofen?"),
        (("我儿子3岁", "能吃阿莫西林胶囊吗", "吃多少"), "我儿子3岁，阿莫西林胶囊吃多少"),
        (("我怀孕5个月了", "我儿子3岁能吃阿莫西林胶囊吗", "那我能吃布洛芬混悬液吗"), "我怀孕5个月了，我能吃布洛芬混悬液吗"),
        (("我对青霉素过敏", "阿莫西林胶囊能吃吗"), "对青霉素过敏，阿莫西林胶囊能吃吗"),
        (("阿莫西林胶囊能吃吗", "我对青霉素过敏"), "我对青霉素过敏，阿莫西林胶囊能吃吗"),
        (("孕妇能吃阿莫西林胶囊吗", "怎么吃"), "孕妇，阿莫西林胶囊怎么吃"),
        (("I have kidney disease", "can I take ibuprofen?"), "I have kidney disease. can I take ibuprofen?"),
        (("ibuprofen side effects", "what if I'm pregnant?"), "I'm pregnant. can I take ibuprofen?"),
        # whoever asks for another, and then for themselves, is not that other
        (("孩子3岁能吃布洛芬混悬液吗", "那我呢，我怀孕了"), "我怀孕了能吃布洛芬混悬液吗"),
        (("我老公有肝硬化", "华法林他能吃吗", "那我呢"), "华法林我能吃吗"),
        (("My husband is 75", "Can he take warfarin?", "And me?"), "Can I take warfarin?"),
        (("孩子3岁能吃阿莫西林胶囊吗", "我胸口剧痛，能吃硝苯地平片吗"), "我胸口剧痛，能吃硝苯地平片吗"),
        (("我今年72岁，女儿给我买了硝苯地平片", "一次吃几片"), "我今年72岁，硝苯地平片一次吃几片"),
        (("孕3个月能吃华法林吗", "老公能吃吗"), "华法林老公能吃吗"),
        (("my son is 3", "can he take ibuprofen?", "what about my wife"), "can my wife take ibuprofen?"),
        # what somebody takes already
        (("我吃华法林已经一年了", "感冒了能吃布洛芬混悬液吗"), "在吃华法林，感冒了能吃布洛芬混悬液吗"),
        (("我吃华法林已经一年了", "感冒了能吃布洛芬混悬液吗", "一次吃多少"), "布洛芬混悬液一次吃多少"),
        (("我吃华法林钠片已经一年了", "能吃布洛芬混悬液吗"), "在吃华法林钠片，能吃布洛芬混悬液吗"),
        (("华法林有什么副作用", "能吃布洛芬混悬液吗"), "能吃布洛芬混悬液吗"),
        (("I'm on warfarin", "can I take ibuprofen?", "and aspirin?"), "I'm on warfarin. can I take aspirin?"),
        # patients with an illness make way for others
        (("硝苯地平片的相互作用", "高血压患者呢", "老人呢"), "硝苯地平片老人能用吗"),
        (("warfarin dose for women", "older people?"), "warfarin dose for older people"),
    ],
)
def test_a_person_counts_in_later_turns_where_the_answer_depends_on_it(
    reader: Reader, turns: tuple[str, ...], standalone: str
) -> None:
    assert said(reader, *turns).standalone == standalone


def test_what_is_asked_is_as_is_where_nothing_is_added(reader: Reader) -> None:
    followed = said(reader, "布洛芬混悬液怎么吃", "  华法林的 禁忌 ")
    assert (followed.by, said(reader, "布洛芬混悬液怎么吃", "副作用").by) == ("as-is", "rules")


def test_letters_stay_as_they_were_typed(reader: Reader) -> None:
    assert said(reader, "Tell me about Ibuprofen", "Side effects?").standalone == "Side effects of Ibuprofen?"


def test_slots_say_what_was_spoken_of_the_latest_first(reader: Reader) -> None:
    slots = said(reader, "布洛芬混悬液的作用", "华法林呢", "高血压吃什么药").memory.slots
    assert (slots.drugs, slots.diseases, slots.lang) == (("华法林", "布洛芬混悬液"), ("高血压",), "zh")


def test_what_joins_the_medicine_talked_about_stays_behind_it(reader: Reader) -> None:
    assert said(reader, "布洛芬混悬液的作用", "能和华法林一起吃吗", "怎么吃").standalone == "布洛芬混悬液怎么吃"


def test_names_that_are_remembered_are_bounded(reader: Reader) -> None:
    turns = [f"虚构药{n}号片怎么吃" for n in "一二三四五六七八九十"]
    assert len(said(reader, *turns).memory.slots.drugs) <= 8


@pytest.mark.parametrize("text", ["", "  \n", "\u200b", "x" * (MAX_QUESTION + 1), "药" * 10_000_000])
def test_a_turn_that_cannot_be_asked_says_so(reader: Reader, text: str) -> None:
    with pytest.raises(QuestionError):
        follow(text, Memory(), reader)


def test_a_turn_of_half_characters_is_asked(reader: Reader) -> None:
    assert said(reader, "布洛芬混悬液怎么吃", "\ud800副作用").standalone


# ------------------------------------------------------------------ asking back


def test_which_of_two_is_asked_back_once_and_the_answer_completes_the_question(reader: Reader) -> None:
    asked = said(reader, "布洛芬混悬液和华法林能一起吃吗", "它有什么副作用")
    assert asked.asking is not None
    assert (asked.asking.lack, asked.asking.drugs) == (Lack.WHICH_DRUG, ("布洛芬混悬液", "华法林"))
    for reply, wanted in {
        "第一个": "布洛芬混悬液有什么副作用",
        "华法林": "华法林有什么副作用",
        "2": "华法林有什么副作用",
        "都": "布洛芬混悬液和华法林有什么副作用",
    }.items():
        assert follow(reply, asked.memory, reader).standalone == wanted
    again = follow("它怎么吃", asked.memory, reader)
    assert again.asking is None
    assert again.standalone == "布洛芬混悬液和华法林怎么吃"


def test_a_question_about_the_second_one_is_no_answer_to_which(reader: Reader) -> None:
    asked = said(reader, "布洛芬混悬液和华法林能一起吃吗", "它有什么副作用")
    assert follow("第二种药饭前吃还是饭后吃", asked.memory, reader).standalone == "华法林饭前吃还是饭后吃"


def test_two_that_are_compared_are_not_asked_about(reader: Reader) -> None:
    followed = said(reader, "布洛芬混悬液和华法林能一起吃吗", "哪个副作用小")
    assert (followed.asking, followed.standalone) == (None, "布洛芬混悬液和华法林哪个副作用小")


def test_the_other_medicine_is_asked_back_where_only_one_was_named(reader: Reader) -> None:
    asked = said(reader, "布洛芬混悬液的作用", "能一起吃吗")
    assert asked.asking is not None
    assert asked.asking.lack is Lack.OTHER_DRUG
    assert follow("华法林", asked.memory, reader).standalone == "布洛芬混悬液和华法林能一起吃吗"


@pytest.mark.parametrize(
    ("reply", "standalone"),
    [
        ("3岁", "布洛芬混悬液3岁的孩子怎么吃"),
        ("三岁半了", "布洛芬混悬液3.5岁的孩子怎么吃"),
        ("8个月", "布洛芬混悬液8个月大的宝宝怎么吃"),
        ("5", "布洛芬混悬液5岁的孩子怎么吃"),
        ("8公斤的呢", "布洛芬混悬液8公斤的孩子怎么吃"),
    ],
)
def test_a_childs_age_is_asked_back_where_the_labels_dose_depends_on_it(reader: Reader, reply: str, standalone: str) -> None:
    asked = said(reader, "布洛芬混悬液怎么吃", "那孩子呢")
    assert asked.asking is not None
    assert asked.asking.lack is Lack.AGE
    assert follow(reply, asked.memory, reader).standalone == standalone


def test_a_childs_age_is_not_asked_twice_nor_where_the_label_does_not_differ(reader: Reader) -> None:
    asked = said(reader, "布洛芬混悬液怎么吃", "那孩子呢")
    assert follow("孩子一天吃几次", asked.memory, reader).asking is None
    assert said(reader, "阿莫西林胶囊怎么吃", "那孩子呢").asking is None
    assert said(reader, "布洛芬混悬液怎么吃", "那3岁的孩子呢").asking is None
    assert said(reader, "布洛芬混悬液有什么副作用", "那孩子呢").asking is None


def test_a_woman_is_asked_whether_she_is_pregnant_where_the_label_says_so(reader: Reader) -> None:
    asked = said(reader, "我是28岁女性，能吃布洛芬混悬液吗")
    assert asked.asking is not None
    assert asked.asking.lack is Lack.PREGNANT
    no = follow("没有怀孕", asked.memory, reader)
    assert (no.standalone, no.memory.slots.patient.pregnant) == ("我是28岁女性，能吃布洛芬混悬液吗", False)
    yes = follow("是的", asked.memory, reader)
    assert yes.memory.slots.patient.pregnant is True
    assert "孕妇" in yes.standalone
    assert said(reader, "我是28岁女性，能吃阿莫西林胶囊吗").asking is None
    assert said(reader, "我是28岁男性，能吃布洛芬混悬液吗").asking is None


def test_this_medicine_of_which_nobody_spoke_is_asked_back(reader: Reader) -> None:
    asked = said(reader, "这个药怎么吃")
    assert asked.asking is not None
    assert follow("华法林", asked.memory, reader).standalone == "华法林怎么吃"


@pytest.mark.parametrize("text", ["孩子发烧能吃吗", "有什么副作用", "is it safe for my baby?", "这个药怎么吃", "能吃吗"])
def test_a_first_turn_that_names_no_medicine_is_asked_which(reader: Reader, text: str) -> None:
    asked = said(reader, text)
    assert asked.asking is not None
    assert asked.asking.lack is Lack.WHICH_DRUG


@pytest.mark.parametrize("text", ["鸡蛋能吃吗", "高血压能治好吗", "感冒吃什么药", "What is lupus?", "头孢能吃吗", "发烧怎么办"])
def test_a_first_turn_that_leaves_no_medicine_out_is_not_asked_which(reader: Reader, text: str) -> None:
    assert said(reader, text).asking is None


def test_another_question_instead_of_an_answer_is_followed(reader: Reader) -> None:
    asked = said(reader, "布洛芬混悬液怎么吃", "那孩子呢")
    followed = follow("华法林有什么副作用", asked.memory, reader)
    assert (followed.standalone, followed.asking, followed.memory.asking) == ("华法林有什么副作用", None, None)
