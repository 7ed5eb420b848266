"""How people ask: the words that ask for a section of a label, for a relation of the graph, or name who the patient is.

Patterns are matched on the question as `plain` makes it (NFKC, lower case). Order inside a table does not matter:
what is asked first in the question ranks first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from medrag.retrieve.quantities import ages
from medrag.sections import SectionGroup

__all__ = [
    "DRUG_FORM_GROUPS",
    "PATIENT_GROUPS",
    "Cue",
    "Population",
    "asked_groups",
    "group_cues",
    "patient_group",
    "patient_pattern",
    "patient_spans",
    "populations",
    "support_groups",
    "support_pattern",
]

G = SectionGroup


class Population(StrEnum):
    """Who the medicine is for, where the label has words of its own for them."""

    PREGNANT = "pregnant"
    LACTATING = "lactating"
    CHILD = "child"
    ELDERLY = "elderly"
    RENAL = "renal"
    HEPATIC = "hepatic"


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of the question that asks for something: `question[start:end]`, its words."""

    start: int
    end: int
    group: SectionGroup
    words: str


_ZH_TAKE = r"(?:服用|使用|吃|喂|服|用|喝|涂|抹|打|擦|敷|贴|含|滴|注射|口服)"
_ZH_COUNT = r"(?:几|多少)(?:片|粒|颗|袋|包|支|丸|瓶|滴|喷|次|毫克|毫升|克|量|天|周|个疗程|个月|mg|ml|g)?"

