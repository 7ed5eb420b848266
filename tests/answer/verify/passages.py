"""Passages written for these tests, in both languages."""

from __future__ import annotations

from medrag.answer.verify.claim import Source

__all__ = ["PASSAGES"]

PASSAGES: dict[str, Source] = {
    "zh:dose": Source(
        "[1]",
        "口服。成人一次1～2片，一日3次，饭后服用；6～12岁儿童一次半片，一日2次。24小时内不得超过8片。\n"
        "肾功能不全患者剂量减半，轻度肝功能不全者无需调整剂量。疗程为7～14日。每片含布洛芬0.2g。",
        200, "布洛芬片", "用法用量", "zh",
    ),
    "zh:bans": Source(
        "[1]",
        "1.对本品过敏者禁用。\n2.孕妇禁用，哺乳期妇女慎用。\n3.活动性消化道溃疡患者禁用。\n4.老年患者应慎用，并定期监测肾功能。\n5.12岁以下儿童不宜使用。",
        50, "布洛芬缓释胶囊", "禁忌", "zh",
    ),
    "zh:effects": Source(
        "[1]",
        "常见恶心、呕吐、腹痛；偶见皮疹、头晕、耳鸣；罕见肝功能异常及白细胞减少。长期用药可使血压升高，停药后可自行恢复。",
        10, "布洛芬片", "不良反应", "zh",
    ),
    "zh:mixing": Source(
        "[1]",
        "与华法林合用可增强抗凝作用，增加出血风险。与地高辛合用时地高辛血药浓度升高，应监测血药浓度。"
        "本品不影响口服避孕药的效果。西咪替丁可减慢本品的代谢。服药期间不得饮酒。",
        0, "克拉霉素片", "药物相互作用", "zh",
    ),
    "zh:list": Source(
        "[1]", "下列情况禁用：\n1.孕妇及哺乳期妇女；\n2.严重肝功能不全者；\n3.有青光眼病史者。\n下列情况慎用：\n1.前列腺增生患者；\n2.驾驶车辆及操作机器者。",
        0, "马来酸氯苯那敏片", "注意事项", "zh",
    ),
    "zh:uses": Source(
        "[1]", "用于缓解轻至中度疼痛，如头痛、关节痛、偏头痛、牙痛、痛经，也用于普通感冒或流行性感冒引起的发热。不用于手术前镇痛。",
        0, "布洛芬片", "适应症", "zh",
    ),
    "zh:injection": Source(
        "[1]", "静脉滴注，每次0.5～1.0g，每8小时1次，溶于5%葡萄糖注射液250ml中，滴注时间不少于60分钟。儿童按体重一日20～40mg/kg，分3次给药。不可肌内注射。",
        0, "注射用头孢他啶", "用法用量", "zh",
    ),
    "zh:storage": Source("[1]", "遮光，密封，在2～8℃冷藏保存，不得冷冻。开封后在25℃以下可保存28天。有效期24个月。", 0, "门冬胰岛素注射液", "贮藏", "zh"),
    "zh:table": Source(
        "[1]", "年龄 | 体重 | 用量 | 次数\n1～3岁 | 10～15kg | 4ml | 一日3次\n4～6岁 | 16～21kg | 5ml | 一日3次\n7～9岁 | 22～27kg | 8ml | 一日2次",
        0, "布洛芬混悬液", "用法用量", "zh",
    ),
    "zh:strengths": Source("[1]", "片剂：2.5mg；5mg；10mg；20mg。", 0, "华法林钠片", "规格", "zh"),
    "zh:sugar": Source("[1]", "4.糖尿病患者忌服(本品含蔗糖)。", 0, "", "注意事项", "zh"),
    "en:with": Source("[1]", "Use with caution in patients with: asthma; heart failure; hypertension; hyperthyroidism.", 0, "", "", "en"),
    "en:counts": Source("[1]", "The most frequent events were flushing (n=10, 2%) and dyspnea (n=5, 1%).", 0, "", "", "en"),
    "en:dose": Source(
        "[1]",
        "Adults: take 1 to 2 tablets by mouth every 4 to 6 hours with food. Do not take more than 8 tablets in 24 hours. "
        "Children 6 to under 12 years of age: 1 tablet every 8 hours. The recommended starting dose in patients with renal impairment is 100 mg once daily. "
        "No dose adjustment is needed in patients with mild hepatic impairment. Each tablet contains ibuprofen 200 mg.",
        300, "Ibuprofen tablets", "Dosage and administration", "en",
    ),
    "en:bans": Source(
        "[1]",
        "Ibuprofen is contraindicated in patients with known hypersensitivity to ibuprofen. It should not be used in the third trimester of pregnancy. "
        "Use with caution in elderly patients. Avoid use in patients with recent myocardial infarction. Nursing mothers may take this drug.",
        40, "Ibuprofen tablets", "Contraindications", "en",
    ),
    "en:effects": Source(
        "[1]",
        "The most common adverse reactions (incidence greater than 5%) are nausea, dyspepsia and headache. Rash occurred in 3% of patients, compared with 1% on placebo. "
        "Rare cases of aseptic meningitis have been reported. The drug may increase blood pressure. It did not affect fertility in male rats.",
        0, "Ibuprofen tablets", "Adverse reactions", "en",
    ),
    "en:mixing": Source(
        "[1]",
        "Concomitant use with warfarin increases the risk of bleeding. Cimetidine decreases the clearance of theophylline. "
        "Digoxin levels may rise; monitor serum digoxin. Clarithromycin does not alter the effect of oral contraceptives. Patients should not drink alcohol during treatment.",
        0, "Clarithromycin tablets", "Drug interactions", "en",
    ),
    "en:list": Source(
        "[1]", "Do not use if you:\n- are pregnant or breast-feeding\n- have severe liver disease\n- have ever had glaucoma\nAsk a doctor before use if you:\n- have trouble urinating due to an enlarged prostate gland\n- take sedatives",
        0, "Chlorpheniramine maleate tablets", "Warnings", "en",
    ),
    "en:injection": Source(
        "[1]", "Administer 0.5 to 1 g intravenously every 8 hours, infused over at least 60 minutes. In children, give 20 to 40 mg/kg/day in three divided doses. Do not give by intramuscular injection.",
        0, "Ceftazidime for injection", "Dosage and administration", "en",
    ),
    "en:storage": Source("[1]", "Store in a refrigerator at 36°F to 46°F (2°C to 8°C). Do not freeze. After first use, keep below 77°F (25°C) for up to 28 days. Protect from light.", 0, "Insulin aspart injection", "How supplied", "en"),
    "en:warning": Source(
        "[1]", "Discontinue metformin at the time of, or before, an iodinated contrast procedure in patients with an eGFR between 30 and 60 mL/min/1.73 m2. "
        "Re-evaluate eGFR 48 hours after the procedure; restart metformin if renal function is stable. Metformin may lower vitamin B12 levels; measure hematologic parameters annually.",
        0, "Metformin hydrochloride tablets", "Warnings and precautions", "en",
    ),
    "zh:fact": Source("[1]", "感冒,症状,发热", 0, "", "", "zh"),
    "zh:relation": Source("[1]", "布洛芬 适应症 头痛", 0, "", "", "zh"),
    "zh:unless": Source("[1]", "除非明确需要，孕妇不应使用本品。", 0, "布洛芬片", "", "zh"),
    "zh:evidence": Source("[1]", "没有证据表明本品会增加癌症风险。", 0, "", "", "zh"),
    "zh:kinetics": Source("[1]", "本品主要经肾脏排泄，半衰期约为2小时，蛋白结合率为99%。", 0, "", "", "zh"),
    "zh:ages": Source("[1]", "4岁以下儿童禁用，4岁以上儿童应在医师指导下使用。", 0, "", "", "zh"),
    "zh:degrees": Source("[1]", "肝功能不全患者应减量，严重肝功能不全患者禁用。", 0, "", "", "zh"),
    "zh:driving": Source("[1]", "本品可能引起嗜睡，服药期间不得驾驶机、车、船、从事高空作业、机械作业及操作精密仪器。", 0, "", "", "zh"),
    "zh:allergy": Source("[1]", "若出现过敏反应，应立即停药。", 0, "", "", "zh"),
    "en:organs": Source("[1]", "Patients with hepatic impairment: reduce the dose by 50%. Patients with renal impairment: no adjustment is required.", 0, "", "", "en"),
    "en:meals": Source("[1]", "Take on an empty stomach, at least 1 hour before or 2 hours after a meal.", 0, "", "", "en"),
    "en:placebo": Source("[1]", "Seizures occurred in 0.1% of patients treated with the drug and in 0.05% of patients given placebo.", 0, "", "", "en"),
    "en:enzyme": Source("[1]", "The drug is metabolized by CYP3A4. Inhibitors of CYP3A4 such as ketoconazole increase exposure; inducers such as rifampin decrease it.", 0, "", "", "en"),
    "en:days": Source("[1]", "Do not use for more than 10 days unless told to by a doctor.", 0, "", "", "en"),
    "en:unproven": Source("[1]", "Safety and effectiveness in pediatric patients have not been established.", 0, "", "", "en"),
    "zh:together": Source("[1]", "本品不宜与其他解热镇痛药同时服用。", 0, "", "", "zh"),
    "zh:type": Source("[1]", "用于治疗2型糖尿病。", 0, "", "", "zh"),
    "zh:most": Source("[1]", "成人每日最大剂量为2.4g。", 0, "", "", "zh"),
    "zh:above": Source("[1]", "每日剂量超过10mg时应监测肝功能。", 0, "", "", "zh"),
    "zh:food": Source("[1]", "本品与食物同服可减少胃肠道刺激。", 0, "", "", "zh"),
    "zh:unproven": Source("[1]", "18岁以下患者的安全性和有效性尚未确立。", 0, "", "", "zh"),
    "zh:speed": Source("[1]", "静脉滴注速度不宜过快，每分钟不超过60滴。", 0, "", "", "zh"),
    "zh:placenta": Source("[1]", "本品可通过胎盘，动物实验显示有致畸作用，故孕妇禁用。", 0, "", "", "zh"),
    "zh:absorbed": Source("[1]", "口服吸收迅速，1～2小时达血药峰浓度，t1/2为6～8小时。", 0, "", "", "zh"),
    "zh:rates": Source("[1]", "主要不良反应为胃肠道反应，发生率约为10%；皮疹发生率低于1%。", 0, "", "", "zh"),
    "zh:youths": Source("[1]", "用于成人及12岁以上青少年。", 0, "", "", "zh"),
    "zh:enzyme": Source("[1]", "葡萄糖-6-磷酸脱氢酶(G6PD)缺乏者禁用。", 0, "", "", "zh"),
    "zh:overdose": Source("[1]", "过量服用可引起肝坏死，应立即洗胃，并给予N-乙酰半胱氨酸。", 0, "", "", "zh"),
    "en:milk": Source("[1]", "It is not known whether ibuprofen is excreted in human milk. Caution should be exercised in nursing women.", 0, "Ibuprofen tablets", "", "en"),
    "en:skin": Source("[1]", "Serious skin reactions, including Stevens-Johnson syndrome, have occurred in less than 0.1% of patients.", 0, "", "", "en"),
    "en:steps": Source("[1]", "Initiate therapy at 5 mg once daily; the dose may be increased to a maximum of 10 mg once daily after 2 weeks.", 0, "", "", "en"),
    "en:whole": Source("[1]", "Swallow tablets whole; do not crush, chew or split.", 0, "", "", "en"),
    "en:trial": Source("[1]", "In clinical trials, 12% of patients receiving 20 mg and 4% receiving placebo discontinued because of adverse reactions.", 0, "", "", "en"),
    "en:sugar": Source("[1]", "Hypoglycemia may occur; symptoms include sweating, tremor and confusion. Patients should carry glucose.", 0, "", "", "en"),
    "en:dry": Source("[1]", "Store below 30°C (86°F) in a dry place. Keep out of reach of children.", 0, "", "", "en"),
    "en:lithium": Source("[1]", "Lithium levels should be monitored when diuretics are started.", 0, "", "", "en"),
    "en:half": Source("[1]", "Patients over 65 years of age should receive half the usual dose.", 0, "", "", "en"),
}  # fmt: skip
