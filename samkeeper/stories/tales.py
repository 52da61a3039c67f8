"""The stories themselves: each reads as the regulation does."""

from __future__ import annotations

from collections.abc import Callable

from samkeeper.parties.models import Role
from samkeeper.registry.models import Card
from samkeeper.rules.words import Case as CaseKind
from samkeeper.stories.stage import Stage


def application(stage: Stage) -> None:
    """A unit applies for a card; it is reviewed, issued, and goes into service at its third window."""
    _apply(stage)
    stage.work()


def _apply(stage: Stage) -> None:
    purposes = stage.book.purposes
    stage.open(CaseKind.APPLICATION, place="3号窗口", purpose=purposes[0].name if purposes else "")


def loss(stage: Stage) -> None:
    """A card is gone: reported, suspended, replaced by the spare; cancelled when the papers are there."""
    _gone(stage, CaseKind.LOSS)


def theft(stage: Stage) -> None:
    """A card is stolen: as a loss where the text says nothing else."""
    _gone(stage, CaseKind.THEFT)


def _gone(stage: Stage, kind: CaseKind) -> None:
    stage.open(kind, stage.card, happened_at=stage.now, spare=stage.spare)
    stage.wait(minutes=20)
    stage.call_incident()
    stage.wait(hours=2)
    stage.make("cancel")
    stage.wait(days=1)
    stage.work()


def damage(stage: Stage) -> None:
    """A card fails: it is brought to the desk, judged, and exchanged where the book exchanges it."""
    stage.open(CaseKind.DAMAGE, stage.card, happened_at=stage.now)
    stage.wait(hours=3)
    stage.work()


def closure(stage: Stage) -> None:
    """A point is closed or no longer needs its card."""
    stage.open(CaseKind.CLOSURE, stage.card)
    stage.wait(days=1)
    stage.work()


def disqualification(stage: Stage) -> None:
    """A unit loses its qualification: all its cards are cancelled from the list."""
    stage.open(CaseKind.DISQUALIFICATION, stage.card, stage.other, stage.spare, by=stage.officer)
    stage.wait(days=1)
    stage.work()


def change(stage: Stage) -> None:
    """A card moves to another window."""
    stage.open(CaseKind.CHANGE, stage.card, place="5号窗口")
    stage.wait(hours=1)
    stage.work()


def life(stage: Stage) -> None:
    """A blank chip becomes a card, works, ends and is destroyed: the book's own chain of procedures."""
    card = Card.objects.create(sam_no="000000000009", kind=stage.book.card_kind, issuer=stage.authority)
    for part in stage.book.life:
        if part is CaseKind.APPLICATION:
            _apply(stage)
        elif part in (CaseKind.PRODUCTION, CaseKind.DESTRUCTION):
            stage.open(part, card, by=stage.people[Role.ISSUER])
        else:
            stage.open(part, card)
        stage.work()
        stage.wait(days=30)


TALES: dict[str, Callable[[Stage], None]] = {
    "application": application,
    "loss": loss,
    "theft": theft,
    "damage": damage,
    "closure": closure,
    "disqualification": disqualification,
    "change": change,
    "life": life,
}