_ZH_GROUPS: dict[SectionGroup, str] = {
    G.INDICATIONS: (
        r"适应的?[症证]|适应的?病[症证]?|适应(?:什么|哪些)|适合(?:什么|哪些|啥)人?|适用于?|主治|功效|功能|治(?:疗)?(?:什么|哪些|哪方面|啥|那方面|哪)"
        r"|管什么|干(?:什么|嘛|啥)(?:用|的)|(?<![副相互理])作用(?!机[制理]|时间|原理|多久)|(?:有|是)?(?:什么|啥|哪些)用(?!法|药)|用途|用来|用于|能治疗?|可以治疗?|治疗|治得?好"
        r"|治愈|疗效|效果|管用|有用|有效(?!期)|能缓解|缓解|改善|用处|好处"
    ),
    G.DOSAGE: (
        rf"用法|用量|服法|吃法|剂量|(?:怎么|如何|怎样|咋|怎么样|该怎么)(?:{_ZH_TAKE}|冲|泡|煎|化开)|冲服|{_ZH_TAKE}(?:药)?(?:多久|多长|几天|几周)|{_ZH_TAKE}{_ZH_COUNT}"
        rf"|(?:一天|一日|每天|每日|每次|一次|一回|日服|成人|小儿)(?:{_ZH_TAKE})?{_ZH_COUNT}|{_ZH_COUNT}{_ZH_TAKE}|多久{_ZH_TAKE}|[饭餐][前后]|空腹|疗程"
        rf"|每隔?\d{{1,2}}(?:[到至\-~]\d{{1,2}})?个?小?时|什么时[候间]{_ZH_TAKE}|(?:早上|晚上|睡前|早晨){_ZH_TAKE}|[一每](?:天|日|周|晚){_ZH_TAKE}?[一两二三四五六\d][次片粒](?:药)?(?:可以|行|够|对|合适)[吗么不]|的量|多少(?:片|粒|袋|支|丸|毫克|毫升|mg|ml)|水送服|嚼着|掰开|漏服|忘记?{_ZH_TAKE}"
    ),
    G.ADVERSE_REACTIONS: (
        r"副作用|不良(?:反应|影响|后果)|毒副|副反应|毒性|(?:不好|坏)的?影响|坏处|危害|伤(?:肝|肾|胃|身)|依赖性?|上瘾|成瘾|耐药性|有毒"
        r"|(?:会|可以|能)?(?:引起|导致|造成)|出现.{0,6}(?:吗|怎么办)"
    ),
    G.CONTRAINDICATIONS: (
        rf"禁忌|禁用|(?:不能|不可以|不可|不宜|不得|不要){_ZH_TAKE}(?!.{{0,4}}一起)|(?:哪些|什么|啥)(?:样的)?人(?:群)?(?:不|禁|要?慎)|不适(?:合|宜)|慎用"
    ),
    G.INTERACTIONS: (
        r"相互作用|同服|同(?:时|吃|用)|一起|一块|合用|联用|联合|并用|配伍|配合|相冲|冲突|冲不冲|会冲[吗么不]|相克|犯冲|[喝饮]酒|酒后|(?:搭|混)(?:配|着|用)|加.{1,12}一起"
        r"|(?:喝|配|和|与|跟|吃)(?=茶|咖啡|牛奶|西柚|葡萄柚|柚|果汁|豆浆)"
    ),
    G.OVERDOSAGE: r"过量|(?:吃|服|用|喝)多了|多吃|多服|误[服食吃喝用]|中毒|吃错|(?<=了)双倍|超量|[吃喝服]了(?:一|整)瓶|[吃喝服]了(?:[二三四五六七八九]?十|[1-9]\d)(?:多|几)?[片粒颗丸]",
    G.STORAGE: r"保存|存放|储存|储藏|贮藏|贮存|冰箱|冷藏|过期|保质期|有效期|开封",
    G.COMPOSITION: r"\0(?:里面?|里头|中)?(?:有没有|有无|含不含|是否含有?|含有?|带不带)\0|成[分份]|组成|(?:含|含有)(?:什么|哪些|不含)|含不含|含有?.{1,8}[吗么]|配方|由(?:什么|哪些)|原料|辅料",
    G.FORMS: r"规格|剂型|有几种|哪几种|包装|(?:一片|每片|一粒|每粒|一袋|每袋|一支|每支)(?:是|有)?(?:多少|几)",
    G.WARNINGS: r"自杀|轻生|不想活|注意|要?警[告惕]|风险|安全|忌口|开车|驾[驶车]|长期|能停|停药|检查.{0,4}(?:肝|肾)功",
    G.PHARMACOLOGY: r"药理|机[制理]|原理|起效|见效|多久.{0,4}(?:有效|起作用)|半衰期|代谢|吸收|药代|药效|作用时间|怎么起作用",
    G.CLASSIFICATION: r"处方药|中成药|(?:是|属于?)(?:中药|西药)|中药还是|西药还是|非处方|otc|(?:什么|哪)(?:类|种)药|医保|抗生素吗|激素吗|消炎药吗",
    G.APPROVAL: r"批准文号|厂家|哪个厂|生产(?:商|厂|企业)|国药准字",
    G.NAMES: r"别名|英文名|商品名|又叫|通用名|学名|化学名|拼音",
    G.SYMPTOMS: r"症状|表现|征兆|体征",
    G.CAUSES: r"病因|(?:什么|啥)?原因|怎么(?:引起|得的|会得)|为什么会",
    G.DIAGNOSIS: r"(?:做|查|需要|要)?(?:什么|哪些|啥)检查|检查(?:项目|方法|什么)|化验|怎么(?:诊断|确诊|查)|诊断",
    G.TREATMENT: r"怎么(?:治|办)|如何治|治疗方法|怎样治|怎么治疗",
    G.PREVENTION: r"预防|避免得",
}

