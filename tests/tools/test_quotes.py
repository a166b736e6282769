import time

import pytest

from tools.quotes import Match, find_quote

PAGE = "The dam was built in 1969.\nIt is 185 m high, and its lake is 5.6 km\nlong. Der Damm ist groß."


def place(page: str, words: str) -> tuple[int, int]:
    """Return where words stand on a page that holds them once."""
    assert page.count(words) == 1
    return page.index(words), page.index(words) + len(words)


@pytest.mark.parametrize(
    ("quote", "words"),
    [
        pytest.param("The dam was built in 1969.", "The dam was built in 1969.", id="exact"),
        pytest.param("its lake is 5.6 km long", "its lake is 5.6 km\nlong", id="line-break"),
        pytest.param("It  is 185m\thigh", "It is 185 m high", id="blanks"),
        pytest.param("  1969. ", "1969.", id="blanks-around"),
    ],
)
def test_words_to_the_letter_are_verified(quote: str, words: str) -> None:
    """Blanks and line breaks do not count; the span is that of the page's own words."""
    assert find_quote(quote, PAGE) == Match(*place(PAGE, words), "verified")


@pytest.mark.parametrize(
    ("quote", "page", "words"),
    [
        pytest.param("THE DAM WAS BUILT", PAGE, "The dam was built", id="case"),
        pytest.param("Damm ist GROSS", PAGE, "Damm ist groß", id="sharp-s"),
        pytest.param("finance office", "the \ufb01nance o\ufb03ce here", "\ufb01nance o\ufb03ce", id="ligatures"),
        pytest.param("ABC公司", "叫\uff21\uff22\uff23公司的", "\uff21\uff22\uff23公司", id="width"),
        pytest.param('the "old" dam\u2019s', "see the “old” dam's wall", "the “old” dam's", id="quotation-marks"),
        pytest.param("cooperation", "for co-\noperation now", "co-\noperation", id="hyphen-at-line-end"),
        pytest.param("well known", "a well\u2011known dam", "well\u2011known", id="odd-hyphen"),
        pytest.param("1969\u20131975", "from 1969-1975 on", "1969-1975", id="range"),
        pytest.param("COVID\u201119", "of COVID-19 here", "COVID-19", id="number-in-a-name"),
        pytest.param("cooperate", "to co\u00adoperate now", "co\u00adoperate", id="soft-hyphen"),
        pytest.param("as \uff3b12\uff3d says", "as [12] says", "as [12] says", id="defused-reference"),
        pytest.param("a \u2039/passage> tag", "a </passage> tag", "a </passage> tag", id="defused-tag"),
    ],
)
def test_words_that_typesetting_changed_are_repaired(quote: str, page: str, words: str) -> None:
    """Case, width, quotation marks, hyphens and ligatures are folded, and the page's own spelling is what counts."""
    assert find_quote(quote, page) == Match(*place(page, words), "repaired")


@pytest.mark.parametrize(
    ("quote", "page"),
    [
        pytest.param("The dam was built in 1970.", PAGE, id="other-number"),
        pytest.param("The dam was not built in 1969.", PAGE, id="added-word"),
        pytest.param("5 million", "It cost 15 million.", id="number-cut-at-its-start"),
        pytest.param("It is 18", PAGE, id="number-cut-at-its-end"),
        pytest.param("its lake is 5", PAGE, id="number-cut-at-its-decimal-mark"),
        pytest.param("its lake is 5.", PAGE, id="number-cut-after-its-decimal-mark"),
        pytest.param("6 km long", PAGE, id="decimals-only"),
        pytest.param("able to pay", "They were unable to pay.", id="word-cut-at-its-start"),
        pytest.param("The dam is prof", "The dam is profitable.", id="word-cut-at-its-end"),
        pytest.param("5 percent", "a growth of -5 percent", id="sign-cut-off"),
        pytest.param("growth of 5 percent", "a growth of \u22125 percent", id="sign-left-out"),
        pytest.param("in 10-20 days", "in 1020 days", id="range-run-together"),
    ],
)
def test_words_that_say_something_else_are_not_found(quote: str, page: str) -> None:
    """Parts of words and numbers, and numbers without their sign, are not what the page says."""
    assert find_quote(quote, page) is None


@pytest.mark.parametrize(
    ("quote", "page", "words"),
    [
        pytest.param("2019年", "自2019年起", "2019年", id="number-beside-chinese"),
        pytest.param("高度", "大坝高度为", "高度", id="chinese-inside-a-run"),
        pytest.param("10", "it is 10km away", "10", id="number-beside-its-unit"),
        pytest.param("20 days", "in 10\u201320 days", "20 days", id="end-of-a-range"),
        pytest.param("5 percent", "growth - 5 percent", "5 percent", id="dash"),
        pytest.param("สวัสดี", "กขสวัสดีกข", "สวัสดี", id="thai-has-no-blanks"),
    ],
)
def test_a_quote_may_begin_where_a_word_does(quote: str, page: str, words: str) -> None:
    """Scripts without blanks may be cut anywhere, and a number need not take its unit."""
    found = find_quote(quote, page)

    assert found is not None
    assert (found.start, found.end) == place(page, words)


@pytest.mark.parametrize(("near", "start"), [(0, 0), (9, 6), (10, 12), (999, 18)])
def test_of_several_occurrences_the_nearest_counts(near: int, start: int) -> None:
    """The place of the passage decides which occurrence is meant."""
    found = find_quote("dams", "dams, dams, dams, dams", near=near)

    assert found is not None
    assert found.start == start


def test_an_exact_occurrence_far_away_is_better_than_a_folded_one_nearby() -> None:
    """Faithfulness goes before nearness."""
    assert find_quote("Dam", f"dam{' ' * 100}Dam", near=0) == Match(103, 106, "verified")


@pytest.mark.parametrize("quote", ["", "   \n", "\u00ad\u200b"], ids=["nothing", "blanks", "invisible"])
def test_an_empty_quote_is_nowhere(quote: str) -> None:
    """Nothing proves nothing."""
    assert find_quote(quote, PAGE) is None


def test_an_empty_page_holds_nothing() -> None:
    """A page without text proves nothing."""
    assert find_quote("dam", "") is None


def test_huge_texts_take_no_more_than_a_moment() -> None:
    """Neither a huge page nor a quote that almost stands on it everywhere holds a request up."""
    page = "dam " * 100_000
    began = time.perf_counter()
    found = find_quote("dam " * 500 + "wall", page)

    assert found is None
    assert time.perf_counter() - began < 5.0
