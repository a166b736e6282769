"""What OCR yields for one page."""

from dataclasses import dataclass

from tools.types import Box


@dataclass(frozen=True)
class OcrLine:
    """A piece of one line as it was recognised."""

    text: str
    box: Box
    score: float
    """How sure the recogniser is, from 0 to 1."""
    row: int
    """Pieces with the same number stand side by side in one visual row; rows count in reading order."""


@dataclass(frozen=True)
class OcrPage:
    """The recognised lines of a page, in reading order."""

    lines: tuple[OcrLine, ...]
    turned: int = 0
    """Clockwise degrees by which the page had to be turned to be read."""
    seconds: float = 0.0

    @property
    def confidence(self) -> float:
        """Mean score, each line counting by its length; 0 when nothing was recognised."""
        characters = sum(len(line.text) for line in self.lines)
        return sum(line.score * len(line.text) for line in self.lines) / characters if characters else 0.0