# To store something; a store, store brands and what comes from the store ask for no storage.
_EN_STORE = (
    r"\bstor(?:ed|age|ing)\b|(?:^|\b(?:to|i|you|we|they|should|do|does|not|don't|can|must|and|or|is|how|where|please|properly) )store\b(?! brands?\b)"
    r"|(?<!the )(?<!a )\bstore (?:it|them|this|these|at|below|above|away|unopened|opened|open)\b"
)
_EN_TAKE = r"(?:tak(?:e|en|ing)|us(?:e|ed|ing)|administ\w+|giv(?:e|en|ing)|appl(?:y|ied|ying)|inject\w*|drink)"
# What one does to a tablet before it is taken: crush, split, open over yogurt.
_EN_TAKEN_APART = r"\b(?:crush|split|halv|chew|break|cut|open|sprinkl|dissolv|swallow)\w*\b(?=.{0,40}\b(?:tablets?|tabs?|pills?|capsules?|caps?|caplets?|it|them|in (?:two|half)|whole)\b)"
# Names stand masked: "is there \0 in \0", "does \0 have any \0 in it".
_EN_CONTAINED = r"\0 (?:is |are )?(?:in|inside) (?:the |my |this |these )?\0|\0 (?:have|has|includes?|including) (?:any )?\0"
_EN_GROUPS: dict[SectionGroup, str] = {
    G.INDICATIONS: (
        r"\bindicat\w*|\bused? (?:for|to treat|in)\b|\buses\b|\btreat(?:s|ed|ing|ment)?\b|\bfor what\b|\bwhat (?:is|are|was|does|do) .{1,40} for\b[?. ]*$|\bwhat\b.{1,20} it for\b|\bgood for\b|\bhelps?\b|\bprescribed\b"
        r"|\bworks? for\b|\beffective\b|\bbenefits?\b|\bwhat does .{2,40} do\b"
    ),
    G.DOSAGE: (
        rf"\bdos(?:e|es|age|ages|ing)\b|\bhow (?:much|many|often)\b|\bhow (?:is|are|do|does|to|should|can)\b.{{0,40}}\b{_EN_TAKE}\b|\bprep(?:are)?\b|\badminister\w*"
        rf"|\bhow long\b.{{0,30}}\b{_EN_TAKE}\b|\b(?:with|without|before|after|w/?|w/o) (?:food|meals?|eating)\b|\beat after\b|\bwhen\b.{{0,15}}\b{_EN_TAKE}\b|\btitrat\w+|\bschedule\b"
        rf"|\bevery (?:\d+|few|other|two|three|four|six|eight|twelve)(?:(?: ?- ?| to | or )\d+)? (?:hours?|hrs?|days?)\b|\btaper\w*|\bper day\b|{_EN_TAKEN_APART}|\btimes a day\b|\bmissed\b|\bdirections\b|\blong[- ]term use\b|\bmilligrams?\b|\bregimen\b|\bmaximum\b|\busage\b"
    ),
    G.ADVERSE_REACTIONS: r"\bside[- ]?effects?\b|\badverse\b|\breactions?\b|\bcaus(?:e|es|ed|ing)\b|\bmakes? (?:me|you)\b|\bharm\w*|\baddict\w*|\baggravat\w+|\brelated to\b",
    G.CONTRAINDICATIONS: r"\bcontra-?indicat\w*|\bwho (?:should|can|must) ?not\b|\bshould not\b|\bcannot (?:take|use)\b|\bnot (?:take|use|be used|be taken)\b|\bavoid(?:ed)?\b",
    G.INTERACTIONS: (
        r"\binteract\w*|(?:\b(?:with|and|n|w/|drink(?:ing)?|eat(?:ing)?|have|having|had)|[&+]) (?:(?:an?|one|two|some|any|the|my|few|little|bit|glass(?:es)?|cups?|shots?|couple|of) ){0,4}(?=(?:alcohol|wine|beers?|booze|liquor|vodka|whiske?y|cocktails?|drinks?|grapefruit|caffeine|coffee|tea|milk|dairy|yogurt|juice)\b)|\btogether\b|\bcombin(?:e|ed|ing)\b"
        r"|\bco-?administ\w*|\bconcomitant\w*|\bwhile (?:taking|on)\b|\balong with\b"
        r"|\bat the same time\b|\balso taking\b|\bapart\b|\bclash\w*|\bmix(?:ed|ing)?\b"
        # "can i take A and B", but not "… with food"
        r"|\btake\b(?=[^,.;?]{2,40}? (?:and|with|plus) (?!food|meals?|water|a |an |the |or |without))"
    ),
    G.OVERDOSAGE: r"\boverdos\w*|\btoo (?:much|many)\b|\bdouble[- ]dosed\b|(?<=\bdouble )do(?:se|ses|sing|es)\b|\b(?:took|taken|ate|eaten) (?:about |over |like |all )?[1-9]\d+ (?!(?:mg|mcg|ml|g|units?|iu)\b)[^,.;?]{0,40}\b(?:tablets?|pills?|capsules?|caps)\b|\btook (?:two|twice|double|an? extra|both)\b|\baccidentally\b|\bby (?:mistake|accident)\b"
    r"|\bswallowed (?:one|two|three|some|a few|several|all) of\b|\b(?:swallowed|got into|ate|drank|chugged)\b.{0,40}\b(?:tablets?|pills?|capsules?|bottle|gummies|patch|syrup|cream)\b",
    G.STORAGE: rf"{_EN_STORE}|\b(?:gone|turned|went|become|became)\b.{{0,12}}\b(?:dark\w*|brown\w*|cloudy|yellow\w*|pink\w*|crumbly|grainy)\b|\bleft (?:\w+ ){{1,3}}(?:in|out|on)\b|\bexpir\w+|\brefrigerat\w*|\bfridge\b|\bshelf\b|\broom temperature\b|\bfreez\w*",
    G.COMPOSITION: _EN_CONTAINED
    + r"|\bingredients?\b|\bcontains?\b|\bmade (?:of|from)\b|\bcomposition\b|\binactive\b|\bexcipients?\b|\bgluten\b|\blactose\b|\bany \w+(?: \w+)? in (?:it|them|there|this)\b|\b(?:alcohol|sugar|gelatin|dyes?|latex|peanuts?|soy|eggs?|aspartame|sulfites?|sulfa)\b.{0,12}\bin (?:it|them|there|this)\b",
    G.FORMS: r"\bstrengths?\b|\bwhat (?:mg|milligrams?)\b|\blowest do\w+|\bsupplied\b|\bdosage forms?\b|\bavailable\b|\bcomes? in\b|\bcolou?r\b|\bshape\b|\blooks? like\b",
    G.BOXED_WARNING: r"\bbox(?:ed)? warnings?\b|\bblack box\b",
    G.WARNINGS: r"\bsuicid\w*|\bkill(?:ing)? (?:my|him|her)self\b|\bwarnings?\b|\bprecautions?\b|\brisks?\b|\bsafe(?:ty|ly)?\b|\bcauti\w+|\bcareful\b|\bdriv(?:e|ing)\b|\bdanger\w*|\bstop(?:ping|ped)?\b|\bdiscontinu\w*|\bwithdraw\w*|\breduce\b",
    G.PHARMACOLOGY: (
        r"\bmechanism\b|\bhow (?:does|do|did)\b.{1,40}\bwork\b|\bhalf-?life\b|\bmetaboli\w+|\bpharmaco(?:log|kinet|dynam)\w+|\beliminat\w+|\babsor(?:b|ption)\w*|\bhow (?:fast|quick\w*|soon)\b"
        r"|\bin (?:your |my |the )?system\b|\btherapeutic effects?\b|\bonset\b|\bbioavailab\w+"
    ),
    G.CLASSIFICATION: r"\bdrug class\b|\bwhat (?:kind|type|class) of (?:drug|medic\w+)\b|\bover[- ]the[- ]counter\b|\botc\b|\bprescription drug\b|\bcontrolled substance\b",
    G.APPROVAL: r"\bmanufactur\w+|\bwho makes\b",
    G.NAMES: r"\bbrand names?\b|\bgeneric (?:name|for)\b|\bother names?\b|\bsynonyms?\b",
    G.STUDIES: r"\bclinical (?:stud|trial)\w*|\bcarcinogen\w*|\bevidence\b",
    G.SYMPTOMS: r"\bsymptoms?\b|\bsigns\b|\bmanifestations?\b",
    G.CAUSES: r"\bwhat causes\b|\betiology\b",
    G.DIAGNOSIS: r"\bdiagnos\w+|\bwhat tests?\b",
    G.PREVENTION: r"\bprevent(?:s|ion|ed)?\b",
}

