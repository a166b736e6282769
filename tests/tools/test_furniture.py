import pytest

from tools.furniture import mask_numbers, running_lines

BODY = [
    f"Chapter {number} is about {topic}.\nIt says a lot\nof things\nover here." for number, topic in enumerate("abcdef")
]


def report(head: str, foot: str) -> list[str]:
    """Return pages with a head and a foot, in which `{}` stands for the page number."""
    return [f"{head}\n{body}\n{foot}".format(number) for number, body in enumerate(BODY, 1)]


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        pytest.param("Page 12 of 300", "Page # of #", id="page-of"),
        pytest.param("  Annual   Report ", "Annual Report", id="blanks"),
        pytest.param("xiv", "#", id="roman"),
        pytest.param("第3页", "第#页", id="chinese"),
    ],
)
def test_numbers_are_masked(line: str, masked: str) -> None:
    """Lines that differ in their numbers and blanks only are the same line."""
    assert mask_numbers(line) == masked


def test_heads_and_page_numbers_recur() -> None:
    """What stands at the edges of every page is furniture, whatever page it is."""
    assert {"Annual Report", "Page #"} <= running_lines(report("Annual Report", "Page {}"))


def test_bare_page_numbers_are_furniture() -> None:
    """A line that is only a number, a different one on each page, recurs too."""
    assert "#" in running_lines(report("Annual Report", "{}"))


def test_what_differs_from_page_to_page_is_no_furniture() -> None:
    """Text proper is left alone."""
    assert running_lines([f"{word} one\n{word} two" for word in ("red", "green", "blue", "white")]) == frozenset()


def test_rows_of_numbers_are_no_furniture() -> None:
    """Tables that go on over pages keep their rows."""
    assert running_lines(["1 2 3\nfour"] * 10) == frozenset({"four"})


@pytest.mark.parametrize(
    "pages", [[], ["Annual Report"], ["Annual Report"] * 2, ["", " ", "\n"]], ids=["none", "one", "two", "blank"]
)
def test_a_few_pages_have_no_furniture(pages: list[str]) -> None:
    """Twice is not yet a habit."""
    assert running_lines(pages) == frozenset()


def test_a_line_on_a_few_of_many_pages_is_no_furniture() -> None:
    """A heading that happens to return is not a running head."""
    pages = [
        f"{'Summary' if number < 4 else f'Part {chr(97 + number % 26)}{chr(97 + number // 26)}'}\ntext"
        for number in range(60)
    ]

    assert "Summary" not in running_lines(pages)
