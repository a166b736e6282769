"""What kind of thing a question asks for, and whether a sentence holds one: a number, a date, a name."""

import re
from dataclasses import dataclass

from tools.words import fold

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
            r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.? \d|\d(?:er)? (?:janvier|février|mars|avril|mai|"
            r"juin|juillet|août|septembre|octobre|novembre|décembre)"
        ),
    ),
    AnswerKind(
        re.compile(
            r"\bhow (?:many|much|long|old|far|large|tall|fast|often|big|high)\b|\b(?:what|which) (?:\w+ )?(?:percent|share|rate|"
            r"number|amount|value|pressure|speed\w*|cost)|\bcombien\b|\bwie ?viele?\b|多少|几|百分之"
        ),
        re.compile(rf"\d|[一二三四五六七八九十百千万亿半]|{_NUMBER_WORD}", re.IGNORECASE),
    ),
    AnswerKind(
        re.compile(r"\b(?:who|whom|whose)\b|\bqui\b|\bwer\b|\bwem\b|谁|哪位"),
        re.compile(r"(?<=\w )[A-ZÀ-Þ][\w'’-]+|[\u4e00-\u9fff·]{2,}"),
    ),
    AnswerKind(
        re.compile(r"\bwhere\b|\bou (?:est|se|sont)\b|\bwo\b|哪里|哪儿|何处|什么地方"),
        re.compile(
            r"\b(?:in|at|near|on|from|to|à|au|im|bei) (?:the |la |le |der |dem )?[A-ZÀ-Þ]|[在于][\u4e00-\u9fff]"
        ),
    ),
)


def kind_fit(question: str, sentence: str) -> float:
    """Return 0.5 when a sentence holds the kind of thing a question asks for, -0.5 when not, 0 for other questions."""
    folded = fold(question)
    kind = next((kind for kind in _KINDS if kind.asked.search(folded)), None)
    if kind is None:
        return 0.0
    return 0.5 if kind.seen.search(sentence) else -0.5
