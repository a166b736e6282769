from dataclasses import replace

import pytest

from tools.pdf.routing import (
    PageSigns,
    Route,
    TextSigns,
    decide,
    figures_of,
    has_figure_size,
    is_bad,
    is_plain,
    measure_text,
)

PROSE = "The committee approved the budget of the town for the coming year, after a long debate. " * 3
GOOD = measure_text(PROSE)
NONE = measure_text("")
WRITTEN = PageSigns(ink=0.1, faint=0.1)


def test_prose_is_plain() -> None:
    """Ordinary text is settled without a look at the page."""
    assert is_plain(GOOD)


@pytest.mark.parametrize(
    "text",
    ["short", "\ue001\ue002\ue003 " * 40, "/g18/g152 " * 40, "一" * 10, "%&$ ** ## " * 60, "xkcdqrtz bcdfgh " * 30],
    ids=["short", "private codes", "glyph names", "swapped", "signs", "consonants"],
)
def test_doubtful_text_is_not_plain(text: str) -> None:
    """Text that is short or does not read like words asks for a closer look."""
    assert not is_plain(measure_text(text))


@pytest.mark.parametrize(
    ("text", "page", "route"),
    [
        (GOOD, WRITTEN, Route("text", "text-layer")),
        (NONE, replace(WRITTEN, image_coverage=0.9), Route("ocr", "no-text-layer")),
        (NONE, WRITTEN, Route("ocr", "no-text-layer")),
        (NONE, PageSigns(ink=0.0, faint=0.0, image_coverage=1.0), Route("blank", "blank")),
        (NONE, PageSigns(ink=0.0001, faint=0.01), Route("blank", "blank")),
        (measure_text("Hello"), PageSigns(ink=0.0, faint=0.0), Route("blank", "nothing-visible")),
        (measure_text("你好世界"), PageSigns(ink=0.0, faint=0.0), Route("text", "text-layer")),
        (replace(GOOD, bad_characters=0.1), WRITTEN, Route("ocr", "garbled")),
        (replace(GOOD, bad_words=0.3), WRITTEN, Route("ocr", "garbled")),
        (replace(GOOD, swapped=0.6), WRITTEN, Route("ocr", "garbled")),
        (replace(GOOD, soup=0.3), replace(WRITTEN, unmapped=0.9), Route("ocr", "garbled-unmapped")),
        (GOOD, replace(WRITTEN, unmapped=0.9), Route("text", "text-layer")),
        (replace(GOOD, alphanumeric=0.2), WRITTEN, Route("ocr", "implausible")),
        (replace(GOOD, alphanumeric=0.2, leader_dots=0.5), WRITTEN, Route("text", "text-layer")),
        (replace(GOOD, soup=0.5), replace(WRITTEN, image_coverage=0.9), Route("ocr", "implausible-ocr-layer")),
        (GOOD, replace(WRITTEN, invisible=1.0, image_coverage=0.9), Route("text", "earlier-ocr-layer")),
        (
            measure_text("A stamp"),
            replace(WRITTEN, image_coverage=0.5),
            Route("ocr", "little-text-on-image", merge=True),
        ),
        (GOOD, replace(WRITTEN, figures=0.2), Route("ocr", "figures-beside-text", merge=True, figures_only=True)),
    ],
)
def test_signs_lead_to_decisions(text: TextSigns, page: PageSigns, route: Route) -> None:
    """Each rule of the table is reached by the signs it is meant for."""
    assert decide(text, page) == route


def test_figures_carry_every_sign() -> None:
    """The ledger gets the text signs always, the page signs when they were measured."""
    assert set(figures_of(GOOD, None)) < set(figures_of(GOOD, WRITTEN))
    assert figures_of(GOOD, WRITTEN)["ink"] == 0.1


def test_small_images_do_not_matter() -> None:
    """Logos are too small to hold the words of a page."""
    assert not has_figure_size([(0, 0, 50, 50)], 600, 800)
    assert has_figure_size([(0, 0, 300, 200)], 600, 800)


@pytest.mark.parametrize(
    ("character", "bad"),
    [
        ("a", False),
        ("\u00ad", False),
        ("\ufffe", False),
        ("\uf8f0", False),
        ("\ue000", True),
        ("\ufffd", True),
        ("\x07", True),
    ],
)
def test_bad_characters_are_known(character: str, bad: bool) -> None:  # noqa: FBT001 - a column of the table
    """Control, private and replacement characters are bad; soft hyphens and pieces of brackets are not."""
    assert is_bad(character) is bad
