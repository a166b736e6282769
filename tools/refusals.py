"""How a refusal reads, in the language of the question."""

import re
from collections.abc import Sequence

from tools.pdf.language import guess_language
from tools.types import NearestPage, Reason

_TEXTS: dict[str, dict[Reason, str]] = {
    "en": {
        "empty_collection": "There is nothing to search yet: this collection holds no readable page.",
        "no_match": "I found nothing about this in the documents.",
        "weak_match": "I found no answer to this in the documents.",
        "no_answer": "I found no answer to this in the documents.",
        "unproven": "I cannot prove an answer to this from the documents.",
    },
    "zh": {
        "empty_collection": "还没有可以检索的内容：该集合中没有可读的页面。",
        "no_match": "在这些文档中没有找到与此有关的内容。",
        "weak_match": "在这些文档中没有找到答案。",
        "no_answer": "在这些文档中没有找到答案。",
        "unproven": "无法用这些文档证明答案。",
    },
    "fr": {
        "empty_collection": "Il n'y a encore rien à chercher : cette collection ne contient aucune page lisible.",
        "no_match": "Je n'ai rien trouvé à ce sujet dans les documents.",
        "weak_match": "Je n'ai pas trouvé de réponse dans les documents.",
        "no_answer": "Je n'ai pas trouvé de réponse dans les documents.",
        "unproven": "Je ne peux pas prouver de réponse à partir des documents.",
    },
    "de": {
        "empty_collection": "Es gibt noch nichts zu durchsuchen: Diese Sammlung enthält keine lesbare Seite.",
        "no_match": "Dazu habe ich in den Dokumenten nichts gefunden.",
        "weak_match": "Darauf habe ich in den Dokumenten keine Antwort gefunden.",
        "no_answer": "Darauf habe ich in den Dokumenten keine Antwort gefunden.",
        "unproven": "Ich kann keine Antwort aus den Dokumenten belegen.",
    },
}
_NEAREST = {
    "en": "Nearest pages:",
    "zh": "最接近的页面：",
    "fr": "Pages les plus proches :",
    "de": "Nächstliegende Seiten:",
}
_PAGE = {"en": "p. {}", "zh": "第 {} 页", "fr": "p. {}", "de": "S. {}"}


_WORD = re.compile(r"[是什么的吗哪谁多少几为何怎呢]|[^\W\d_\u3400-\u9fff]+")
_TELLING_WORDS = {
    "en": "the of is are was were does did do has have how what when where which who why many much",
    "zh": "是 什 么 的 吗 哪 谁 多 少 几 为 何 怎 呢",
    "fr": """
        le la les l du des d est sont quel quelle quels quelles qui que qu quoi où quand comment pourquoi combien un une
        au aux dans sur par pour il elle ce c
    """,
    "de": """
        der die das den dem des ist sind war waren wie was wann wo wer wem wen welche welcher welches welchem warum
        wieviel viele ein eine im am zu zum zur und von hat es
    """,
}
_TELLING = {language: frozenset(words.split()) for language, words in _TELLING_WORDS.items()}
"""Questions are too short for `guess_language` to be sure of them, but they begin with words that tell."""


def write_refusal(question: str, reason: Reason, nearest: Sequence[NearestPage]) -> str:
    """Say that there is no answer, and which pages came closest, in the question's language (English when unknown)."""
    language = _language(question)
    text = _TEXTS[language][reason]
    if not nearest:
        return text
    pages = "; ".join(_place(language, place) for place in nearest)
    return f"{text} {_NEAREST[language]} {pages}"


def _place(language: str, place: NearestPage) -> str:
    return f"{place['document']} {_PAGE[language].format(place['page'])}"


def _language(question: str) -> str:
    guessed = guess_language(question)
    if guessed:
        return guessed if guessed in _TEXTS else "en"
    words = set(_WORD.findall(question.casefold()))
    return max(_TELLING, key=lambda language: len(words & _TELLING[language]))