_POPULATIONS: dict[Population, str] = {
    Population.PREGNANT: r"孕妇|怀孕|孕期|妊娠|备孕|早孕|孕[早中晚]期|孕\d|孕[一二两三四五六七八九十]+[个周]|怀着?(?:宝宝|二胎|孩子|\d)|有喜|安胎|保胎|准妈妈|怀上|\bpregnan\w*|\bprego\b|\bpreggers\b|\bfetus\b|\bfetal\b|\bconceive\b|\btrimester\b|\bweeks? along\b|\bexpecting\b|\bttc\b|\bthe baby bump\b",
    Population.LACTATING: r"哺乳|喂着?奶|母乳|月子|奶(?:孩子|娃|宝宝)|断奶|产后|\bbreast-?\s?f(?:eed|ed)\w*|\bnursing (?:a |my |the )?(?:baby|mom|infant|newborn)\b|\b(?:still|while|if|am|i'm|im) nursing\b|\b(?:to|can i|do i) nurse\b|\bpump(?:ing)? (?:milk|and dump)\b|\bnurs(?:e|ing) (?:him|her)\b|\bnursing mothers?\b|\blactat\w+|\bbreast milk\b",
    Population.CHILD: (
        r"(?<!\d)(?:1[0-8]|[1-9])周?岁(?:以下|以内|不到)|未满\d{1,2}周?岁|\bunder (?:the age of )?(?:1[0-8]|[2-9])\b(?! ?(?:mg|ml|hours?|days?|weeks?|times?|mcg|g|units?))|小孩|儿童|宝宝|宝贝|娃|月龄|早产儿|小学生|中学生|幼儿园|婴儿|婴幼儿|幼儿|孩子|小儿|新生儿|未成年|少年|小朋友|女儿|儿子|\bchild\w*|\bkids?\b|\bp(?:a)?ediatric\w*|\binfants?\b|\bbab(?:y|ies)\b|\btoddlers?\b"
        r"|\badolescents?\b|\bteen(?:s|ager\w*)?\b|\bmy (?:son|daughter|grandson|granddaughter|little one)\b|\bneonat\w*|\bnewborns?\b"
    ),
    Population.ELDERLY: r"老人|老年|高龄|爷爷|奶奶|外公|外婆|姥姥|姥爷|老爸|老妈|老头|老太|\belderly\b|\bolder (?:adults?|patients?|people)\b|\bgeriatric\b|\bseniors?\b|\bgrand(?:ma|pa|mother|father)\b",
    Population.RENAL: r"肾功能?|肾不好|肾衰|肾病|透析|尿毒症|肌酐|ccr|egfr|\brenal\b|\bkidneys?\b|\bdialysis\b|\bcrcl\b|\begfr\b|\bcreatinine\b|\bckd\b|\besrd\b",
    Population.HEPATIC: r"肝功能?|肝不好|肝病|肝硬化|肝炎|转氨酶|\bhepatic\b|\bliver\b|\bcirrhosis\b|\bcirrhotic\b|\bhepatitis\b|\bchild-pugh\b",
}
_SAFE = frozenset({"safe", "safely", "safety", "安全", "风险", "risk", "risks"})
ADULT_YEARS = 18
ELDERLY_YEARS = 65

