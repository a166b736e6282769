import pytest

from tools.answer_kinds import kind_fit


@pytest.mark.parametrize(
    ("question", "fitting", "other"),
    [
        pytest.param("When was it built?", "It was built in 1969.", "It was built by the canton.", id="when"),
        pytest.param("What year did it open?", "It opened in 2004.", "It opened late.", id="year"),
        pytest.param("Quand a-t-il ouvert ?", "Il a ouvert le 3 mars.", "Il a ouvert tard.", id="quand"),
        pytest.param("Wann wurde sie gebaut?", "Sie wurde 1969 gebaut.", "Sie wurde gebaut.", id="wann"),
        pytest.param("大坝什么时候建成？", "大坝于1969年建成。", "大坝已经建成。", id="chinese-when"),
        pytest.param("How many people came?", "Some 30 people came.", "People came.", id="how-many"),
        pytest.param("How many people came?", "Twelve people came.", "People came.", id="number-word"),
        pytest.param("Combien de personnes ?", "Il y avait 30 personnes.", "Il y avait du monde.", id="combien"),
        pytest.param("Wie viele Leute kamen?", "Es kamen 30.", "Es kamen Leute.", id="wie-viele"),
        pytest.param("大坝有多少米？", "大坝高185米。", "大坝很高。", id="chinese-how-many"),
        pytest.param("Who wrote it?", "It was written by Anna Muster.", "it was written by hand.", id="who"),
        pytest.param("Where is the dam?", "The dam is in Valais.", "The dam is high.", id="where"),
        pytest.param("大坝在哪里？", "大坝在瑞士。", "大坝很高。", id="chinese-where"),
    ],
)
def test_a_sentence_that_holds_what_is_asked_for_fits_better(question: str, fitting: str, other: str) -> None:
    """Numbers, dates, names and places are recognised in questions and sentences of four languages."""
    assert kind_fit(question, fitting) > 0 > kind_fit(question, other)


@pytest.mark.parametrize("question", ["Why did it fail?", "Describe the dam.", "为什么？", ""])
def test_other_questions_leave_the_order_alone(question: str) -> None:
    """A question that asks for no known kind of thing prefers no sentence."""
    assert kind_fit(question, "It failed in 1969.") == kind_fit(question, "It failed.") == 0.0
