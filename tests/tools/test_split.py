import random
from itertools import pairwise

import pytest

from tools.split import SplitSizes, split_page, split_sentences
from tools.types import Chunk

ALPHABET = [
    *("the dam", "Dr. Muster", "e.g. this", "3.5 m", "A. Muster", "was built", "U.S. law", "in 1969"),
    *(". ", "! ", "? ", "… ", '." ', "\n", "\n\n", " \n ", "\t", "。", "！”", "；", ".", " "),
    *("- item", "• item", "1. first", "（一）其一", "大坝高度为", "水量", "x" * 300, "\u00a0", "\U0001f3d4", "]", "”"),
]


def random_text(seed: int) -> str:
    """Return a text made of awkward pieces; the same seed gives the same text."""
    chance = random.Random(seed)  # noqa: S311 # no secret depends on it
    return "".join(chance.choices(ALPHABET, k=chance.randint(0, 60)))


def sentences(text: str) -> list[str]:
    """Return the sentences of a text."""
    return [text[start:end] for start, end in split_sentences(text)]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        pytest.param("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"], id="english"),
        pytest.param("He said “no.” She left.", ["He said “no.”", "She left."], id="closing-quote"),
        pytest.param("大坝高185米。水量很大！为什么？", ["大坝高185米。", "水量很大！", "为什么？"], id="chinese"),
        pytest.param("他说：“很高。”然后走了。", ["他说：“很高。”", "然后走了。"], id="chinese-closing-quote"),
        pytest.param("Dr. Muster met Mrs. Roe.", ["Dr. Muster met Mrs. Roe."], id="titles"),
        pytest.param("See Fig. 3 and No. 7 there.", ["See Fig. 3 and No. 7 there."], id="figure-numbers"),
        pytest.param("Use tools, e.g. This one. Then stop.", ["Use tools, e.g. This one.", "Then stop."], id="eg"),
        pytest.param("J. F. Roe wrote it. We read it.", ["J. F. Roe wrote it.", "We read it."], id="initials"),
        pytest.param("It is 3.5 m high. It stands.", ["It is 3.5 m high.", "It stands."], id="decimals"),
        pytest.param("Das gilt z.B. Hier. Und dort.", ["Das gilt z.B. Hier.", "Und dort."], id="german"),
        pytest.param("A long line goes on\nin the next one.", ["A long line goes on\nin the next one."], id="wrapped"),
        pytest.param("Heading\n\nThe text begins.", ["Heading", "The text begins."], id="paragraphs"),
        pytest.param("Bring:\n- a map\n- a rope", ["Bring:", "- a map", "- a rope"], id="list"),
        pytest.param("", [], id="nothing"),
        pytest.param(" \n\t\n ", [], id="blanks"),
    ],
)
def test_sentences_end_where_a_reader_ends_them(text: str, parts: list[str]) -> None:
    """Full stops of abbreviations and numbers end nothing; Chinese needs no blank; list items stand alone."""
    assert sentences(text) == parts


def test_table_rows_stand_alone() -> None:
    """A row that is much shorter than the lines of prose around it is not joined with the next."""
    prose = "This paragraph of running text is set over the whole width of the page, as prose is,\nand it goes on."
    table = "Paris 2 100 000\nLyon 520 000\nNice 340 000"

    assert sentences(f"{prose}\n\n{table}")[-3:] == table.split("\n")


def test_a_line_that_goes_on_in_lower_case_is_not_ended_by_a_short_line() -> None:
    """A line broken early by a figure is read on."""
    text = "This line of running text is set over the whole width of the page\nbut this\none is not."

    assert sentences(text) == [text]


@pytest.mark.parametrize("seed", range(40))
def test_sentences_cover_everything_but_blanks_once(seed: int) -> None:
    """Whatever the text: spans are trimmed, in order, apart from each other, and miss nothing but blanks."""
    text = random_text(seed)
    spans = split_sentences(text)

    assert all(text[start:end].strip() == text[start:end] != "" for start, end in spans)
    assert all(end <= following for (_, end), (following, _) in pairwise(spans))
    assert "".join("".join(text[start:end].split()) for start, end in spans) == "".join(text.split())


@pytest.mark.parametrize("seed", range(40))
def test_chunks_cover_a_page_once_within_their_limit(seed: int) -> None:
    """Whatever the text: chunks are in order, apart from each other, not too long, and miss nothing but blanks."""
    text = random_text(seed)
    sizes = SplitSizes(target=60, limit=120, cjk_target=60, cjk_limit=120)
    chunks = split_page(7, text, sizes)

    assert all(chunk.page == 7 and 0 < chunk.end - chunk.start <= 120 for chunk in chunks)
    assert all(one.end <= other.start for one, other in pairwise(chunks))
    assert "".join("".join(text[c.start : c.end].split()) for c in chunks) == "".join(text.split())


def test_a_short_page_is_one_chunk() -> None:
    """What fits is kept together."""
    text = "The dam is high. It is old."

    assert split_page(3, text) == [Chunk(3, 0, len(text), "")]


def test_no_sentence_that_fits_is_cut() -> None:
    """Chunks begin and end where sentences do."""
    text = " ".join(f"Sentence number {number} of this page says a little." for number in range(100))
    chunks = split_page(1, text)
    spans = split_sentences(text)

    assert len(chunks) > 1
    assert {chunk.start for chunk in chunks} <= {start for start, _ in spans}
    assert {chunk.end for chunk in chunks} <= {end for _, end in spans}


def test_a_very_long_line_is_cut_between_words() -> None:
    """Only a sentence longer than a chunk may be is cut, at a blank when there is one."""
    text = "word " * 2000
    chunks = split_page(1, text)

    assert len(chunks) > 1
    assert all(
        text[chunk.start : chunk.end].split() == ["word"] * ((chunk.end - chunk.start + 1) // 5) for chunk in chunks
    )


def test_a_line_without_any_blank_is_cut_all_the_same() -> None:
    """A page of one endless word is still indexed whole."""
    text = "x" * 5000
    chunks = split_page(1, text)

    assert sum(chunk.end - chunk.start for chunk in chunks) == 5000
    assert max(chunk.end - chunk.start for chunk in chunks) <= SplitSizes().limit


def test_chinese_chunks_are_shorter() -> None:
    """A Chinese character carries more than a letter."""
    text = "大坝的高度是一百八十五米。" * 100

    assert max(chunk.end - chunk.start for chunk in split_page(1, text)) <= SplitSizes().cjk_limit


def test_running_heads_are_left_out() -> None:
    """Furniture at the edges of a page is not indexed, the same words inside it are."""
    text = "Annual Report 12\nThe Annual Report 12\nsays so.\nPage 3"
    (chunk,) = split_page(1, text, running={"Annual Report #", "Page #"})

    assert text[chunk.start : chunk.end] == "The Annual Report 12\nsays so."


def test_a_page_of_furniture_is_taken_whole() -> None:
    """A page whose every line recurs, as on certificates that are all alike, can still be found."""
    (chunk,) = split_page(1, "Annual Report 12\n\n", running={"Annual Report #"})

    assert (chunk.start, chunk.end, chunk.heading) == (0, 16, "")


def test_splitting_twice_gives_the_same() -> None:
    """The same page is always cut in the same places."""
    text = random_text(3)

    assert split_page(1, text) == split_page(1, text)
