"""The units of measure of labels, Chinese and English: what each measures, and how many of the dimension's own unit it is."""

from __future__ import annotations

__all__ = ["ANY_PIECE", "DAYS_A_MONTH", "DAYS_A_YEAR", "DEGREE", "PERIODS", "PIECES", "TIME", "UNITS"]

TIME = "days"
DEGREE = "degree"  # of whichever scale
ANY_PIECE = "piece"  # what people call a tablet or a capsule, of whatever shape
PIECES = frozenset({"tablet", "capsule", "pill"})
DAYS_A_MONTH, DAYS_A_YEAR = 30.4, 365.0
_HOUR = 1.0 / 24

# Dimension, factor, words; `_` stands for a blank. Ages are times: 12岁 is 12 years.
_TABLE: tuple[tuple[str, float, str], ...] = (
    ("mg", 1.0, "mg 毫克 milligram milligrams mgs"),
    ("mg", 1e-3, "mcg μg ug 微克 microgram micrograms"),
    ("mg", 1e-6, "ng 纳克 毫微克 nanogram nanograms"),
    ("mg", 1e-9, "pg"),
    ("mg", 1e3, "g 克 gram grams gm gms"),
    ("mg", 1e6, "kg 千克 公斤 kilogram kilograms kilo kilos kgs"),
    ("mg", 453_592.0, "lb lbs pound pounds"),
    ("mg", 500_000.0, "斤"),
    ("两", 1.0, "两"),
    ("钱", 1.0, "钱"),
    ("ml", 1.0, "ml 毫升 cc milliliter milliliters millilitre millilitres mls"),
    ("ml", 1e3, "l 升 liter liters litre litres"),
    ("ml", 100.0, "dl"),
    ("ml", 1e-3, "μl ul 微升"),
    ("ml", 29.57, "oz fl_oz ounce ounces fluid_ounces"),
    ("unit", 1.0, "iu u 单位 国际单位 unit units international_units usp_units i.u."),
    ("unit", 1e6, "miu"),
    ("mmol", 1.0, "mmol 毫摩尔 millimoles"),
    ("mmol", 1e3, "mol 摩尔"),
    ("mmol", 1e-3, "μmol umol 微摩尔"),
    ("mmol", 1e-6, "nmol"),
    ("meq", 1.0, "meq 毫当量"),
    ("mm", 1e-6, "nm"),
    ("mm", 1e-3, "μm um 微米"),
    ("mm", 1.0, "mm 毫米"),
    ("mm", 10.0, "cm 厘米 公分"),
    ("mm", 1e3, "m 米"),
    ("mm", 25.4, "inch inches"),
    ("m2", 1.0, "m2 平方米 square_meter square_meters"),
    ("cm2", 1.0, "cm2 平方厘米"),
    ("%", 1.0, "% percent 个百分点"),
    ("%", 0.1, "‰"),
    ("celsius", 1.0, "°c 摄氏度 degrees_celsius degrees_c"),
    (DEGREE, 1.0, "° 度"),
    ("fahrenheit", 1.0, "°f degrees_fahrenheit degrees_f"),
    ("kcal", 1.0, "kcal 千卡 calories"),
    ("mmhg", 1.0, "mmhg 毫米汞柱"),
    ("tablet", 1.0, "片 tablet tablets tab tabs caplet caplets"),
    ("capsule", 1.0, "粒 颗 胶囊 capsule capsules cap caps softgel softgels"),
    ("pill", 1.0, "丸"),
    (ANY_PIECE, 1.0, "pill pills"),
    ("bag", 1.0, "袋 包 sachet sachets packet packets pouch pouches"),
    ("vial", 1.0, "支 安瓿 vial vials ampoule ampoules ampule ampules ampul ampuls syringe syringes pen pens"),
    ("bottle", 1.0, "瓶 bottle bottles"),
    ("patch", 1.0, "贴 张 patch patches"),
    ("drop", 1.0, "滴 drop drops gtt"),
    ("puff", 1.0, "喷 揿 吸 puff puffs spray sprays actuation actuations inhalation inhalations"),
    ("suppository", 1.0, "枚 suppository suppositories"),
    ("teaspoon", 1.0, "茶匙 tsp teaspoon teaspoons teaspoonful teaspoonfuls"),
    ("tablespoon", 1.0, "汤匙 tbsp tablespoon tablespoons tablespoonful tablespoonfuls"),
    ("dose", 1.0, "剂 帖 付 dose doses"),
    ("course", 1.0, "疗程 个疗程 course courses cycle cycles"),
    ("fold", 1.0, "倍 fold -fold"),
    ("times", 1.0, "次 times 回 针"),
    (TIME, _HOUR / 3600, "秒 秒钟 sec secs second seconds"),
    (TIME, _HOUR / 60, "分钟 min mins minute minutes"),
    (TIME, _HOUR, "小时 个小时 h hr hrs hour hours 钟头"),
    (TIME, 1.0, "日 天 d day days 日龄"),
    (TIME, 7.0, "周 星期 个星期 礼拜 个礼拜 wk wks week weeks 孕周"),
    (TIME, DAYS_A_MONTH, "月 个月 月龄 个月龄 month months mo mos"),
    (TIME, DAYS_A_YEAR, "年 岁 周岁 yr yrs year years y"),
)

UNITS: dict[str, tuple[str, float]] = {
    word.replace("_", " "): (dimension, factor) for dimension, factor, words in _TABLE for word in words.split()
}

# How many days a period of a frequency has, by the word for it.
PERIODS: dict[str, float] = {
    **{word: factor for word, (dimension, factor) in UNITS.items() if dimension == TIME},
    "昼夜": 1.0, "晚": 1.0, "晚上": 1.0, "早": 1.0, "早晨": 1.0, "早上": 1.0, "晨": 1.0, "夜": 1.0,
    "daily": 1.0, "night": 1.0, "nightly": 1.0, "morning": 1.0, "evening": 1.0,
    "weekly": 7.0, "monthly": DAYS_A_MONTH, "yearly": DAYS_A_YEAR, "annually": DAYS_A_YEAR, "hourly": _HOUR,
}  # fmt: skip
