import io
from collections.abc import Iterator

import pytest
from pypdf import PdfReader

from scripts.make_sample import COSTS, EXAMPLES, MONTHS, make_sample


@pytest.fixture(scope="module")
def sample() -> Iterator[PdfReader]:
    """Open the sample that is under version control."""
    with PdfReader(EXAMPLES / "sample.pdf") as reader:
        yield reader


def test_the_sample_is_what_its_script_makes(sample: PdfReader) -> None:
    """The script makes pages with the same text as those of the committed sample."""
    made = PdfReader(io.BytesIO(make_sample()))

    assert [page.extract_text() for page in made.pages] == [page.extract_text() for page in sample.pages]


def test_the_sample_can_be_made_twice() -> None:
    """Two runs give the same bytes."""
    assert make_sample() == make_sample()


@pytest.mark.parametrize(
    ("page", "text"),
    [
        pytest.param(1, "The trial cost 48,310 euros in total", id="prose"),
        pytest.param(2, "a thunderstorm cut the power", id="more prose"),
        pytest.param(3, "21,600", id="table"),
        pytest.param(4, "梅林C2降到38分贝", id="Chinese"),
    ],
)
def test_a_page_of_the_sample_has_its_text(sample: PdfReader, page: int, text: str) -> None:
    """Prose, table and Chinese can be extracted from their pages."""
    assert text in sample.pages[page - 1].extract_text()


def test_the_last_page_is_a_scan(sample: PdfReader) -> None:
    """The fifth page is one image without a text layer."""
    (*_, scan) = sample.pages

    assert len(sample.pages) == 5
    assert scan.extract_text() == ""
    assert len(scan.images) == 1


def test_the_tables_add_up() -> None:
    """The last row of each table is the sum of the rows above it."""
    for rows in (MONTHS[2:], COSTS[1:]):
        columns = list(zip(*rows, strict=True))[1:]

        assert [sum(map(_number, column[:-1])) for column in columns] == [_number(column[-1]) for column in columns]


def _number(cell: str) -> int:
    return int(cell.replace(",", ""))
