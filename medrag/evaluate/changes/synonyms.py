"""Words that may stand for each other in a label sentence without changing what it says."""

from __future__ import annotations

import re

__all__ = ["CHINESE", "ENGLISH"]

Synonyms = tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]


def _read(table: str) -> Synonyms:
    """Rows of a pattern and what it may be replaced by, parted by a tab; the replacements are parted by `|`."""
    rows = (line.split("\t") for line in table.strip().splitlines())
    return tuple((re.compile(pattern.strip()), tuple(into.strip("\n").split("|"))) for pattern, into in rows)


CHINESE = _read(
    r"""
(?<!被)禁用(?!于)	禁止使用|不得使用
(?<![应须需可])慎用(?!于)	应谨慎使用|须谨慎使用
(?<![不慎])忌服	不可服用
孕妇(?!及|和|、)	妊娠妇女|怀孕的妇女
(?<!年)患者	病人
病人	患者
(?<!可)引起	导致
导致	引起
偶见	偶可出现|少数人会出现
可见(?!于)	可出现
罕见	很少见到
(?<![罕少偶最较])常见	较常出现
(?<!混)合用	联合使用|同时使用
同时服用|同服	一起服用
饭前	餐前
饭后	餐后
餐前	饭前
餐后	饭后
增强	加强
减弱	削弱
降低	减低
升高	增高
不宜	不适合|不应
避免	防止
应停药	应停止用药
肾功能不全	肾功能减退|肾脏功能不全
肝功能不全	肝功能减退|肝脏功能不全
肌注|肌肉注射	肌内注射
静滴	静脉滴注
(?<!不)适用于	可用于
主要用于	主要适用于
(?<![适不可慎禁主])用于	适用于
一次(?=[\d一二三四两半])	每次
每次(?=[\d一二三四两半])	一次
疗效	治疗效果
服药期间	用药期间|服药的时候
(?<=[、，：有])食欲不振(?=[、，。等及和])	胃口差
(?<=[、，：有])失眠(?=[、，。等及和])	睡眠不好
(?<=[、，：有])腹泻(?=[、，。等及和])	拉肚子
(?<=[、，：有])便秘(?=[、，。等及和])	大便干结
(?<=[、，：有])恶心(?=[、，。等及和])	想吐
(?<=[、，：有])乏力(?=[、，。等及和])	没有力气
(?<=[、，：有])头晕(?=[、，。等及和])	头昏
儿童酌减	儿童适当减量
小儿酌减	小儿应适当减少用量
遵医嘱	按医生的嘱咐
须在医生指导下服用	要在医师指导下使用
"""
)

ENGLISH = _read(
    r"""
\bshould not be (used|administered|given|taken)\b	must not be \1
\b[Dd]o not (use|take|give|exceed)\b	never \1
\b(is|are) contraindicated in\b	must not be used in
\b(is|are) indicated for\b	\1 used for
\bpatients with\b	people who have|people with
\badministered\b	given
\bprior to\b	before
\bapproximately\b	about|roughly
\btwice daily\b	two times a day|twice a day
\bonce daily\b	once a day|one time per day
\bthree times daily\b	three times a day
\bevery 12 hours\b	twice a day
\bevery 8 hours\b	q8h
\brenal impairment\b	impaired kidney function
\bhepatic impairment\b	impaired liver function
\brenal function\b	kidney function
\bhepatic function\b	liver function
\bpediatric patients\b	children
\bgeriatric patients\b	elderly patients
\bhypertension\b	high blood pressure
\bhypotension\b	low blood pressure
\bdiscontinue use\b	stop use
\bdiscontinue\b(?! use)	stop using
\bshould be discontinued\b	should be stopped
\bconcomitantly\b	at the same time
\b[Cc]oncomitant use\b	combined use
\bmay cause\b	can cause
\bmay occur\b	can occur
\bmay result in\b	can lead to
\bincreased\b	raised
\bdecreased\b	lowered
\bdecreases\b	lowers
\bcommonly\b	frequently
\bin addition\b	also
\bhowever,	but
\bnursing mothers\b	women who are breastfeeding
\bpregnant women\b	women who are pregnant
\bphysician\b	doctor
\bfollowing\b(?= (?:oral|intravenous|a single|administration))	after
\borally\b	by mouth
\bexcreted in human milk\b	passed into human milk
\bhas not been established\b	is not established
\bhave not been established\b	are not established
\bThere are no adequate\b	No adequate
\bvomiting\b	throwing up
\bsomnolence\b	sleepiness
\bpruritus\b	itching
\bshould be (monitored|advised|considered)\b	need to be \1
\badverse (?:reactions|events)\b	side effects
\btherapy\b	treatment
\butilized\b	used
\b(was|were|been|rates) observed\b(?! for)	\1 seen
\binitiated\b	started
\bdemonstrated\b	shown
\brequired\b	needed
"""
)