_POPULATION_GROUPS = {
    Population.PREGNANT: G.PREGNANCY,
    Population.LACTATING: G.PREGNANCY,
    Population.CHILD: G.PEDIATRIC,
    Population.ELDERLY: G.GERIATRIC,
}
PATIENT_GROUPS = frozenset(_POPULATION_GROUPS.values())
# What a label says where it speaks of such a patient.
_PATIENTS: dict[Population, str] = {
    Population.PREGNANT: r"孕|妊娠|胎儿|pregnan|fetus|fetal|teratogen",
    Population.LACTATING: r"哺乳|授乳|乳汁|母乳|lactati|nursing|breast-?\s?(?:feed|milk|fed)",
    Population.CHILD: r"儿童|小儿|婴|幼儿|患儿|新生儿|周?岁|child|pa?ediatric|infant|neonat|years of age",
    Population.ELDERLY: r"老年|老人|高龄|年老|[6-8]\d\s*周?岁(?:及|或)?以上|elderly|geriatric|older|65 years",
    Population.RENAL: r"肾|肌酐|透析|renal|kidney|creatinine|dialysis",
    Population.HEPATIC: r"肝|hepat|liver|cirrho",
}
# Groups that hold for one dosage form only: the label of another form does not answer for them.
DRUG_FORM_GROUPS = frozenset({G.DOSAGE, G.FORMS, G.STORAGE, G.COMPOSITION, G.APPROVAL, G.NAMES})
# Groups of pages on diseases; a drug's label has none of them.
_DISEASE_GROUPS = frozenset({G.SYMPTOMS, G.CAUSES, G.DIAGNOSIS, G.TREATMENT, G.PREVENTION})

