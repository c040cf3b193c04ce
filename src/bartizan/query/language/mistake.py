"""What is wrong with a search text, and where."""

from bartizan.domain.errors import Refused


class Mistake(Refused):
    """`reason` in plain words; `position` and `length` are characters of the text.

    `suggestion` is a whole text to take instead, if one is known.
    """

    def __init__(
        self, reason: str, position: int, length: int = 1, suggestion: str | None = None
    ) -> None:
        super().__init__("bad-search", f"{reason} (character {position + 1})", "q")
        self.reason = reason
        self.position = position
        self.length = length
        self.suggestion = suggestion
