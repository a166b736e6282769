"""Words as search sees them: the same folding for stored text, for questions and for comparing sentences."""

import re
import unicodedata
from collections.abc import Mapping, Set
from functools import cache, lru_cache
from itertools import chain
from typing import Any

import rjieba
import snowballstemmer

_CJK = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(
    rf"[{_CJK}]+"  # a run of Chinese, segmented by dictionary
    r"|\d{1,3}(?:[.,'\u2019\u00a0\u202f ]\d{3})+(?!\d)(?:[.,]\d+)?"  # a number with thousands marks
    r"|\d+(?:[.,]\d+)+"  # a decimal, a date, a section number
    rf"|(?:(?![{_CJK}])[^\W_])+(?:['\u2019](?:(?![{_CJK}])[^\W_])+)*",  # a word, or digits and letters mixed
)
_CJK_RUN = re.compile(rf"[{_CJK}]+")
_ENDING = re.compile(r"(?<=\w{6})(?:e[nmrs]?|n|s)$")
"""Endings of German and French that the English stemmer leaves on long words."""
_DIGITS_ONLY = re.compile(r"[\d.,'\u2019\u00a0\u202f ]+")
_THOUSANDS = re.compile(r"[.,'\u2019\u00a0\u202f ](?=\d{3}(?!\d))")

_STOP_WORDS = frozenset(
    [
        "a",
        "about",
        "above",
        "after",
        "all",
        "also",
        "although",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "because",
        "been",
        "before",
        "being",
        "below",
        "between",
        "both",
        "but",
        "by",
        "can",
        "could",
        "did",
        "do",
        "does",
        "doing",
        "down",
        "during",
        "each",
        "few",
        "for",
        "from",
        "further",
        "had",
        "has",
        "have",
        "having",
        "he",
        "her",
        "here",
        "hers",
        "him",
        "his",
        "how",
        "i",
        "if",
        "in",
        "into",
        "is",
        "it",
        "its",
        "itself",
        "just",
        "let",
        "may",
        "me",
        "might",
        "more",
        "most",
        "much",
        "must",
        "my",
        "no",
        "nor",
        "not",
        "now",
        "of",
        "off",
        "on",
        "once",
        "only",
        "or",
        "other",
        "our",
        "out",
        "over",
        "own",
        "s",
        "same",
        "shall",
        "she",
        "should",
        "so",
        "some",
        "such",
        "t",
        "than",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "these",
        "they",
        "this",
        "those",
        "through",
        "to",
        "too",
        "under",
        "until",
        "up",
        "very",
        "was",
        "we",
        "were",
        "what",
        "when",
        "where",
        "which",
        "while",
        "who",
        "whom",
        "whose",
        "why",
        "will",
        "with",
        "would",
        "you",
        "your",
        "many",
        "au",
        "aux",
        "avec",
        "ce",
        "ces",
        "cette",
        "cet",
        "dans",
        "de",
        "des",
        "du",
        "elle",
        "en",
        "et",
        "eux",
        "il",
        "ils",
        "je",
        "la",
        "le",
        "les",
        "leur",
        "leurs",
        "lui",
        "ma",
        "mais",
        "me",
        "mes",
        "mon",
        "ne",
        "nos",
        "notre",
        "nous",
        "on",
        "ou",
        "par",
        "pas",
        "pour",
        "qu",
        "que",
        "qui",
        "quel",
        "quelle",
        "quels",
        "quelles",
        "sa",
        "se",
        "ses",
        "son",
        "sont",
        "sur",
        "ta",
        "te",
        "tes",
        "toi",
        "ton",
        "tu",
        "un",
        "une",
        "vos",
        "votre",
        "vous",
        "est",
        "a",
        "ete",
        "etre",
        "avait",
        "ont",
        "combien",
        "comment",
        "quand",
        "selon",
        "als",
        "am",
        "auch",
        "auf",
        "aus",
        "bei",
        "bin",
        "bis",
        "das",
        "dass",
        "dem",
        "den",
        "der",
        "des",
        "die",
        "diese",
        "dieser",
        "dieses",
        "ein",
        "eine",
        "einem",
        "einen",
        "einer",
        "eines",
        "er",
        "es",
        "fur",
        "hat",
        "haben",
        "ich",
        "ihr",
        "im",
        "in",
        "ist",
        "mit",
        "nach",
        "nicht",
        "noch",
        "nur",
        "oder",
        "sich",
        "sie",
        "sind",
        "so",
        "uber",
        "um",
        "und",
        "uns",
        "von",
        "vor",
        "war",
        "was",
        "wer",
        "wie",
        "wir",
        "wird",
        "wo",
        "zu",
        "zum",
        "zur",
        "welche",
        "welcher",
        "welches",
        "heissen",
        "heisst",
    ]
)
_CJK_STOP_WORDS = frozenset(
    [
        "的",
        "了",
        "在",
        "是",
        "我",
        "有",
        "和",
        "就",
        "不",
        "人",
        "都",
        "一",
        "一个",
        "上",
        "也",
        "很",
        "到",
        "说",
        "要",
        "去",
        "你",
        "会",
        "着",
        "没有",
        "看",
        "自己",
        "这",
        "那",
        "吗",
        "呢",
        "吧",
        "啊",
        "与",
        "及",
        "或",
        "被",
        "把",
        "对",
        "从",
        "为",
        "以",
        "于",
        "之",
        "其",
        "而",
        "等",
        "什么",
        "怎么",
        "怎样",
        "如何",
        "多少",
        "哪",
        "哪个",
        "哪些",
        "哪里",
        "哪儿",
        "哪年",
        "谁",
        "几",
        "何时",
        "何",
        "为什么",
        "是否",
        "应",
        "应该",
        "可以",
        "可",
        "由",
        "所",
        "该",
        "它",
        "他",
        "她",
        "它们",
        "他们",
        "多",
        "个",
        "些",
        "后",
        "中",
        "时",
        "时候",
        "那么",
        "才",
        "并",
        "又",
        "则",
        "即",
        "还",
        "将",
        "让",
        "给",
        "向",
        "被",
        "过",
        "更",
        "最",
        "哪位",
        "哪一",
    ]
)


