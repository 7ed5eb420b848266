"""Tests of the FHIR Shorthand reader."""

from __future__ import annotations

from pathlib import Path

from medrag.ingest.readers.fsh import FshReader
from medrag.ingest.sample import Sample
from medrag.sections import SectionGroup
from tests.ingest.readers.reading import read, sections

HEAD = '''Alias: $x = http://example.org
Instance: leaflet-es
InstanceOf: CompositionUvEpi
Usage: #inline
* identifier[+].system = "urn:x"
* identifier[=].value = "abc-123" // the key
* date = "2022-02-16T13:28:17Z"
* title = "TEST PURPOSES ONLY - ZEMOX (zemoxina) 30 mg"
* language = #es
* section[+].
  * title = "B. PROSPECTO"
  * text.div = """<div xmlns='http://www.w3.org/1999/xhtml'>unavailable</div>"""
'''


def _section(title: str, body: str, path: str = "section[=].section[+]") -> str:
    return f'\n* {path}\n  * title = "{title}" // a note\n  * code = urn:x#1\n  * text.div = """<div>{body}</div>"""\n'


def _leaflet() -> str:
    parts = [
        "<p>Uno = dos.</p>",
        "<ul>\n<li>no\ntome</li></ul>",
        "<p>Tome:\n- una\n- dos</p>",
        "<p>d</p>",
        "<p>e</p>",
        "<p>f</p>",
    ]
    return HEAD + "".join(_section(f"{n}. Parte {n}", part) for n, part in enumerate(parts, start=1))


def test_sections_nest_by_their_soft_indices_and_hold_the_text_of_their_xhtml(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    path.write_text(_leaflet())
    (record,), faults = read(FshReader(), path)
    assert not faults
    assert [(heading, text) for _, heading, text in sections(record)] == [
        ("B. PROSPECTO", ""),
        ("1. Parte 1", "Uno = dos."),
        ("2. Parte 2", "- no tome"),
        ("3. Parte 3", "Tome:\n- una\n- dos"),
        ("4. Parte 4", "d"),
        ("5. Parte 5", "e"),
        ("6. Parte 6", "f"),
    ]
    assert all(one.path == ("B. PROSPECTO",) for one in record.document.sections[1:])


def test_the_numbers_of_a_european_leaflet_say_what_its_sections_are(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    path.write_text(_leaflet())
    (record,), _ = read(FshReader(), path)
    assert [code for code, _, _ in sections(record)[1:]] == ["34067-9", "43685-7", "34068-7", "34084-4", "44425-7", "34089-3"]


def test_a_leaflet_is_identified_named_and_dated(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    path.write_text(_leaflet())
    document = read(FshReader(), path)[0][0].document
    assert (document.key, document.lang, document.effective) == ("abc-123", "es", "2022-02-16")
    assert document.title == "ZEMOX (zemoxina) 30 mg"
    assert document.place.record == "Instance: leaflet-es, line 2"


def test_a_placeholder_is_no_identity(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    path.write_text(_leaflet().replace("abc-123", "placeholder"))
    assert read(FshReader(), path)[0][0].document.key == "leaflet-es"


def test_numbered_indices_slashes_and_escapes_in_strings_are_understood(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    rules = '* section[1].title = "Second // \\"quoted\\""\n* section[1].text.div = "<div>two</div>"\n* section[0].title = "First"\n'
    path.write_text(
        'Instance: a\nInstanceOf: Composition\n* title = "Zemox"\n'
        + rules
        + 'Instance: org\nInstanceOf: Organization\n* name = "x"\n'
    )
    (record,), _ = read(FshReader(), path)
    assert [heading for _, heading, _ in sections(record)] == ['Second // "quoted"', "First"]


def test_a_japanese_insert_is_coded_by_its_own_numbers(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    text = 'Instance: ja\nInstanceOf: Composition\n* title = "Zemox"\n* language = #ja\n'
    text += '* section[+]\n  * title = "2. 禁忌"\n  * code = https://pmda.jp/#2\n* section[=].section[+]\n  * title = "2.1"\n'
    path.write_text(text)
    (record,), _ = read(FshReader(), path)
    assert [one.group for one in record.document.sections] == [SectionGroup.CONTRAINDICATIONS] * 2


def test_a_string_that_never_ends_loses_nothing_before_it(tmp_path: Path) -> None:
    path = tmp_path / "leaflet.fsh"
    path.write_text(_leaflet()[:-40])
    (record,), _ = read(FshReader(), path)
    assert len(record.document.sections) == 7


def test_the_real_leaflets_are_read(shared: Path) -> None:
    languages = {}
    for path in sorted((shared / "labels" / "en" / "epi").glob("*.fsh")):
        assert FshReader().recognise(Sample.of(path)) > 0.9
        (record,), faults = read(FshReader(), path)
        assert not faults
        languages[record.document.lang] = len(record.document.sections)
        assert SectionGroup.INDICATIONS in {one.group for one in record.document.sections}
    assert set(languages) == {"ar", "da", "en", "es", "ja", "pt"}
    assert all(languages[lang] == 9 for lang in ("ar", "da", "en", "es", "pt"))