# Where a label has no section of its own for what was asked, such sentences of these other sections answer it.
_ADVICE = (G.CONTRAINDICATIONS, G.WARNINGS, G.BOXED_WARNING, G.DOSAGE, G.INDICATIONS, G.PATIENT, G.OTHER)
_SUPPORT_GROUPS: dict[SectionGroup, tuple[SectionGroup, ...]] = {
    G.STORAGE: (G.FORMS, G.APPROVAL, G.WARNINGS, G.COMPOSITION, G.DOSAGE, G.PATIENT),
    G.FORMS: (G.STORAGE, G.COMPOSITION, G.DOSAGE),
    G.DOSAGE: (G.INDICATIONS, G.PATIENT, G.OTHER),
    G.COMPOSITION: (G.FORMS, G.STORAGE, G.CLASSIFICATION),
    G.ADVERSE_REACTIONS: (G.WARNINGS, G.BOXED_WARNING, G.CONTRAINDICATIONS, G.PATIENT, G.OVERDOSAGE),
    G.OVERDOSAGE: (G.WARNINGS, G.BOXED_WARNING, G.ADVERSE_REACTIONS, G.DOSAGE, G.PATIENT),
    G.BOXED_WARNING: (G.WARNINGS,),
    G.WARNINGS: (G.BOXED_WARNING, G.CONTRAINDICATIONS, G.ADVERSE_REACTIONS, G.INTERACTIONS, G.PATIENT),
}
_SUPPORT: dict[SectionGroup, str] = {
    G.PREGNANCY: r"孕|妊娠|哺乳|授乳|pregnan|lactati(?:on|ng)|nursing|breast-?\s?(?:feed|milk)",
    G.PEDIATRIC: _PATIENTS[Population.CHILD],
    G.GERIATRIC: _PATIENTS[Population.ELDERLY],
    G.OVERDOSAGE: r"过量|逾量|(?<![酸碱水])中毒|超量|超剂量|误服|(?:服用?|使用|用量)过[多大]|overdos",
    G.STORAGE: r"贮|储存|保存|密封|避光|遮光|冷藏|阴凉|有效期|store|storage|refrigerat|room temperature|expir",
    G.INTERACTIONS: r"合用|同用|并用|同服|同时|联用|配伍|酒|相互作用|interact|concomitant|coadminist|alcohol|together with",
    G.CONTRAINDICATIONS: r"禁用|忌用|禁忌|不宜|不得|不能|不可|慎用|不应|contraindicat|should not|do not|must not|not be used",
    G.ADVERSE_REACTIONS: r"不良反应|副作用|可引起|可致|可出现|可有|偶[有见]|引起|过敏反应|adverse|side effect|reaction|may cause|reported",
    G.BOXED_WARNING: r"警告|warning",
    G.DOSAGE: r"用法|用量|[一每][次日天]\s?[\d一二两三四五六]|\bdosages?\b|\brecommended dose\b|\btake \d",
    G.FORMS: r"规格|每[片粒支袋瓶]|(?:片剂|胶囊|注射剂|颗粒)[:：]|strength|supplied|available as|tablets? contain|containing",
    G.COMPOSITION: r"成[份分]|组成|含(?![服漱片化])|辅料|ingredient|contains",
    G.WARNINGS: r"注意|慎用|避免|监测|caution|warning|monitor|avoid|discontinu|withdraw",
}


