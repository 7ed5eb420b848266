"""Questions that no label here answers.

What has nothing to do with medicine, what is asked of a class of medicines, and doses that only the label of another
country or of another dosage form would give.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from medrag.kb.base import KnowledgeBase
from medrag.kb.facts import Mention
from medrag.kb.terms import name_variants
from medrag.patterns import regex
from medrag.retrieve.cues import Population
from medrag.retrieve.english_forms import fits_form, forms_beside
from medrag.retrieve.forms import asked_form, form_end, is_chemical, printed_form, same_form
from medrag.retrieve.subjects import Drug
from medrag.retrieve.understand import Shape, Understanding
from medrag.sections import SectionGroup
from medrag.types import DocumentInfo, EntityKind

__all__ = [
    "dose_is_foreign",
    "is_foreign",
    "is_of_class",
    "is_outside",
    "other_forms",
]

# Words of medicine in the widest sense: in doubt a question is a medical one, for declining those would be the worse fault.
# Words that only ask (how long, what for) and those for people (child, mother) are none: they stand in every question.
_ZH = (
    r"药|病|症|[炎癌瘤疼痛痒肿疹咳痰喘晕麻疮癣疣疸疝疽痔痘痹瘫痿痉悸]|发烧|退烧|发热|低烧|高烧|烧伤|烫伤|中暑|呕|想吐|吐血|吐奶|上吐|恶心|拉肚|腹泻|泻|便秘|[大小排]便|[尿血孕胎]|怀上|哺乳|母乳|月经|经期|例假|白带"
    r"|避孕|疫苗|接种|打针|针剂|注射|输液|点滴|挂水|吊瓶|手术|化疗|放疗|透析|移植|[医诊疗]|治好|治得|根治|护士|门诊|住院|体检|检查|化验|b超|核磁|心电|ct|剂量|用量|用法|副作用|不良反应|禁忌|慎用|毒|过敏|服用|口服|内服|外用|外敷"
    r"|胶囊|颗粒|冲剂|片剂|[丸丹膏栓酊]|口服液|喷雾|滴眼|眼药|糖浆|维生素|维[a-e]|氨基酸|蛋白|激素|抗生素|抗体|单抗|细菌|病毒|真菌|寄生虫|感染|发作|受伤|骨折|扭伤|伤口|骨|关节|神经|[肝肾肺胃肠脾胆胰膀胱腺]|心脏|心率|心慌|胸闷|胸口"
    r"|脑梗|脑袋|头皮|大脑|皮肤|眼睛|视力|耳朵|听力|鼻|喉|嗓|牙|舌|口腔|口干|腰|膝|失眠|睡不着|入睡|打呼|抽筋|抽搐|癫|抑郁|焦虑|疲劳|乏力|没力气|浮肿|出汗|盗汗|脱发|掉发|掉头发|减肥|消瘦|长个|更年期|早泄|性功能|月子"
    r"|宫|卵|精[子液]|阴[道茎部囊]|乳|发育|早熟|头发|毛发|洗头|指甲|手指|脚(?!本)|腿|胳膊|肩|颈|脖|后背|腹|肚|屁股|肛|脸|嘴|唇|痱|什么科|科室|危害|有害|健康|通用名|商品名|学名|厂家|批号|文号|泡水|泡酒|煲汤"
    r"|宝宝|婴儿|新生儿|幼儿|怀了|大?姨妈|预产|生育|奶[粉瓣]|口臭|疙瘩|[水血]泡|脱皮|包皮|破皮|擦伤|磕|撞[击到伤]|汗|拉屎|屎|失明|失神|脊|[心盆]肌|肌肉|烤瓷|虱|抽脂|植发|疤|粉刺|痣|器官|人体|功效|消化|情绪障碍|甲醛|洗液"
    r"|养生|保健|中草|草本|补[气肾钙铁脾锌品]|进补|上火|湿气|体寒|气虚|阳虚|阴虚|解酒|醉酒|晕车|营养|免疫|基因|细胞|mg|ml|毫克|[酮酯苷肽酶钠钾钙铵脲胺啶嗪唑]|洛尔|普利|沙坦|沙星|霉素|他汀|替尼"
)
_EN = (
    r"\b(?:medic\w*|meds?|drugs?|pills?|tablets?|capsules?|caplets?|dos(?:e[ds]?|ages?|ing)|mg|mcg|ml|prescri\w*|rx|otc|pharm\w*|doctors?|nurses?|hospital\w*|clinics?|clinical\w*|patients?|er|icu|vet"
    r"|diseases?|disorders?|illness\w*|ill|\w*sick\w*|symptoms?|syndromes?|infect\w*|pains?|painful|\w*aches?|sore\w*|hurts?|fevers?|cough\w*|flu|rash\w*|itch\w*|hives?|allerg\w*|nause\w*|vomit\w*|puk\w*|throw(?:ing)? up"
    r"|diarrh\w*|constipat\w*|heartburn|reflux|blood|bleed\w*|clots?|heart|livers?|kidneys?|renal|hepatic|lungs?|stomach\w*|bowels?|gut|bladder|skin|eyes?|ears?|nose|sinus\w*|throat|tooth|teeth|teeth\w*|gums?|bones?|joints?|muscles?|nerves?"
    r"|brain|body|cancer\w*|tumou?rs?|diabet\w*|sugars?|cholesterol|hypert\w*|pregnan\w*|breast\w*|nursing|birth control|contracept\w*|periods?|menstru\w*|menopaus\w*|vaccin\w*|immuni\w*|shots?|jabs?|inject\w*|infus\w*|iv"
    r"|surg\w*|transplant\w*|dialysis|therap\w*|treat\w*|cures?|heal\w*|remed\w*|side effects?|adverse|overdos\w*|poison\w*|toxic\w*|contraindic\w*|warnings?|interact\w*|refills?|inhalers?|ointments?|creams?|gels?|patch\w*|drops|syrups?"
    r"|suspensions?|sprays?|suppositor\w*|enemas?|vitamins?|supplements?|herb\w*|minerals?|iron|calcium|zinc|potassium|sodium|antibiotics?|vir(?:us\w*|al)|bacteri\w*|fung\w*|parasit\w*|lice|worms?|insulin|hormon\w*|steroids?|opioids?"
    r"|cannabi\w*|marijuana|weed|alcohol\w*|smok\w*|nicotine|obes\w*|sleep\w*|insomnia|anxi\w*|depress\w*|panic|bipolar|adhd|autis\w*|dementia|alzheimer\w*|parkinson\w*|seizures?|epilep\w*|strokes?|asthma\w*|breath\w*|wheez\w*"
    r"|burns?|burned|wounds?|scars?|bites?|bitten|stings?|stung|swell\w*|swollen|bruis\w*|dizz\w*|faint\w*|tired\w*|fatigue\w*|urin\w*|pee(?:ing)?|stools?|poop\w*|sweat\w*|acne|pimples?|warts?|eczema|psoriasis|hair loss|weight|diets?"
    r"|genes?|genetic\w*|chromosom\w*|inherit\w*|heredit\w*|congenital|disabilit\w*|deficien\w*|diagnos\w*|prognos\w*|outlook|vision|hearing|phosph\w*|sperm|uter\w*|ovar\w*|vagin\w*|penis|prostat\w*"
    r"|[a-z]+\d+[a-z\d]*|\w{3,}(?:oma|pathy|trophy|plasia|pn[eo]ea|rrh[eo]ea|plegia|paresis|sclerosis|ectomy|otomy|oscopy|ectasia|axia|opia|asia|phagia|lexia|esia|sthenia|pecia|onia|cephaly|somia|osmia|nevus)"
    r"|bab(?:y|ies)|infants?|newborns?|toddlers?|ingredients?|half-?life|active substance|brand name|generic|fda|labels?|\w{3,}(?:mab|nib|pril|artan|statin|cillin|mycin|azole|oxacin|cycline|zepam|zolam|triptan|gliptin|gliflozin|glutide|dipine|olol|itis|osis|emia|uria|algia))\b"
)
_MEDICAL = regex(f"{_ZH}|{_EN}")
_KINDS = frozenset(EntityKind) - {EntityKind.THING, EntityKind.FOOD, EntityKind.BODY_PART}

# Sections that nobody asks for who asks of something else, and patients that nobody is elsewhere.
_ASKED = frozenset(
    {
        SectionGroup.ADVERSE_REACTIONS,
        SectionGroup.CONTRAINDICATIONS,
        SectionGroup.OVERDOSAGE,
        SectionGroup.WARNINGS,
        SectionGroup.PHARMACOLOGY,
        SectionGroup.STUDIES,
        SectionGroup.DIAGNOSIS,
        SectionGroup.SYMPTOMS,
    }
)
_PATIENTS = frozenset({Population.PREGNANT, Population.LACTATING, Population.RENAL, Population.HEPATIC})


def is_outside(understanding: Understanding) -> bool:
    """Whether nothing in a question has to do with medicine: no name that is known, no word of it, no medicine unknown.

    Letters that begin the sounds of a medicine's name (SQL) are no name where nothing else speaks of medicine.
    """
    letters = [mention for mention in understanding.mentions if mention.via == _INITIALS]
    if understanding.unknown or any(not _is_of(drug, letters) for drug in understanding.drugs):
        return False
    names = [mention for mention in understanding.mentions if mention.via != _INITIALS]
    if any(entity.kind in _KINDS for mention in names for entity in mention.entities):
        return False
    if letters and not understanding.left:
        return False
    if understanding.shape is Shape.WHAT_IS and len(understanding.left) == 1:
        return False  # it may be the name of something that is not known here
    if not _ASKED.isdisjoint(understanding.groups) or not _PATIENTS.isdisjoint(understanding.populations):
        return False
    return _MEDICAL.search(understanding.masked) is None and not is_of_class(understanding)


_INITIALS = "initials"  # how such a mention was found


def _is_of(drug: Drug, mentions: Sequence[Mention]) -> bool:
    """Whether a medicine was found by one of the mentions."""
    return any(drug.start <= mention.start < drug.end for mention in mentions)


_CLASS = regex(
    r"抑制剂|激动剂|拮抗剂|阻[滞断]剂|类(?=药|抗|降|镇|止|激|的?(?:副|不良|禁|用))|头孢|他汀|沙坦|普利|地平|洛尔|拉唑|沙星|喹诺酮|大环内酯"
    r"|\b(?:inhibitors?|agonists?|antagonists?|blockers?|statins?|benzodiazepines|opioids|steroids|diuretics"
    r"|cephalosporins?|penicillins|fluoroquinolones?|quinolones?|macrolides?|tetracyclines|sulfonamides|nsaids?|ssris?|maois?|barbiturates)\b"
)


def is_of_class(understanding: Understanding) -> bool:
    """Whether a question is about a class of medicines and no single one: labels of its members do not answer for the class."""
    return not (understanding.drugs or understanding.unknown) and _CLASS.search(understanding.question) is not None


def dose_is_foreign(understanding: Understanding) -> bool:
    """Whether a dose is asked of medicines of which only labels in the other language are here.

    Its indications hold anywhere; forms and strengths differ from country to country, and the dose with them.
    """
    foreign = bool(understanding.drugs) and all(is_foreign(drug, understanding.lang) for drug in understanding.drugs)
    return foreign and SectionGroup.DOSAGE in understanding.groups


def is_foreign(drug: Drug, lang: str) -> bool:
    """Whether only labels in another language are here of a medicine."""
    return all(document.lang not in {lang, ""} for document in drug.documents)


def other_forms(understanding: Understanding, kb: KnowledgeBase) -> tuple[str, ...]:
    """The titles of the labels of a medicine that is asked about in a form that none of them is of; none otherwise.

    A label that names no form may be of several, and one that lists a form is of it, whatever its title. Of a substance the form makes a difference to the dose alone; a patent
    medicine of another form is another medicine, often of another recipe, unless it is known by the name as it was
    written, is misspelt, or is called by a brand.
    """
    if not understanding.drugs:
        return ()
    drug = understanding.drugs[0]
    whole = form_end(understanding.question, drug.end)
    own = [m for m in understanding.mentions if m.start <= drug.start < m.end and m.via in {"exact", "shipped"}]
    called = any(name_variants(document.title)[-1] == name_variants(drug.name)[-1] for document in drug.documents)
    named = not own or not called or any(whole <= m.end for m in own if m.via == "exact")
    patent = not drug.name.isascii() and not is_chemical(drug.name) and not named
    if not patent and SectionGroup.DOSAGE not in understanding.groups:
        return ()
    if understanding.lang == "en":
        return _english_forms(understanding, drug)
    # What ends an English name is a salt (trospium chloride) and no form.
    form = asked_form(understanding.question, drug.end) or ("" if drug.name.isascii() else printed_form(drug.name))
    documents = [document for document in drug.documents if document.lang == understanding.lang]
    titles = tuple(document.title for document in documents)
    if not form or any(same_form(form, title) for title in titles):
        return ()
    return () if any(_lists(document, form, kb) for document in documents) else titles


def _english_forms(understanding: Understanding, drug: Drug) -> tuple[str, ...]:
    """The same of a brand beside which an English question tells the form: no tablet's label says how to lather a shampoo."""
    brand = not any(entity.kind is EntityKind.SUBSTANCE for entity in drug.entities)
    told = forms_beside(understanding.question, drug.start, drug.end) if brand else frozenset()
    titles = tuple(document.title for document in drug.documents if document.lang == "en")
    return () if not told or any(fits_form(told, title) for title in titles) else titles


def _lists(document: DocumentInfo, form: str, kb: KnowledgeBase) -> bool:
    """Whether a label says of itself that it is of a form: 胶囊剂：每粒0.25g。口服液：每支10ml。"""
    listed = re.compile(
        rf"(?:^|[\s。；;，,、:：.)）])[^\s。；;，,、:：.)）]{{0,2}}{re.escape(form)}剂?(?=[\s。；;，,、:：(（/\d每一]|$)"
    )
    return any(listed.search(passage.text) for passage in kb.passages_of(document, _SAYS_FORM))


_SAYS_FORM = (SectionGroup.FORMS, SectionGroup.DOSAGE)
