"""Questions to a graph of diseases in the words that people use, over an invented graph: exactly the right facts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from medrag.ingest.build import build
from medrag.kb.base import KnowledgeBase
from medrag.retrieve.rank import retrieve

HEADER = "name,alias,part,age,infection,insurance,department,checklist,symptom,complication,treatment,drug,period,rate,money"
ROWS = (
    "柳叶热,柳热病,肝 脾,青壮年农民,接触传播,医保疾病,感染科,柳叶血清试验 肝脾超声,发烧 皮肤发绿,脾破裂 拉肚子,输液治疗 隔离治疗,退绿片 清柳颗粒,2-3周,92%,三甲医院约2000元",
    "石足症,,足,中年矿工,无传染性,非医保疾病,骨科,足部透视,脚掌变硬 走路疼,跛行,手术治疗,软足膏,6个月,40%,三甲医院约9000元",
    "跛行,,下肢,老人,无传染性,非医保疾病,康复科,步态测定,一脚高一脚低,跌伤,理疗,壮步丸,1年,35%,三甲医院约500元",
    "脑雾塞,雾脑,颅脑,老年人,无传染性,医保疾病,神经内科,脑雾造影,说话含糊,雾塞后遗症,溶雾治疗,散雾胶囊,30天,55%,三甲医院约8000元",
    "脑雾死,脑雾塞,颅脑,老年人,无传染性,医保疾病,神经内科 急诊科,脑雾造影 脑电描记,说话含糊 半身麻 眼前发白,雾瘫 呛咳,溶雾治疗,散雾胶囊 通雾片,60天,50%,三甲医院约10000元",
    "脑雾塞后遗症,,颅脑,老年人,无传染性,非医保疾病,康复科,记忆测定,健忘,跌伤,康复训练,醒神丸,终身,10%,三甲医院约4000元",
    "传染性蓝疮,,皮肤,儿童,接触传播,医保疾病,皮肤科,蓝疮涂片,蓝色水疱,疤痕,外敷治疗,去蓝膏,10天,99%,三甲医院约300元",
)
QUESTIONS = (
    ("柳叶热是哪儿出了毛病，影响什么器官", "柳叶热", "body_part"),
    ("石足症长在哪里", "石足症", "body_part"),
    ("柳叶热的病灶是身体哪个部位", "柳叶热", "body_part"),
    ("什么人容易得柳叶热", "柳叶热", "susceptible_group"),
    ("石足症多见于哪些人", "石足症", "susceptible_group"),
    ("脑雾死的发病年龄", "脑雾死", "susceptible_group"),
    ("柳叶热传染吗", "柳叶热", "transmission"),
    ("石足症会不会传给家里人", "石足症", "transmission"),
    ("跟得了柳叶热的人接触会被传上吗", "柳叶热", "transmission"),
    ("石足症能走医保吗", "石足症", "insurance"),
    ("得了柳叶热住院给报销不", "柳叶热", "insurance"),
    ("柳叶热挂什么科", "柳叶热", "department"),
    ("石足症找哪个医生看", "石足症", "department"),
    ("得了石足症去医院挂哪个号", "石足症", "department"),
    ("柳叶热要查些什么", "柳叶热", "check"),
    ("怀疑是石足症要拍片子吗", "石足症", "check"),
    ("柳叶热怎么确诊", "柳叶热", "check"),
    ("脑雾死要做哪些检查才能诊断", "脑雾死", "check"),
    ("柳叶热有什么症状", "柳叶热", "has_symptom"),
    ("石足症发作起来是什么样子", "石足症", "has_symptom"),
    ("得了柳叶热身体会有哪些不舒服", "柳叶热", "has_symptom"),
    ("石足症会疼吗", "石足症", "has_symptom"),
    ("怎么知道自己是不是得了石足症", "石足症", "has_symptom"),
    ("柳叶热不治会怎么样", "柳叶热", "complication"),
    ("石足症会引发别的病吗", "石足症", "complication"),
    ("石足症严重了会发展成什么", "石足症", "complication"),
    ("柳叶热怎么治", "柳叶热", "therapy"),
    ("石足症一定要开刀吗", "石足症", "therapy"),
    ("查出柳叶热怎么办才好", "柳叶热", "therapy"),
    ("传染性蓝疮怎么治疗", "传染性蓝疮", "therapy"),
    ("柳叶热吃什么药好得快", "柳叶热", "treated_with"),
    ("治石足症的药有哪些", "石足症", "treated_with"),
    ("有没有治柳叶热的特效药", "柳叶热", "treated_with"),
    ("柳叶热多久能好", "柳叶热", "period"),
    ("治好石足症需要多长时间", "石足症", "period"),
    ("柳叶热大概多少天能痊愈", "柳叶热", "period"),
    ("石足症能治好吗", "石足症", "cure_rate"),
    ("柳叶热治好的希望大不大", "柳叶热", "cure_rate"),
    ("石足症还有救吗", "石足症", "cure_rate"),
    ("石足症手术要几万块", "石足症", "cost"),
    ("看柳叶热的医药费高吗", "柳叶热", "cost"),
    ("老人脑雾塞有啥症状", "脑雾死", "has_symptom"),
    ("脑雾塞的早期症状有哪些", "脑雾死", "has_symptom"),
    ("脑雾塞后遗症吃什么药", "脑雾塞后遗症", "treated_with"),
    ("脑雾死后遗症有哪些", "脑雾死", "complication"),
)


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    folder = tmp_path_factory.mktemp("graph")
    (folder / "disease.csv").write_text("\n".join((HEADER, *ROWS)), "utf-8")
    build([folder / "disease.csv"], folder / "kb")
    with KnowledgeBase.open(folder / "kb") as made:
        yield made


def _ends(kb: KnowledgeBase, disease: str, relation: str) -> set[str]:
    ids = [entity.id for entity in kb.entity(disease) if entity.name == disease]
    return {fact.object.name for fact in kb.facts_of(ids, [relation]) if fact.subject.id in ids}


@pytest.mark.parametrize(("question", "disease", "relation"), QUESTIONS)
def test_a_question_finds_exactly_what_the_graph_says(graph: KnowledgeBase, question: str, disease: str, relation: str) -> None:
    facts = [item.fact for item in retrieve(question, graph).evidence if item.fact is not None]
    assert {fact.object.name for fact in facts if fact.relation == relation} == _ends(graph, disease, relation) != set()


def test_the_complications_are_followed_to_their_cure_rate(graph: KnowledgeBase) -> None:
    facts = [item.fact for item in retrieve("石足症的并发症能治好吗", graph).evidence if item.fact is not None]
    assert [(fact.subject.name, fact.object.name) for fact in facts if fact.relation == "cure_rate"] == [("跛行", "35%")]


def test_whether_one_illness_comes_with_another_is_told_by_what_joins_them_and_by_the_symptoms(graph: KnowledgeBase) -> None:
    facts = [item.fact for item in retrieve("柳热病会拉肚子吗", graph).evidence if item.fact is not None]
    assert ("complication", "拉肚子") in [(fact.relation, fact.object.name) for fact in facts]
    assert {fact.object.name for fact in facts if fact.relation == "has_symptom"} == {"发烧", "皮肤发绿"}
