"""Guess the language of a page from its characters and its commonest words; no model, no download."""

import re

_CJK = re.compile("[\u3400-\u9fff]")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_WORD = re.compile(r"[^\W\d_]+")
_MIN_CJK_SHARE = 0.2
_MIN_HITS = 3
_MIN_SHARE = 0.08
"""Function words make up 20 to 50 % of prose; lists and tables have fewer."""
_LEAD = 1.3
"""The best language must beat the next by this factor."""

_FUNCTION_WORDS = {
    "en": """
        the of and to in is that for it with as was on are be this by or from at which not have an
        were has their but
    """,
    "fr": """
        le la les de des du et en un une que est pour dans qui sur pas au par plus ce il ne se sont
        aux avec cette être
    """,
    "de": """
        der die das und in den von zu mit sich des auf für ist im dem nicht ein eine als auch es an
        werden aus er sie
    """,
    "es": """
        el la los las de del y en que un una por con para se es no su al lo como más este son esta
        entre también fue
    """,
    "it": """
        il lo la gli le di del della e in che un una per con non si è da dei nel alla sono come più
        anche questo delle
    """,
    "pt": """
        o os as de do da dos das e em que um uma por com para não se é no na ao como mais foi são
        pelo pela também
    """,
    "nl": """
        de het een en van in is dat op te voor met zijn niet aan er om ook als bij door naar uit
        worden deze wordt heeft
    """,
}
_LISTS = {language: frozenset(words.split()) for language, words in _FUNCTION_WORDS.items()}


def guess_language(text: str) -> str:
    """Return the ISO 639-1 code of zh, en, fr, de, es, it, pt or nl, or an empty string when unsure."""
    letters = sum(character.isalpha() for character in text)
    if len(_CJK.findall(text)) > _MIN_CJK_SHARE * max(1, letters):
        return "" if len(_KANA_OR_HANGUL.findall(text)) > _MIN_CJK_SHARE * letters else "zh"
    words = _WORD.findall(text.lower())
    hits = sorted(
        ((sum(word in known for word in words), language) for language, known in _LISTS.items()), reverse=True
    )
    (best, language), (second, _) = hits[:2]
    sure = best >= max(_MIN_HITS, _MIN_SHARE * len(words)) and best >= _LEAD * second
    return language if sure else ""
