"""A case, the cards in it, the papers shown for it, who acted in it and the steps done.

What was shown and done is only ever inserted. A case keeps the texts it was opened under: their bytes are stored
by hash at first use, so that a case opened under an older text ends under it.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.timezone import localtime

from samkeeper.errors import NotYours
from samkeeper.parties.models import Authority, Institution
from samkeeper.registry.models import Card, CardEvent
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import CardRole, Role
from samkeeper.rules.words import Case as CaseKind


class KeptBook(models.Model):
    """A rulebook as it was when a case first used it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=30)
    content = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.name} {self.sha256[:8]}"


class Stage(models.TextChoices):
    """How far a case is; a card alone has a state."""

    OPEN = "open", "办理中"
    DONE = "done", "已办结"
    WITHDRAWN = "withdrawn", "已撤回"


class CaseQuerySet(models.QuerySet["Case"]):
    def numbered(self, no: str) -> Case:
        """The case of that number. Raises `NotYours` where there is none among these."""
        digits = no.rpartition("-")[2]
        found = self.filter(pk=int(digits)).first() if digits.isascii() and digits.isdigit() else None
        if found is None or found.no != no:
            raise NotYours
        return found

    def locked(self, case: Case) -> Case:
        """The case again, held until the transaction ends. Raises `NotYours` where it is not among these."""
        held = self.select_for_update(of=("self",)).select_related("institution").filter(pk=case.pk).first()
        if held is None:
            raise NotYours
        return held


class Case(models.Model):
    """One procedure, for one unit or for the authority itself (production, destruction).

    `book` names the rulebook among `texts`, which hold its parents and the house too. `place`, `device_no`: where a
    card is to go; `purpose`: what the new cards are for, as the book names it. `filing_no`: the 编号 that the
    authority gives to both copies of the official form when it accepts them.
    """

    kind = models.CharField("事项", max_length=30)
    stage = models.CharField("进度", max_length=10, choices=Stage, default=Stage.OPEN)
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="cases")
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="cases")
    book = models.CharField("规则书", max_length=30)
    texts = models.ManyToManyField(KeptBook, related_name="+")
    house_settings = models.JSONField("立案时的本系统设置", default=dict)
    statement = models.TextField("情况说明", blank=True)
    statement_commitment = models.CharField(max_length=64, blank=True)
    happened_at = models.DateTimeField("发生时间", null=True)
    filing_no = models.CharField("编号", max_length=60, blank=True)
    purpose = models.CharField("用途", max_length=30, blank=True)
    place = models.CharField("新的安装应用位置", max_length=100, blank=True)
    device_no = models.CharField("新的终端设备号", max_length=40, blank=True)
    opened_at = models.DateTimeField("登记时间")
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    closed_at = models.DateTimeField("办结时间", null=True)

    objects = CaseQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]

    def __str__(self) -> str:
        return self.no

    @property
    def no(self) -> str:
        """The number people quote: the year on our clocks and a running number."""
        return f"{localtime(self.opened_at):%Y}-{self.pk:06d}"

    @property
    def kind_label(self) -> str:
        return CaseKind(self.kind).label

    @property
    def is_open(self) -> bool:
        return self.stage == Stage.OPEN

    def cards_in(self, role: CardRole) -> list[Card]:
        """The cards that play this part."""
        return [part.card for part in self.cards.select_related("card__institution") if part.role == role]

    def card(self, role: CardRole = CardRole.SUBJECT) -> Card | None:
        """The card that plays this part where there is one, or None."""
        return next(iter(self.cards_in(role)), None)


class CaseCard(models.Model):
    """A card's part in a case: the one it is about, or the spare that stands in for it."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="cards")
    card = models.ForeignKey(Card, models.PROTECT, related_name="case_parts")
    role = models.CharField(max_length=10, choices=[(role.value, role.label) for role in CardRole])

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["case", "card"], name="one_part_a_card")]

    def __str__(self) -> str:
        return f"{self.case_id} {self.role} {self.card_id}"


class Paper(models.Model):
    """A paper as it was handed over, with what an officer saw on it. A better copy is another row."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="papers")
    form = models.CharField("材料", max_length=40, choices=[(form.value, form.label) for form in Form])
    copies = models.PositiveSmallIntegerField("份数", default=1)
    signed = models.BooleanField("已签字", default=False)
    sealed = models.BooleanField("已盖章", default=False)
    official_seal = models.BooleanField("加盖公章", default=False)
    complete = models.BooleanField("填写完整", default=False)
    received_at = models.DateTimeField("收件时间")
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["received_at", "pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.form}"


class Showing(models.Model):
    """Anything else that was shown or done: a report upward, a notice, a check; `need`, `word` as in the rules."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="showings")
    need = models.CharField("种类", max_length=20)
    word = models.CharField("内容", max_length=40)
    note = models.CharField("备注", max_length=200, blank=True)
    at = models.DateTimeField("时间")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.need} {self.word}"


class CaseAct(models.Model):
    """Someone acted in a role: opened, handled, confirmed. Separation of duties compares these."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="acts")
    role = models.CharField("角色", max_length=20, choices=[(role.value, role.label) for role in Role])
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField("时间")

    class Meta:
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.case_id} {self.role} {self.account_id}"


class CaseStep(models.Model):
    """A step that was done, once for each card it moves: which, when, by whom, and the move; None where none moves."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="steps")
    key = models.CharField(max_length=80)
    card = models.ForeignKey(Card, models.PROTECT, null=True, related_name="+")
    done_at = models.DateTimeField("办理时间")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    event = models.OneToOneField(CardEvent, models.PROTECT, null=True, related_name="step")

    class Meta:
        ordering: ClassVar = ["done_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["case", "key", "card"], name="a_step_is_done_once_a_card"),
            models.UniqueConstraint(
                fields=["case", "key"], condition=models.Q(card=None), name="a_step_without_card_is_done_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.key}"
