import pytest

from tools.pdf.normalize import join_word, normalize


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["diffi\ufffecult to com\ufffepile"], "difficult to compile"),
        (["infor\u00ad", "mation"], "information"),
        (["a condi-", "tion holds"], "a condition holds"),
        (["cross\ufffevalidation, and cross-validation"], "cross-validation, and cross-validation"),
        (["the Anglo-", "Saxon word"], "the Anglo-\nSaxon word"),
        (["from 2020-", "2021"], "from 2020-\n2021"),
        (["part 10\ufffe12"], "part 10-12"),
        (["关 于 红 军"], "关于红军"),
        (["第 12 条 a b"], "第 12 条 a b"),
        (["a\u0001b\u200bc\u2003d"], "abc d"),
        (["  two   blanks  ", "", "", "", "end "], "two blanks\n\nend"),
    ],
    ids=[
        "soft mark",
        "soft hyphen",
        "hyphen",
        "compound",
        "capital",
        "years",
        "numbers",
        "chinese",
        "mixed",
        "codes",
        "gaps",
    ],
)
def test_lines_become_stored_text(lines: list[str], text: str) -> None:
    """Marks of typesetting go, line breaks and paragraph gaps stay."""
    assert normalize(lines) == text


def test_normal_text_stays_as_it_is() -> None:
    """Normalising twice changes nothing."""
    once = normalize(["A condi-", "tion, 关于 x", "", "End."])

    assert normalize(once.split("\n")) == once


def test_a_compound_known_elsewhere_keeps_its_hyphen() -> None:
    """The hyphen stays where the text has the same compound in one piece."""
    assert join_word("well", "known", "a well-known fact") == "well-known"
    assert join_word("Know", "ledge", "a well-known fact") == "Knowledge"
