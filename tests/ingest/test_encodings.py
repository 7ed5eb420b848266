"""Which encoding a few bytes are in: the hard case, since a list of names has no words to tell a language by."""

from __future__ import annotations

import pytest

from medrag.ingest.encodings import detect_encoding


@pytest.mark.parametrize("text", ["盐酸晨露片,晨露通\n", "支气管扩张\n慢性咽炎\n胃溃疡\n", "布洛芬缓释胶囊\nCS2中毒\n"])
def test_a_short_list_of_names_in_gb18030_is_told(text: str) -> None:
    assert detect_encoding(text.encode("gb18030"), whole=True) == "gb18030"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Réservé à l'adulte. Traitement de l'hypertension élevée, créée et âgée", "cp1252"),
        ("이 약은 고혈압의 치료에 사용됩니다. 성인 1일 1회 복용", "euc_kr"),
        ("この薬は高血圧症の治療に用いられます。用法用量は医師の指示に従ってください。", "shift_jis"),
        ("本品用於治療高血壓、心絞痛。請遵醫囑服用，避免陽光直射", "big5"),
    ],
)
def test_other_languages_are_not_taken_for_chinese(text: str, encoding: str) -> None:
    assert detect_encoding(text.encode(encoding), whole=True) != "gb18030"
