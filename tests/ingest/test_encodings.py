"""Which encoding bytes are in: few of them, with no words to tell a language by, or with a few broken ones among them."""

from __future__ import annotations

import pytest

from medrag.ingest.encodings import decode, detect_encoding, is_binary


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


def test_a_few_broken_bytes_do_not_make_utf_8_something_else() -> None:
    text = "示例片\n【适应症】用于缓解头痛。\n【用法用量】口服，一次1片。\n"
    data = text.encode().replace("头痛".encode(), b"\xff\xfe")
    assert decode(data) == (text.replace("头痛", "\ufffd\ufffd"), "utf-8")


@pytest.mark.parametrize("encoding", ["gb18030", "utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "gbk"])
def test_a_label_is_the_same_in_every_encoding(encoding: str) -> None:
    text = "示例片\r\n【适应症】用于缓解头痛。\r\n【用法用量】口服，一次1片。\r\n"
    assert decode(text.encode(encoding))[0] == text


def test_bytes_that_are_no_text_are_told() -> None:
    assert is_binary(decode(bytes(range(256)) * 20)[0])
    assert not is_binary("示例片\t1\r\n\f" * 20)
