"""Which encoding bytes are in, and the text of files: UTF-8, UTF-16 and GB18030 are told for sure, others guessed."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from medrag.errors import IngestError

__all__ = ["HEAD_BYTES", "MAX_TEXT_BYTES", "decode", "detect_encoding", "is_binary", "open_text", "read_text"]

MAX_TEXT_BYTES = 64 * 2**20  # a file that must be held whole as text
HEAD_BYTES = 64 * 1024
_LONG_PER_FAULT = 10  # bytes outside ASCII are UTF-8 by chance once in some hundred characters
_CONTROLS = re.compile(r"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_CONTROL_SHARE = 100  # one in so many characters: less is a slip in text, more is no text


def detect_encoding(head: bytes, *, whole: bool = False) -> str:
    """The encoding of a file that begins with `head`: UTF-8 (with or without BOM), UTF-16, GB18030, else a guess.

    A head may end inside a character; `whole` says that it does not.
    """
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if _mostly_utf8(head, whole):
        if b"\0" in head:
            even, odd = head[0::2].count(0), head[1::2].count(0)
            if max(even, odd) > len(head) // 8:
                return "utf-16-le" if odd > even else "utf-16-be"
        return "utf-8"
    zeros_even, zeros_odd = head[0::2].count(0), head[1::2].count(0)
    if max(zeros_even, zeros_odd) > len(head) // 16:
        return "utf-16-le" if zeros_odd > zeros_even else "utf-16-be"
    if _mostly_gb18030(head):
        return "gb18030"
    best = from_bytes(head).best()
    return best.encoding if best is not None else "latin_1"


def _mostly_utf8(data: bytes, whole: bool) -> bool:
    """Whether the bytes are UTF-8, perhaps with a few faults among many more characters that only UTF-8 writes so."""
    if _decodes(data, "utf-8", whole):
        return True
    text = codecs.getincrementaldecoder("utf-8")("replace").decode(data)
    faults, long = text.count("\ufffd"), len(data) - len(text.encode("ascii", "ignore"))
    return faults * _LONG_PER_FAULT < long // 3


def _decodes(head: bytes, encoding: str, whole: bool) -> bool:
    try:
        codecs.getincrementaldecoder(encoding)().decode(head, whole)
    except UnicodeDecodeError:
        return False
    return True


def _mostly_gb18030(head: bytes) -> bool:
    """Whether the bytes are GB18030 but for a few faults, and hold Chinese (cp1252 text decodes by chance)."""
    text = codecs.getincrementaldecoder("gb18030")("replace").decode(head)
    chinese = sum("一" <= c <= "鿿" for c in text)
    common = sum(text.count(c) for c in "的一不用人者病为药和，。、：；")
    likely = text.count("�") <= max(2, len(text) // 500) and chinese >= len(text) // 20
    return likely and (common * 50 >= chinese or _everyday_han(text))


def _everyday_han(text: str) -> bool:
    """Whether the Han characters are GB2312's everyday ones all over their range: a list of names has no words like 的.

    EUC-KR decodes into the first half of that range only, EUC-JP with kana, other encodings outside of it.
    """
    codes = [c.encode("gb18030") for c in text if "一" <= c <= "鿿"]
    everyday = [code for code in codes if len(code) == 2 and 0xB0 <= code[0] <= 0xD7 and code[1] >= 0xA1]
    second_half = sum(code[0] > 0xC8 for code in everyday)
    kana = any("ぁ" <= c <= "ヿ" for c in text)
    return not kana and len(everyday) * 20 >= len(codes) * 17 and second_half * 8 >= max(len(everyday), 1)


def decode(data: bytes) -> tuple[str, str]:
    """The text of the bytes and the encoding found; bytes outside it become U+FFFD."""
    encoding = detect_encoding(data[:HEAD_BYTES], whole=len(data) <= HEAD_BYTES)
    if encoding == "utf-8" and not _mostly_utf8(data, True) and _mostly_gb18030(data):
        encoding = "gb18030"  # the first Chinese stood behind the head
    return data.decode(encoding, "replace"), encoding


def read_text(path: Path) -> str:
    """The whole file as text, newlines as they are; larger than `MAX_TEXT_BYTES` is an error."""
    size = path.stat().st_size
    if size > MAX_TEXT_BYTES:
        raise IngestError(f"{path.name}: {size:,} bytes are too many for one text (at most {MAX_TEXT_BYTES:,}): split the file")
    text, encoding = decode(path.read_bytes())
    if is_binary(text):
        raise IngestError(f"{path.name}: not text (binary data; read as {encoding})")
    return text


def is_binary(text: str) -> bool:
    """Whether decoded bytes were no text: more than a few of them are control characters."""
    head = text[:HEAD_BYTES]
    return len(_CONTROLS.findall(head)) * _CONTROL_SHARE > len(head) or head.count("\ufffd") * _LONG_PER_FAULT > len(head)


def open_text(path: Path) -> IO[str]:
    """The file opened as text in the encoding that it is found to be in; bytes outside it become U+FFFD."""
    with path.open("rb") as raw:
        encoding = detect_encoding(raw.read(HEAD_BYTES))
    if encoding == "utf-8":
        encoding = _late_encoding(path)
    return path.open("r", encoding=encoding, errors="replace", newline="")


def _late_encoding(path: Path) -> str:
    """`utf-8` unless a byte further on says otherwise; then GB18030 where that fits."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as raw:
        while block := raw.read(1 << 20):
            try:
                decoder.decode(block)
            except UnicodeDecodeError:
                return "gb18030" if not _mostly_utf8(block, False) and _mostly_gb18030(block) else "utf-8"
    return "utf-8"
