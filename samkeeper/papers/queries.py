"""What a code in a margin answers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from samkeeper.ledger.models import Checkpoint, Entry
from samkeeper.papers.models import IssuedPaper

# The form of every token that was ever given; anything else need not be looked for.
TOKEN = re.compile("[0-9A-Za-z_-]{32}")


@dataclass(frozen=True, slots=True)
class Answer:
    """A paper, whether the ledger holds its hash, which checkpoint signs that, and its newest print."""

    paper: IssuedPaper
    recorded: bool
    sealed: int | None
    newest: IssuedPaper

    @property
    def is_newest(self) -> bool:
        return self.paper == self.newest


def answer(token: str) -> Answer | None:
    """What is known of the paper with that token; None where there is no such token."""
    paper = IssuedPaper.objects.filter(token=token).first() if TOKEN.fullmatch(token) else None
    if paper is None:
        return None
    same = IssuedPaper.objects.filter(
        subject=paper.subject, book=paper.book, form=paper.form, number=paper.number
    ).order_by("print_no")
    return Answer(
        paper=paper,
        recorded=Entry.objects.filter(seq=paper.ledger_seq, kind="paper:issue", subject=paper.sha256).exists(),
        sealed=Checkpoint.objects.filter(size__gte=paper.ledger_seq).values_list("size", flat=True).first(),
        newest=same.last() or paper,
    )
