"""The stories themselves: each reads as the regulation does."""

from __future__ import annotations

from collections.abc import Callable

from samkeeper.rules.words import Case as CaseKind
from samkeeper.stories.stage import Stage


def loss(stage: Stage) -> None:
    """A card is gone: reported, suspended, replaced by the spare; cancelled when the papers are there."""
    stage.open(CaseKind.LOSS, happened_at=stage.now, spare=stage.spare)
    stage.wait(minutes=20)
    stage.call_incident()
    stage.wait(hours=2)
    stage.make("cancel")
    stage.wait(days=1)
    stage.hand_over_papers()
    stage.wait(minutes=5)
    stage.make("cancel")
    stage.note_the_rest()


TALES: dict[str, Callable[[Stage], None]] = {"loss": loss}
