"""Foreign text becomes showable text: nothing obeyed, nothing hidden, nothing lost."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.text import SafeText, safe, safe_lines, sweep

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()) | st.sampled_from("⟨␛␀U+0x\x1b\x9b\u202e\u0301"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain [/x] text", "plain [/x] text"),
        ("\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
        ("a\r\n\tb\x7f", "a␍␊␉b␡"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("\u202egnp.exe", "⟨U+202E⟩gnp.exe"),
        ("a\u200bb\ufeff", "a⟨U+200B⟩b⟨U+FEFF⟩"),
        ("\u2028\u2029\x85", "⟨U+2028⟩⟨U+2029⟩⟨U+0085⟩"),
        ("\ud83d", "⟨U+D83D⟩"),
        ("\ue000\U000e0041", "⟨U+E000⟩⟨U+E0041⟩"),
        ("Größe 東京 🙂", "Größe 東京 🙂"),
        ("␛ and ⟨U+202E⟩", "⟨U+241B⟩ and ⟨U+27E8⟩U+202E⟩"),
        ("⟨x⟩", "⟨x⟩"),
        ("\u0301e\u0301", "⟨U+0301⟩e\u0301"),
        (b"ok \xff\xfe", "ok ⟨0xFF⟩⟨0xFE⟩"),
        (b"\xe2\x82", "⟨0xE2⟩⟨0x82⟩"),
        (b"\xed\xa0\x80", "⟨0xED⟩⟨0xA0⟩⟨0x80⟩"),
        ("", ""),
    ],
)
def test_examples(text: str | bytes, shown: str) -> None:
    assert safe(text) == shown


@given(ANY_TEXT)
@example("".join(map(chr, range(0x300))))
def test_only_printable_characters_come_out(text: str) -> None:
    shown = safe(text)
    assert shown.isprintable()
    assert not any(unicodedata.category(char) in {"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"} for char in shown)
    shown.encode()


@given(st.binary())
def test_bytes_too(raw: bytes) -> None:
    assert safe(raw).isprintable()


@given(ANY_TEXT, ANY_TEXT)
def test_different_texts_never_look_the_same(one: str, other: str) -> None:
    assert (safe(one) == safe(other)) == (one == other)


@given(ANY_TEXT)
def test_nothing_is_dropped(text: str) -> None:
    assert len(safe(text)) >= len(text)


@given(ANY_TEXT)
def test_safe_text_stays_as_it_is(text: str) -> None:
    once = safe(text)
    assert safe(once) is once
    assert isinstance(once, SafeText)
    assert sweep(once) == once


@given(ANY_TEXT)
def test_the_sweep_keeps_the_length_and_leaves_no_control(text: str) -> None:
    swept = sweep(text)
    assert len(swept) == len(text)
    assert not any(unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"} for char in swept)
    assert sweep(swept) == swept


def test_marks_do_not_pile_up() -> None:
    assert safe("e" + "\u0301" * 6) == "e" + "\u0301" * 4 + "⟨U+0301⟩" * 2


def test_a_limit_says_how_much_is_left() -> None:
    assert safe("x" * 1500, limit=3) == "xxx…⟨+1,497⟩"
    assert safe("xxx", limit=3) == "xxx"


def test_lines_end_at_lf_only() -> None:
    assert safe_lines("a\r\nb\u2028c\x0bd\n") == ["a␍", "b⟨U+2028⟩c␋d", ""]
    assert safe_lines(b"a\n\xff") == ["a", "⟨0xFF⟩"]
