"""A case, the cards in it, the papers shown for it and the steps done.

What was shown and done is only ever inserted. A case keeps the book it was opened under: the book's bytes are stored
by their hash at first use, so that a case opened under an older text ends under it.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from samkeeper.parties.models import Institution
from samkeeper.registry.models import Card, CardEvent


class KeptBook(models.Model):
    """A rulebook as it was when a case first used it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=30)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:8]}"


class Kind(models.TextChoices):
    """The procedures that are worked as cases (LAW: 案件)."""

    LOSS = "loss", "丢失"


class Stage(models.TextChoices):
    """How far a case is; a card alone has a state."""

    OPEN = "open", "办理中"
    DONE = "done", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


class Case(models.Model):
    """One procedure for one unit. `book`, `house`: the texts it was opened under, by hash."""

    no = models.CharField("案件编号", max_length=20, unique=True)
    kind = models.CharField("事项", max_length=20, choices=Kind)
    stage = models.CharField("进度", max_length=10, choices=Stage, default=Stage.OPEN)
    institution = models.ForeignKey(Institution, models.PROTECT, related_name="cases")
    book = models.ForeignKey(KeptBook, models.PROTECT, related_name="+")
    house = models.ForeignKey(KeptBook, models.PROTECT, related_name="+")
    statement = models.TextField("情况说明", blank=True)
    happened_at = models.DateTimeField("发生时间", null=True)
    opened_at = models.DateTimeField("受理时间")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField("办结时间", null=True)

    class Meta:
        ordering: ClassVar = ["-opened_at"]

    def __str__(self) -> str:
        return self.no


class CaseCard(models.Model):
    """A card's part in a case: the one it is about, or the spare that stands in for it."""

    class Part(models.TextChoices):
        SUBJECT = "subject", "原卡"
        SPARE = "spare", "备用卡"

    case = models.ForeignKey(Case, models.PROTECT, related_name="cards")
    card = models.ForeignKey(Card, models.PROTECT, related_name="case_parts")
    part = models.CharField(max_length=10, choices=Part)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "part", "card"], name="one_part_a_card")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.part} {self.card_id}"


class Paper(models.Model):
    """A paper as it was handed over, with what an officer saw on it. A better copy is another row."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    form = models.CharField("材料", max_length=40)
    copies = models.PositiveSmallIntegerField("份数", default=1)
    signed = models.BooleanField("已签字", default=False)
    sealed = models.BooleanField("已盖章", default=False)
    complete = models.BooleanField("填写完整", default=False)
    received_at = models.DateTimeField("收件时间")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["received_at", "id"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.form}"


class CaseStep(models.Model):
    """A step that was done: which, when, by whom, and the move it made."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    key = models.CharField(max_length=60)
    done_at = models.DateTimeField("办理时间")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    event = models.ForeignKey(CardEvent, models.PROTECT, null=True, related_name="steps")
    ledger_seq = models.BigIntegerField("存证序号")

    class Meta:
        ordering: ClassVar = ["ledger_seq"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "key"], name="a_step_is_done_once")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.key}"
