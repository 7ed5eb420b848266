"""Assistants: what a YAML file may say, what is said of one that is wrong, and what several share."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from medrag.answer.policy import NoEvidence, Policy
from medrag.chat.assistant import Assistant, CitationStyle, read_assistant, read_assistants
from medrag.chat.opened import open_assistant, open_assistants
from medrag.errors import MedRAGError, ProfileError
from medrag.kb.base import KnowledgeBase
from medrag.kb.several import SeveralKnowledgeBases
from medrag.sections import SectionGroup
from medrag.types import NoticeKind
from tests.making import label

ASPIRIN = label("阿司匹林肠溶片", {"【适应症】": "用于抑制血小板聚集。", "【禁忌】": "对阿司匹林过敏者禁用。"}, key="A1")
IBUPROFEN = label("布洛芬片", {"【适应症】": "用于类风湿关节炎。", "【禁忌】": "孕妇禁用。"}, key="B1", source="more")


def written(folder: Path, text: str, name: str = "assistant.yaml") -> Path:
    """A YAML file in a folder."""
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    return file


def base(folder: Path, *documents: object) -> Path:
    with KnowledgeBase.create(folder) as kb, kb.write() as writer:
        writer.add_many(documents)  # type: ignore[arg-type]
    return folder


def test_two_lines_make_a_working_assistant(tmp_path: Path) -> None:
    base(tmp_path / "labels.kb", ASPIRIN)
    file = written(tmp_path, "name: pharmacy\nknowledge_base: labels.kb\n")
    with open_assistant(read_assistant(file)) as opened:
        assert opened.assistant.name == "pharmacy"
        assert opened.medrag.kb is opened.kb
        assert "抑制血小板聚集" in opened.medrag.ask("阿司匹林肠溶片的适应症").text
        assert "抑制血小板聚集" in opened.chat().open().ask("阿司匹林肠溶片的适应症").text


EVERYTHING = """\
name: ward-7
about: 七病区
knowledge_bases: [labels.kb, ../own.kb]
only: {sources: [labels], langs: [zh], groups: [dosage], since: '2020-01', tags: [ward]}
lang: en
greeting: 您好
disclaimer: 不能代替医嘱。
emergency: 请拨打 120。
citations: footnotes
llm: http:http://127.0.0.1:9#tiny
preset: presets.yaml#short
generation: {temperature: 0, max_new: 200}
input_limit: 3000
api_key_variable: WARD_KEY
template: prompts/ward.yaml
policy: drop
no_evidence: fallback_marked
entailment: ./nli
k: 6
risk: 0.1
profile: tuned.json
reranker: rerank
distil: false
sessions: false
session_days: 7
"""


def test_every_field_is_read_and_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "assistants"
    (folder / "rerank").mkdir(parents=True)
    read = read_assistant(written(folder, EVERYTHING))
    assert read == Assistant(
        name="ward-7",
        about="七病区",
        knowledge_bases=(folder / "labels.kb", folder / ".." / "own.kb"),
        only={"sources": ("labels",), "langs": ("zh",), "groups": ("dosage",), "since": "2020-01", "tags": ("ward",)},
        lang="en",
        greeting="您好",
        disclaimer="不能代替医嘱。",
        emergency="请拨打 120。",
        citations=CitationStyle.FOOTNOTES,
        llm="http:http://127.0.0.1:9#tiny",
        preset=read.preset,
        generation={"temperature": 0, "max_new": 200},
        input_limit=3000,
        api_key_variable="WARD_KEY",
        template=folder / "prompts" / "ward.yaml",
        policy=Policy.DROP,
        no_evidence=NoEvidence.FALLBACK_MARKED,
        entailment=str(folder / "nli"),
        k=6,
        risk=0.1,
        profile=folder / "tuned.json",
        reranker=str(folder / "rerank"),
        distil=False,
        sessions=False,
        session_days=7,
        file=folder / "assistant.yaml",
    )
    assert read.only.filters().groups == {SectionGroup.DOSAGE}
    named = {line.partition(":")[0] for line in EVERYTHING.splitlines()}
    assert named == {*Assistant.model_fields} - {"file"}, "a new field is to be read here too"


def test_models_in_folders_beside_the_file_are_found_from_anywhere(tmp_path: Path) -> None:
    (tmp_path / "models" / "small").mkdir(parents=True)
    written(tmp_path, "short: {like: chat}\n", "presets.yaml")
    read = read_assistant(
        written(tmp_path, "name: a\nknowledge_base: k\nllm: hf:models/small+lora=./adapter+4bit\npreset: presets.yaml#short\n")
    )
    assert read.llm == f"hf:{tmp_path / 'models' / 'small'}+lora={tmp_path / 'adapter'}+4bit"
    assert read.preset == f"{tmp_path / 'presets.yaml'}#short"
    assert (
        read_assistant(written(tmp_path, "name: a\nknowledge_base: k\nllm: hf:Qwen/Qwen3-0.6B\n")).llm == "hf:Qwen/Qwen3-0.6B"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("name: a\nknowledge_base: k\npolcy: drop\n", "polcy: there is no such field; did you mean `policy`?"),
        ("name: a\nknowledge_base: k\nmodel: hf:x\n", "model: there is no such field; did you mean `llm`?"),
        ("name: a\nknowledge_base: k\nfile: x\n", "file: there is no such field"),
        ("name: a\nknowledge_base: k\nk: ten\n", 'k: wanted a whole number from 1 to 100, saw "ten"'),
        ("name: a\nknowledge_base: k\nk: true\n", "k: wanted a whole number from 1 to 100, saw true"),
        ("name: a\nknowledge_base: k\nk: 0\n", "k: wanted a whole number from 1 to 100, saw 0"),
        ("name: a\nknowledge_base: k\nrisk: 1.5\n", "risk: wanted a number from 0 to 1, saw 1.5"),
        ("name: a\nknowledge_base: k\npolicy: drip\n", 'policy: wanted flag or drop or revise or abstain, saw "drip"'),
        ("name: a\nknowledge_base: k\nlang: 中文\n", 'lang: wanted zh or en, saw "中文"'),
        ("name: a\nknowledge_base: k\nsessions: perhaps\n", 'sessions: wanted true or false, saw "perhaps"'),
        ("name: a\nknowledge_base: k\nonly: {source: [x]}\n", "only.source: there is no such field; did you mean `sources`?"),
        ("name: a\nknowledge_base: k\nonly: {tags: ward}\n", 'only.tags: wanted a list of tags, saw "ward"'),
        ("name: a\nknowledge_base: k\nonly: [ward]\n", "only: wanted a table of sources, langs, kinds"),
        ("name: a\nknowledge_base: k\nonly: {groups: [dose]}\n", "only.groups.0: wanted a list of section groups"),
        ("name: two words\nknowledge_base: k\n", "name: wanted a name of 1 to 64 letters"),
        ("name: [a]\nknowledge_base: k\n", "name: wanted a name of 1 to 64 letters"),
        ("knowledge_base: k\n", "name: is missing: wanted a name of 1 to 64 letters"),
        ("name: a\n", "knowledge_base: is missing: wanted a folder that `medrag ingest` made"),
        ("name: a\nknowledge_base: []\n", "knowledge_bases: wanted a folder, or a list of folders, saw []"),
        ("name: a\nknowledge_base: {a: b}\n", 'knowledge_bases: wanted a folder, or a list of folders, saw {"a": "b"}'),
        ("name: a\nknowledge_base: k\nknowledge_bases: [k]\n", "knowledge_base and knowledge_bases both stand there"),
        ("name: a\nname: b\nknowledge_base: k\n", "name: stands 2 times: leave one"),
        ("- a\n- b\n", "must be a table with `name` and `knowledge_base`, and is a list"),
        ("", "must be a table with `name` and `knowledge_base`"),
        ("name: 'a\n", "is no YAML: while scanning a quoted scalar"),
        ("name: !!python/object/apply:os.getcwd []\nknowledge_base: k\n", "is no YAML: could not determine a constructor"),
        ("? [a]\n: b\n", "is no YAML"),
        ('name: "\\ud800"\nknowledge_base: k\n', "it holds what is no text"),
        ("name: a\nknowledge_base: k\nabout: &a [*a]\n", "a list or table stands in itself"),
        ("[" * 3000, "nested too deeply|is no YAML"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_file_and_field(text: str, said: str, tmp_path: Path) -> None:
    file = written(tmp_path, text)
    with pytest.raises(ProfileError) as caught:
        read_assistant(file)
    message = str(caught.value)
    assert message.startswith(str(file))
    assert "\n" not in message
    assert said in message or re.search(said, message)


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(ProfileError, match=r"none\.yaml cannot be read as an assistant: No such file"):
        read_assistant(tmp_path / "none.yaml")
    (tmp_path / "latin.yaml").write_bytes("name: caf\xe9".encode("latin-1"))
    with pytest.raises(ProfileError, match=r"latin\.yaml cannot be read as an assistant: not UTF-8"):
        read_assistant(tmp_path / "latin.yaml")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ProfileError, match=r"holds no assistant: wanted files ending in \.yaml or \.yml"):
        read_assistants([tmp_path / "empty"])


def test_a_folder_is_all_its_assistants_and_no_two_have_one_name(tmp_path: Path) -> None:
    for name in ("b", "a"):
        written(tmp_path, f"name: {name}\nknowledge_base: k\n", f"all/{name}.yaml")
    assert [assistant.name for assistant in read_assistants([tmp_path / "all"])] == ["a", "b"]
    other = written(tmp_path, "name: a\nknowledge_base: k\n", "other.yml")
    with pytest.raises(ProfileError, match=r"other\.yml: name: 'a' is taken already, by .*a\.yaml: give it another name"):
        read_assistants([tmp_path / "all", other])
    first = read_assistant(other)
    with pytest.raises(ProfileError, match="2 assistants are called 'a'"):
        open_assistants([first, first])


def test_assistants_share_what_they_both_name_until_the_last_is_closed(tmp_path: Path) -> None:
    one, two = base(tmp_path / "one.kb", ASPIRIN), base(tmp_path / "two.kb", IBUPROFEN)
    wanted = [
        Assistant(name="a", knowledge_bases=(one,), reranker="x"),
        Assistant(name="b", knowledge_bases=(tmp_path / "." / "one.kb", two), reranker="x"),
    ]
    first, second = open_assistants(wanted)
    assert isinstance(second.kb, SeveralKnowledgeBases)
    assert second.kb._members[0] is first.kb
    assert first.medrag.reranker is second.medrag.reranker
    first.close()
    first.close()
    assert [d.key for d in second.kb.documents()] == ["A1", "B1"]
    second.medrag.reranker = None
    assert "孕妇禁用" in second.medrag.ask("布洛芬片的禁忌").text
    second.close()
    with KnowledgeBase.open(one) as kb, kb.write() as writer:  # nobody holds the old generation any more
        writer.delete("A1")
    assert len(list((one / "generations").iterdir())) == 1


def test_an_emergency_is_answered_with_its_own_words(tmp_path: Path) -> None:
    folder = base(tmp_path / "one.kb", ASPIRIN)
    asked = "我突然胸口剧痛，喘不上气，能吃阿司匹林肠溶片吗？"
    for emergency in ("", "请按墙上的红色按钮。"):
        with open_assistant(Assistant(name="a", knowledge_bases=(folder,), emergency=emergency)) as opened:
            (notice,) = [n for n in opened.medrag.ask(asked).notices if n.kind is NoticeKind.EMERGENCY]
            assert (notice.text == emergency) == bool(emergency)


def test_only_restricts_what_an_assistant_reads(tmp_path: Path) -> None:
    folder = base(tmp_path / "one.kb", ASPIRIN, IBUPROFEN)
    wanted = Assistant(name="a", knowledge_bases=(folder,), only={"sources": ("labels",)})
    with open_assistant(wanted) as opened:
        assert not opened.medrag.ask("阿司匹林肠溶片的禁忌").abstained
        assert opened.medrag.ask("布洛芬片的禁忌").abstained


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("knowledge_base: none.kb", r"knowledge_bases: there is no knowledge base at .*none\.kb"),
        ("knowledge_base: [one.kb, ./one.kb]", r"knowledge_bases: .*one\.kb is named 2 times"),
        ("knowledge_base: one.kb\nonly: {since: soon}", "only: 'soon' is no date"),
        ("knowledge_base: one.kb\nprofile: none.json", r"profile: .*none\.json: No such file"),
        ("knowledge_base: one.kb\ntemplate: none.txt", r"template: .*none\.txt cannot be read as a template"),
        ("knowledge_base: one.kb\nllm: gpt-9", "llm: no model is called 'gpt-9'"),
        ("knowledge_base: one.kb\nllm: http:http://127.0.0.1:9#m\npreset: nothing", "llm: there is no preset 'nothing'"),
    ],
)
def test_what_cannot_be_opened_is_said_with_file_and_field(fields: str, said: str, tmp_path: Path) -> None:
    base(tmp_path / "one.kb", ASPIRIN)
    file = written(tmp_path, f"name: a\n{fields}\n")
    with pytest.raises(MedRAGError, match=rf"^{re.escape(str(file))}: {said}"):
        open_assistant(read_assistant(file))


def test_a_model_is_loaded_once_and_a_key_goes_to_the_assistant_that_names_it(tmp_path: Path) -> None:
    folder = base(tmp_path / "one.kb", ASPIRIN)
    llm = {"llm": "http:http://127.0.0.1:9#tiny", "knowledge_bases": (folder,), "input_limit": 1000}
    wanted = [
        Assistant(name="a", **llm),
        Assistant(name="b", **llm),
        Assistant(name="c", api_key_variable="OTHER_KEY", **llm),
    ]
    opened = open_assistants(wanted, keys={"OTHER_KEY": "secret"})
    a, b, c = (one.medrag.model for one in opened)
    assert a is b
    assert c is not a
    for one in opened:
        one.close()


def test_the_shipped_example_is_read_and_answers(tmp_path: Path) -> None:
    from medrag.ingest.build import build

    root = Path(__file__).resolve().parents[2]
    text = (root / "examples" / "assistant.yaml").read_text(encoding="utf-8")
    build(root / "kb" / "labels" / "zh", tmp_path / "my.kb")
    with open_assistant(read_assistant(written(tmp_path, text))) as opened:
        assert opened.assistant.greeting and opened.assistant.disclaimer
        answer = opened.medrag.ask("阿司匹林肠溶片的禁忌是什么？")
        assert "过敏" in answer.text and answer.citations
