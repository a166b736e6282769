"""What kind of thing a question asks for, and whether a sentence holds one: a number, a date, a name."""

import re
from dataclasses import dataclass

from tools.words import fold, index_terms

_NUMBER_WORD = (
    r"\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|hundred|thousand|million|billion|half|third|"
    r"quarter|deux|trois|quatre|cinq|sept|huit|neuf|dix|cent|mille|zwei|drei|vier|funf|sechs|sieben|acht|neun|zehn)\b"
)


@dataclass(frozen=True)
class AnswerKind:
    """A kind of answer: how questions ask for it and what it looks like."""

    asked: re.Pattern[str]
    """Matches folded questions."""
    seen: re.Pattern[str]
    """Matches sentences, as written."""


_KINDS = (
    AnswerKind(
        re.compile(
            r"\bwhen\b|\b(?:what|which) (?:year|date|day|month|century)\b|\bby what date\b|\bwhat is the date\b"
            r"|\bquand\b|\bquelle (?:annee|date)\b|\bwann\b|\bwelche[mns]? (?:jahr|datum|tag)"
            r"|何时|什么时候|哪一?年|哪一?天|哪一?日|几月|日期"
        ),
        re.compile(
            r"\b1\d{3}\b|\b20\d\d\b|\b\d{1,2}[./-]\d{1,2}[./-]\d{2,4}\b|[Cc]entur|siècle|\d ?[年月日]|世纪"
            r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d"
            r"|\d(?:er)? (?:janvier|février|mars|avril|mai|juin|juillet|août|septembre|octobre|novembre|décembre)"
        ),
    ),
    AnswerKind(
        re.compile(
            r"\bhow (?:many|much|long|old|far|large|tall|fast|often|big|high)\b|\b(?:what|which) (?:\w+ )?(?:percent|"
            r"share|rate|number|amount|value|pressure|speed\w*|cost)|\bcombien\b|\bwie ?viele?\b|多少|几|百分之"
        ),
        re.compile(rf"\d|[一二三四五六七八九十百千万亿半]|{_NUMBER_WORD}", re.IGNORECASE),
    ),
    AnswerKind(
        re.compile(r"\b(?:who|whom|whose)\b|\bqui\b|\bwer\b|\bwem\b|谁|哪位"),
        re.compile(r"(?<=\w )[A-ZÀ-Þ][\w'\u2019-]+|[\u4e00-\u9fff·]{2,}"),
    ),
    AnswerKind(
        re.compile(r"\bwhere\b|\bou (?:est|se|sont)\b|\bwo\b|哪里|哪儿|何处|什么地方"),
        re.compile(
            r"\b(?:in|at|near|on|from|to|à|au|im|bei) (?:the |la |le |der |dem )?[A-ZÀ-Þ]|[在于][\u4e00-\u9fff]"
        ),
    ),
)


_COUNTED = re.compile(
    r"(?:\bhow many|\bcombien (?:de |d['\u2019])|\bwie ?viele?|\bnumber of) *(?P<latin>[^?,;]+)"
    r"|(?:多少|几)\s*(?P<cjk>[^?？，]+)"
)
_REACH = 3
"""How many words may stand between a number and what it counts."""


def kind_fit(question: str, sentence: str) -> float:
    """Return how well a sentence fits the kind of thing a question asks for.

    1 when it counts the very thing, 0.5 when it holds such a thing, -0.5 when not, 0 for questions of no known kind.
    """
    folded = fold(question)
    kind = next((kind for kind in _KINDS if kind.asked.search(folded)), None)
    if kind is None:
        return 0.0
    if not kind.seen.search(sentence):
        return -0.5
    return 1.0 if _counts_it(folded, sentence) else 0.5


def _counts_it(question: str, sentence: str) -> bool:
    """Tell whether a number stands right before the thing that the question counts: `636 gas stations`."""
    asked = _COUNTED.search(question)
    if asked is None:
        return False
    things = set(index_terms(asked["latin"] or asked["cjk"])[:_REACH])
    terms = index_terms(sentence)
    return any(
        term[0].isdigit() and not things.isdisjoint(terms[place + 1 : place + 1 + _REACH])
        for place, term in enumerate(terms)
    )
