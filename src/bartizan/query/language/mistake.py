"""What is wrong with a search text, and where."""

from bartizan.domain.errors import Refused


class Mistake(Refused):
    """`position` and `length` are characters of the text; `suggestion` is a whole text instead."""

    def __init__(
        self, message: str, position: int, length: int = 1, suggestion: str | None = None
    ) -> None:
        super().__init__("bad-search", message, "q")
        self.position = position
        self.length = length
        self.suggestion = suggestion

    def __str__(self) -> str:
        return f"{self.message} (character {self.position + 1})"
