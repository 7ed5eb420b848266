"""Hostile variants of a file: cut, repeated, spliced, filled with what parsers stumble over, nested, or packed as bombs."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable, Sequence

__all__ = ["mutated"]

MOST = 400_000  # bytes of a hostile file: what grows with its square shows well below
DEPTH = 20_000
TOKENS = (
    b"{", b"}", b"[", b"]", b"\"", b"'", b"\\", b"\\u0000", b"\\ud83d", b"\\udc00", b"<", b">", b"</", b"<!--", b"<![CDATA[", b"]]>", b"&", b"&#0;",
    b"&#xD800;", b"&#1114112;", b"&nbsp", b"\x00", b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf", b"\r", b"\n", b"\r\n", b"\x0c", b"\x1a", b"\xe2\x80\xa8",
    b",", b"\t", b";", b"|", b"9" * 400, b"-1", b"1e999", b"NaN", b"Infinity", b"null", b"true", b"0x", b"%s", b"%n", b"${x}", b"{0}", b"../../x",
    b"\xed\xa0\x80", b"\xf0\x9f\x92\x8a", b"\xf4\x90\x80\x80", "【".encode(), "】".encode(), "：".encode(), "　".encode(), "\u202e".encode(), "\u0301".encode(),
    b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>', b"<?xml version='1.0' encoding='utf-7'?>", b"sep=", b"Feb 30, 99999", b"00000000",
    b"0 obj", b"stream\n", b"endstream", b"/Length 99999999", b"/Kids [1 0 R]", b"/Parent 2 0 R", b"(((((", b"<<<<", b"/Filter /FlateDecode", b"xref",
    b'"""', b"* section[+].", b"#", b"| - ", b"```", b"$x", b"__import__('os')", b"{'a': ", b"'" * 300, b"1" + b"0" * 5000,
)  # fmt: skip


def mutated(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """A hostile variant of a file; `others` are files that pieces may come from. Packed files are often changed inside."""
    if data.startswith(b"PK\x03\x04") and rng.random() < 0.7:
        return _inside_zip(data, others, rng)
    if data.startswith(b"%PDF") and rng.random() < 0.1:
        return _inside_pdf(data, rng)
    for _ in range(rng.choice((1, 1, 2, 3, 5, 8))):
        data = rng.choice(CHANGES)(data, others, rng)[:MOST]
    return data


def _spot(data: bytes, rng: random.Random) -> tuple[int, int]:
    start = rng.randint(0, len(data))
    return start, min(len(data), start + rng.choice((1, 1, 2, 4, 16, 64, 400)))


def _flip(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _unused in range(rng.choice((1, 2, 8, 32))):
        if changed:
            changed[rng.randrange(len(changed))] = rng.randrange(256)
    return bytes(changed)


def _cut(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _spot(data, rng)
    return data[:start] if rng.random() < 0.3 else data[:start] + data[end:]


def _insert(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _spot(data, rng)
    return data[:start] + rng.choice(TOKENS) * rng.choice((1, 1, 1, 2, 50)) + data[start if rng.random() < 0.6 else end :]


def _repeat(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _spot(data, rng)
    return data[:start] + data[start:end] * rng.choice((2, 3, 10, 100, 2_000, 50_000)) + data[end:]


def _splice(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    other = rng.choice(others)
    at, (start, end) = rng.randint(0, len(data)), _spot(other, rng)
    return data[:at] + (other[start:end] if rng.random() < 0.5 else other[start:])


def _move(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    start, end = _spot(data, rng)
    at = rng.randint(0, len(data))
    return data[:at] + data[start:end] + data[at:]


def _nest(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    opened, closed = rng.choice(
        (
            (b"[", b"]"),
            (b'{"a":', b"}"),
            (b"<b>", b"</b>"),
            (b"(", b")"),
            (b"<<", b">>"),
            (b"> ", b""),
            (b"{'a':", b"}"),
            (b"- ", b""),
        )
    )
    at, depth = rng.randint(0, len(data)), rng.choice((10, 200, 1_100, DEPTH))
    return data[:at] + opened * depth + data[at:][: rng.choice((0, 40, MOST))] + closed * rng.choice((0, depth))


def _number(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    """One number in it becomes another."""
    digits = [at for at, byte in enumerate(data) if 48 <= byte <= 57]
    if not digits:
        return data
    at = rng.choice(digits)
    return (
        data[:at] + rng.choice((b"-1", b"0", b"4294967296", b"99999999999999999999", b"1e308", b"9" * 5_000)) + data[at + 1 :]
    )


def _lines(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    found = data.split(b"\n")
    rng.shuffle(found) if rng.random() < 0.3 else found.insert(
        rng.randint(0, len(found)), rng.choice(found) * rng.choice((1, 40))
    )
    return b"\n".join(found)


def _encoded(data: bytes, _: Sequence[bytes], rng: random.Random) -> bytes:
    """The same in another encoding, or said to be."""
    text = data.decode("utf-8", "replace")
    return text.encode(
        rng.choice(("utf-16", "utf-16-be", "utf-32", "gb18030", "latin-1", "cp1252", "utf-8-sig", "utf-7")), "replace"
    )


CHANGES: tuple[Callable[[bytes, Sequence[bytes], random.Random], bytes], ...] = (
    _flip, _cut, _insert, _insert, _repeat, _splice, _move, _nest, _number, _lines, _encoded,
)  # fmt: skip


def _inside_zip(data: bytes, others: Sequence[bytes], rng: random.Random) -> bytes:
    """The archive with one of its members changed, or made a bomb, and packed again."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = {member.filename: archive.read(member) for member in archive.infolist()}
    except Exception:
        return _flip(data, others, rng)
    stream, chosen = io.BytesIO(), rng.choice(list(members))
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, member in members.items():
            if name == chosen:
                kind = rng.random()
                if kind < 0.1:
                    member = member + b" " * rng.choice((2**20, 40 * 2**20))
                elif kind < 0.2:
                    member = member.replace(b"<row", b"<row/>" * 2_000 + b"<row", 1).replace(b">1<", b">99999999<")
                else:
                    member = mutated(member, others, rng) if not member.startswith(b"PK") else _inside_zip(member, others, rng)
            archive.writestr(name if rng.random() < 0.97 else "../" + name, member)
    packed = stream.getvalue()
    return _flip(packed, others, rng) if rng.random() < 0.1 else packed


def _inside_pdf(data: bytes, rng: random.Random) -> bytes:
    """The file with a stream that unpacks to very much, or with objects that mean each other."""
    if rng.random() < 0.5:
        bomb = zlib.compress(b"BT (x) Tj ET\n" * rng.choice((10_000, 3_000_000)))
        start, end = data.find(b"stream\n") + 7, data.find(b"endstream")
        return data[:start].replace(b"<< /Length", b"<< /Filter /FlateDecode /Length", 1) + bomb + data[end:]
    numbers = [b"%d 0 R" % n for n in range(1, 8)]
    for number in numbers:
        if rng.random() < 0.4:
            data = data.replace(number, rng.choice(numbers))
    return data