@lru_cache(maxsize=1)
def _group_patterns() -> tuple[tuple[SectionGroup, re.Pattern[str]], ...]:
    tables = (_ZH_GROUPS, _EN_GROUPS)
    return tuple((group, re.compile(pattern)) for table in tables for group, pattern in table.items())


@lru_cache(maxsize=1)
def _population_patterns() -> tuple[tuple[Population, re.Pattern[str]], ...]:
    return tuple((population, re.compile(pattern)) for population, pattern in _POPULATIONS.items())


@lru_cache(maxsize=64)
def support_pattern(group: SectionGroup) -> re.Pattern[str] | None:
    """What a sentence of another section says when it answers for a section that the label lacks; None: nothing stands in."""
    pattern = _SUPPORT.get(group)
    return re.compile(pattern, re.IGNORECASE) if pattern else None


def support_groups(group: SectionGroup) -> tuple[SectionGroup, ...]:
    """The section groups whose sentences may stand in for a section that the label lacks."""
    return _SUPPORT_GROUPS.get(group, _ADVICE)


def group_cues(text: str) -> list[Cue]:
    """The stretches of a plain text that ask for a section, by place, longer ones first; overlapping ones are kept."""
    return list(_group_cues(text))


@lru_cache(maxsize=256)  # a question is looked at several times while it is answered
def _group_cues(text: str) -> tuple[Cue, ...]:
    found = [
        Cue(match.start(), match.end(), group, match.group())
        for group, pattern in _group_patterns()
        for match in pattern.finditer(text)
        if match.end() > match.start()
    ]
    return tuple(sorted(found, key=lambda cue: (cue.start, cue.start - cue.end, cue.group.value)))


def populations(text: str) -> tuple[Population, ...]:
    """Who the question is about, in the order of the enumeration; ages are read too (`3岁`, `70 years old`)."""
    found = {population for population, spans in _population_spans(text) if spans}
    for years in ages(text):
        if years < ADULT_YEARS:
            found.add(Population.CHILD)
        elif years >= ELDERLY_YEARS:
            found.add(Population.ELDERLY)
    return tuple(population for population in Population if population in found)


def patient_spans(text: str) -> list[tuple[int, int]]:
    """Where the text names the patients that labels have sections for."""
    return [span for population, spans in _population_spans(text) if population in _POPULATION_GROUPS for span in spans]


@lru_cache(maxsize=64)
def _population_spans(text: str) -> tuple[tuple[Population, tuple[tuple[int, int], ...]], ...]:
    """Where the text names each kind of patient."""
    return tuple(
        (population, tuple(match.span() for match in pattern.finditer(text))) for population, pattern in _population_patterns()
    )


@lru_cache(maxsize=64)
def patient_pattern(who: tuple[Population, ...]) -> re.Pattern[str] | None:
    """What a sentence says that speaks of one of these patients; None for no patient."""
    patterns = [_PATIENTS[population] for population in who]
    return re.compile("|".join(patterns), re.IGNORECASE) if patterns else None


def patient_group(population: Population) -> SectionGroup | None:
    """The section that labels have for such a patient, or None where they have none."""
    return _POPULATION_GROUPS.get(population)


def asked_groups(cues: Sequence[Cue], who: Sequence[Population], *, of_drug: bool) -> tuple[SectionGroup, ...]:
    """The section groups asked for, first asked first; sections for a kind of patient follow those asked in so many words.

    Of a drug (`of_drug`) no page on a disease is asked: "what to do" when a dose was missed is no question of therapy.
    """
    asked = [cue for cue in cues if not (of_drug and cue.group in _DISEASE_GROUPS)]
    special = [cue for cue in asked if cue.words not in _SAFE]
    # "Is it safe in pregnancy", or with alcohol, asks for the section on that, not for all the warnings.
    patient = any(population in _POPULATION_GROUPS for population in who)
    named = dict.fromkeys(cue.group for cue in (special if special or patient else asked))
    for population in who:
        group = _POPULATION_GROUPS.get(population)
        if group is not None:
            named.setdefault(group)
    return tuple(named)
