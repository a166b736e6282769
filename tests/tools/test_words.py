import pytest

from tools.words import content_terms, covered_share, fold, index_terms


@pytest.mark.parametrize(
    ("text", "term"),
    [
        pytest.param("1,234.56", "1234p56", id="english-thousands"),
        pytest.param("1.234,56", "1234p56", id="german-thousands"),
        pytest.param("1'234.56", "1234p56", id="swiss-thousands"),
        pytest.param("168,233", "168233", id="comma"),
        pytest.param("168233", "168233", id="bare"),
        pytest.param("12,345,678", "12345678", id="millions"),
        pytest.param("3.5", "3p5", id="decimal"),
        pytest.param("3,5", "3p5", id="decimal-comma"),
        pytest.param("\uff11\uff12\uff13", "123", id="full-width"),
    ],
)
def test_a_number_is_one_term_however_it_is_written(text: str, term: str) -> None:
    """Thousands marks vanish and the decimal mark is one sign, so that notations of a number meet."""
    assert index_terms(f"about {text} francs") == ["about", term, "franc"]


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("168 233", ["168233", "168", "233"], id="thousands"),
        pytest.param("1 234,56", ["1234p56", "1", "234p56"], id="decimal"),
        pytest.param("1\u202f234,56", ["1234p56", "1", "234p56"], id="narrow-blank"),
        pytest.param("345 678 910", ["345678910", "345", "678", "910"], id="table-row"),
    ],
)
def test_a_number_with_blanks_is_found_whole_and_in_parts(text: str, terms: list[str]) -> None:
    """Blanks may be thousands marks or part the cells of a table row; either reading is found."""
    assert index_terms(text) == terms


def test_a_year_before_a_number_stays_apart() -> None:
    """Only groups of at most three digits begin a number with thousands marks."""
    assert index_terms("in 2019 233 people") == ["in", "2019", "233", "peopl"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("Été", "ete", id="accents"),
        pytest.param("STRASSE", "straße", id="sharp-s"),
        pytest.param("\ufb01nance", "finance", id="ligature"),
        pytest.param("\uff30\uff24\uff26", "pdf", id="width"),
        pytest.param("committees", "Committee", id="plural"),
        pytest.param("the town\u2019s wall", "the town wall", id="possessive"),
        pytest.param("l\u2019eau", "eau", id="elision"),
        pytest.param("d'Orléans", "Orleans", id="elided-name"),
    ],
)
def test_spellings_of_a_word_meet(one: str, other: str) -> None:
    """Case, accents, width, ligatures, plurals and elided articles do not part words."""
    assert index_terms(one) == index_terms(other)


def test_chinese_is_cut_into_words() -> None:
    """A run of Chinese yields its words."""
    assert {"北京", "大学", "图书馆"} <= set(index_terms("北京大学的图书馆"))


def test_a_part_of_a_chinese_word_finds_the_whole() -> None:
    """A long word also yields the words inside it."""
    assert set(index_terms("大学")) <= set(index_terms("北京大学"))


def test_latin_beside_chinese_is_a_word_of_its_own() -> None:
    """No blank is needed between scripts."""
    assert {"tracemonkey", "速度"} <= set(index_terms("TraceMonkey的速度"))


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\t", [], id="blanks"),
        pytest.param("!?… — ___ ★", [], id="signs"),
        pytest.param("\x00\ud800", [], id="control-and-half-a-character"),
        pytest.param("H2O", ["h2o"], id="letters-and-digits"),
    ],
)
def test_odd_texts_have_the_terms_they_have(text: str, terms: list[str]) -> None:
    """Whatever is not a word or a number is passed over."""
    assert index_terms(text) == terms


def test_terms_hold_nothing_that_a_search_would_read_as_syntax() -> None:
    """Terms consist of letters and digits alone, whatever they were made from."""
    text = 'a"b OR c* NEAR(d) x:y -z ^q 1,2;3 “é” 你好"；DROP'

    assert all(term.isalnum() for term in index_terms(text))


def test_function_words_carry_no_meaning() -> None:
    """What is left of a question are the words that tell it from others, each once."""
    assert content_terms("What is the height of the dam, and who built the dam?") == ["height", "dam", "built"]
    assert content_terms("Quelle est la hauteur du barrage ?") == ["hauteur", "barrag"]
    assert content_terms("Wie hoch ist die Mauer?") == ["hoch", "mauer"]
    assert content_terms("什么是的吗") == []


def test_a_question_and_its_sentence_share_terms_in_every_language() -> None:
    """The terms of a question are terms of the sentence that answers it."""
    assert set(content_terms("大坝的高度是多少？")) <= set(index_terms("大坝高度为185米。"))


def test_the_same_text_always_has_the_same_terms() -> None:
    """Terms do not depend on what was asked before."""
    text = "北京 has 1,234 trees; l\u2019eau, the town\u2019s trees and 北京大学"
    first = index_terms(text)
    index_terms("something else 上海")

    assert index_terms(text) == first


def test_fold_keeps_other_scripts() -> None:
    """Folding makes letters plain without touching Chinese."""
    assert fold("Ça, \uff21\uff22\uff23, 北京") == "ca, abc, 北京"


@pytest.mark.parametrize(
    ("weights", "present", "share"),
    [({"a": 3.0, "b": 1.0}, {"a", "x"}, 0.75), ({"a": 1.0}, set[str](), 0.0), ({}, {"a"}, 0.0)],
    ids=["some", "none-present", "nothing-asked"],
)
def test_covered_share_weighs_terms(weights: dict[str, float], present: set[str], share: float) -> None:
    """The share counts weights, and is 0 when there is nothing to cover."""
    assert covered_share(weights, present) == share
