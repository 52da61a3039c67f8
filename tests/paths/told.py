"""A stage that keeps what it told, for tests that read as their regulation does."""

from __future__ import annotations

from samkeeper.stories.stage import Line, Stage


class Told(Stage):
    """A stage that keeps what it told."""

    def __init__(self, book: str) -> None:
        self.lines: list[Line] = []
        super().__init__(book, self.lines.append)

    @property
    def moves(self) -> list[tuple[str, str]]:
        """The moves made so far, each with its clause."""
        return [(line.action, line.clause) for line in self.lines if line.action]

    @property
    def refusals(self) -> list[str]:
        return [line.refused for line in self.lines if line.refused]

    def states(self) -> tuple[str, str]:
        """The state of the card that the story is about, and of the spare."""
        self.card.refresh_from_db()
        self.spare.refresh_from_db()
        return self.card.state, self.spare.state
