import pytest

from tools.proof import Proof, prove_claim
from tools.types import Passage

PAGE = (
    "The Ash Dam\n\nThe dam was built in 1969 by the canton. It is 185 m high and holds 168 233 cubic metres of water. "
    "Maintenance cost 1.5 million francs in 2020. The canton calls it “the old lady”.\n大坝高度为185米。"
)


def passage(words: str = PAGE, page: str = PAGE) -> Passage:
    """Return the passage of a page that consists of these words."""
    start = page.index(words)
    return Passage(
        chunk_id=1,
        document_id="d",
        document="dam.pdf",
        page=1,
        start=start,
        end=start + len(words),
        heading="",
        text=words,
        score=0.0,
    )


@pytest.mark.parametrize(
    ("claim", "quote", "status"),
    [
        pytest.param("It is 185 m high", "It is 185 m high", "verified", id="whole-claim"),
        pytest.param("IT IS 185 M HIGH", "It is 185 m high", "repaired", id="whole-claim-in-capitals"),
        pytest.param(
            "The dam's “Maintenance cost 1.5 million francs”",
            "Maintenance cost 1.5 million francs",
            "verified",
            id="curly-quotes",
        ),
        pytest.param('He says "by the canton"', "by the canton", "verified", id="straight-quotes"),
        pytest.param("Elle est « 185 m high »", "185 m high", "verified", id="guillemets"),
        pytest.param("Er sagt „by the canton“.", "by the canton", "verified", id="german-quotes"),
        pytest.param("书中说「大坝高度为185米」", "大坝高度为185米", "verified", id="corner-brackets"),
        pytest.param("书中说『大坝高度』", "大坝高度", "verified", id="white-corner-brackets"),
        pytest.param("书中说“大坝高度为185米”", "大坝高度为185米", "verified", id="chinese-curly-quotes"),
        pytest.param(
            "“by the canton” and “holds 168 233 cubic metres”",
            "holds 168 233 cubic metres",
            "verified",
            id="two-quotes",
        ),
        pytest.param("In 2020 it was “the old lady”", "the old lady", "verified", id="number-beside-the-quote"),
    ],
)
def test_what_the_page_says_is_proven(claim: str, quote: str, status: str) -> None:
    """The proof shows the page's own words and where they stand."""
    proof = prove_claim(claim, passage(), PAGE)

    assert (proof.quote, proof.status) == (quote, status)
    assert PAGE[proof.start : proof.end] == quote


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        pytest.param(
            "The canton built the dam in 1969.", "The dam was built in 1969 by the canton.", id="other-word-order"
        ),
        pytest.param(
            "Its water: 168,233 cubic metres, which the dam holds",
            "It is 185 m high and holds 168 233 cubic metres of water.",
            id="other-thousands-mark",
        ),
        pytest.param("这座大坝的高度是185米", "大坝高度为185米。", id="chinese"),
    ],
)
def test_a_claim_in_other_words_is_proven_by_the_sentence_that_holds_them(claim: str, sentence: str) -> None:
    """Most of the words and all of the numbers must stand in one sentence, which becomes the quote."""
    proof = prove_claim(claim, passage(), PAGE)

    assert (proof.quote, proof.status) == (sentence, "verified")
    assert PAGE[proof.start : proof.end] == sentence


@pytest.mark.parametrize(
    "claim",
    [
        pytest.param("The dam was built in 1970 by the canton.", id="wrong-number"),
        pytest.param("Maintenance cost 5 million francs in 2020.", id="part-of-a-number"),
        pytest.param("The dam was built in 1969 for 1.5 million francs.", id="numbers-of-different-sentences"),
        pytest.param("The president resigned after the election.", id="unrelated"),
        pytest.param("The report says “the dam is unsafe”.", id="invented-quote"),
        pytest.param("Er sagt „The dam is unsafe“, by the canton in 1969.", id="invented-german-quote"),
        pytest.param("“by the canton” because “the dam is unsafe”", id="second-quote-invented"),
        pytest.param("It cost 900 million, says “the canton”", id="invented-number-beside-a-quote"),
        pytest.param("", id="nothing"),
        pytest.param(".", id="full-stop"),
        pytest.param("It is.", id="only-function-words"),
        pytest.param("“the”", id="trivial-quote"),
        pytest.param("“”", id="empty-quote"),
    ],
)
def test_what_the_page_does_not_say_is_unverified(claim: str) -> None:
    """A claim that cannot be proven is given back as it is, without a place."""
    assert prove_claim(claim, passage(), PAGE) == Proof(claim, 0, 0, "unverified")


def test_a_supporting_sentence_stands_in_the_cited_passage() -> None:
    """What the rest of the page says in other words does not prove a claim about this passage."""
    cited = passage("Maintenance cost 1.5 million francs in 2020.")

    assert prove_claim("The canton built the dam in 1969.", cited, PAGE).status == "unverified"


def test_a_passage_proves_nothing_that_is_not_on_its_page() -> None:
    """The words of a passage that a caller made up are not taken for those of the page."""
    made_up = passage("Maintenance cost 1.5 million francs in 2020.") | {"text": "The dam is made of glass."}

    assert prove_claim("The dam is made of glass.", Passage(**made_up), PAGE).status == "unverified"


def test_offsets_point_into_the_page_not_into_the_passage() -> None:
    """A sentence in the middle of a page is found there."""
    cited = passage("Maintenance cost 1.5 million francs in 2020.")
    proof = prove_claim("In 2020, maintenance cost francs: 1,5 million", cited, PAGE)

    assert PAGE[proof.start : proof.end] == cited["text"]


def test_of_repeated_words_those_of_the_passage_are_quoted() -> None:
    """The occurrence nearest to the passage is the one that is shown."""
    page = "The dam is safe. " * 20
    cited = passage(page=page, words=page[170:]) | {"start": 170}

    assert prove_claim("The dam is safe.", Passage(**cited), page).start == 170