def fold(text: str) -> str:
    """Fold case, width, ligatures and accents, keeping the letters of other scripts as they are."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return unicodedata.normalize("NFC", "".join(c for c in decomposed if not unicodedata.combining(c)))


def has_cjk(text: str) -> bool:
    """Tell whether any Chinese character occurs in the text."""
    return _CJK_RUN.search(text) is not None


def index_terms(text: str) -> list[str]:
    """Return the terms of a text in order: stems, numbers without thousands marks, segmented Chinese words.

    A Chinese word of three characters or more also yields the shorter words inside it, so that a question that
    names a part finds the whole.
    """
    return list(chain.from_iterable(_terms_of(match.group()) for match in _TOKEN.finditer(fold(text))))


def content_terms(text: str) -> list[str]:
    """Return the terms that carry meaning: those of `index_terms` without the function words, each once."""
    words = chain.from_iterable(_content_of(match.group()) for match in _TOKEN.finditer(fold(text)))
    return list(dict.fromkeys(words))


def covered_share(weights: Mapping[str, float], present: Set[str]) -> float:
    """Return which share of the weighted terms is present, from 0 to 1; 0 when there are no terms."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def _terms_of(token: str) -> list[str]:
    if _CJK_RUN.fullmatch(token):
        return _segment(token)
    if _DIGITS_ONLY.fullmatch(token):
        return [_number(token)]
    return _word(token)


def _content_of(token: str) -> list[str]:
    if token in _STOP_WORDS:
        return []
    return [term for term in _terms_of(token) if term not in _CJK_STOP_WORDS and term not in _STOP_WORDS]


def _number(token: str) -> str:
    return re.sub(r"[.,]", "p", _THOUSANDS.sub("", token))


@lru_cache(maxsize=100_000)
def _word(token: str) -> list[str]:
    """Stem a word; an elided article (`l'eau`) and a possessive (`town's`) come off, compounds with digits stay."""
    parts = re.split(r"['\u2019]", token)
    if len(parts) > 1:
        parts = [part for part in parts if len(part) > 2 or part.isdigit()] or parts
    return [_ENDING.sub("", _stemmer().stemWord(part)) for part in parts]


@lru_cache(maxsize=20_000)
def _segment(run: str) -> list[str]:
    return list(rjieba.cut_for_search(run))


@cache
def _stemmer() -> Any:
    """Build the English stemmer; on other languages of Europe it still takes the commonest endings off."""
    return snowballstemmer.stemmer("english")
