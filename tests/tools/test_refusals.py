from typing import get_args

import pytest

from tools.refusals import write_refusal
from tools.types import NearestPage, Reason

NO_ANSWER = {
    "en": "I found no answer to this in the documents.",
    "zh": "在这些文档中没有找到答案。",
    "fr": "Je n'ai pas trouvé de réponse dans les documents.",
    "de": "Darauf habe ich in den Dokumenten keine Antwort gefunden.",
}


@pytest.mark.parametrize(
    ("question", "language"),
    [
        pytest.param("How high is the dam?", "en", id="english"),
        pytest.param("Budget 2020?", "en", id="no-telling-word"),
        pytest.param("", "en", id="nothing"),
        pytest.param("¿Cuál es la altura de la presa que se construyó en el río?", "en", id="language-without-texts"),
        pytest.param("大坝有多高？", "zh", id="chinese"),
        pytest.param("TraceMonkeyInterpreter是什么？", "zh", id="chinese-about-a-latin-name"),
        pytest.param("Quelle est la hauteur du barrage ?", "fr", id="french"),
        pytest.param("Qui a écrit ce rapport ?", "fr", id="short-french"),
        pytest.param("Combien coûte l'entretien ?", "fr", id="shortest-french"),
        pytest.param("Wie hoch ist die Mauer?", "de", id="german"),
        pytest.param("Wer war Präsident?", "de", id="short-german"),
        pytest.param("What was the name of Des Moines?", "en", id="foreign-name"),
    ],
)
def test_a_refusal_speaks_the_language_of_the_question(question: str, language: str) -> None:
    """Even a short question is answered in its own language; English stands in for unknown ones."""
    assert write_refusal(question, "no_answer", []) == NO_ANSWER[language]


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("question", ["How high is it?", "大坝有多高？", "Quelle est la date ?", "Wie hoch ist es?"])
def test_every_reason_has_a_text_in_every_language(question: str, reason: Reason) -> None:
    """No refusal is empty."""
    assert write_refusal(question, reason, [])


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("How high is the dam?", "Nearest pages: dam.pdf p. 3; lake.pdf p. 12"),
        ("大坝有多高？", "最接近的页面： dam.pdf 第 3 页; lake.pdf 第 12 页"),
        ("Quelle est la hauteur ?", "Pages les plus proches : dam.pdf p. 3; lake.pdf p. 12"),
        ("Wie hoch ist die Mauer?", "Nächstliegende Seiten: dam.pdf S. 3; lake.pdf S. 12"),
    ],
    ids=["english", "chinese", "french", "german"],
)
def test_a_refusal_names_the_nearest_pages(question: str, end: str) -> None:
    """Whoever is refused learns where to look."""
    nearest = [
        NearestPage(document_id="1", document="dam.pdf", page=3),
        NearestPage(document_id="2", document="lake.pdf", page=12),
    ]

    assert write_refusal(question, "weak_match", nearest).endswith(end)
