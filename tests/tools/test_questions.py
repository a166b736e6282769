import pytest

from tools.questions import carry, split_carried


def test_a_carried_question_comes_apart_again() -> None:
    """A question's own words and those it carries are told apart."""
    assert split_carried(carry("And its cost?", "How high is the Ash Dam?")) == (
        "And its cost?",
        "How high is the Ash Dam?",
    )


def test_a_question_that_leans_on_a_follow_up_carries_the_words_of_both() -> None:
    """The subject of a conversation survives several follow-ups."""
    second = carry("And its cost?", "How high is the Ash Dam?")
    third = carry("Who paid?", second)

    assert split_carried(third) == ("Who paid?", "And its cost? How high is the Ash Dam?")


@pytest.mark.parametrize(
    "question",
    ["How high is it?", "大坝有多高？", "", "\u2039alone\u203a", "Was heißt \u2039Damm\u203a hier?", "two\nlines"],
    ids=["english", "chinese", "nothing", "only-marks", "marks-in-the-middle", "lines"],
)
def test_a_question_that_stands_alone_carries_nothing(question: str) -> None:
    """A question as asked is all its own."""
    assert split_carried(question) == (question, "")


def test_lines_are_carried_whole() -> None:
    """Line breaks do not cut a question."""
    assert split_carried(carry("And\nthen?", "First\nthis?")) == ("And\nthen?", "First\nthis?")
