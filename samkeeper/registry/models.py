"""A card, the events that moved it, and its periods as assertions.

Events and periods are only ever inserted; triggers refuse anything else (`triggers.py`). A card's `state` is
set by `moves.move` alone; the other columns of a card repeat its newest period, so that lists need no history.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar

from django.conf import settings
from django.db import models

from samkeeper.lifecycle import MOVES, STATES, UNBORN, Move, Reason, State
from samkeeper.parties.models import Authority, Institution
from samkeeper.rules.words import CardKind

# The open end of a period, as INTERFACES prints it.
FOREVER = datetime(9999, 12, 31, tzinfo=UTC)

# A permission mask with every bit set.
ALL_PERMISSIONS = -1


class Holding(models.Model):
    """Who holds a card, where it sits and what it may do: what a period asserts and a card repeats."""

    institution = models.ForeignKey(Institution, models.PROTECT, null=True, related_name="+", verbose_name="使用单位")
    device_no = models.CharField("终端设备号", max_length=40, blank=True)
    place = models.CharField("安装应用位置", max_length=100, blank=True)
    permissions = models.IntegerField("权限", default=ALL_PERMISSIONS)

    class Meta:
        abstract = True


class Card(Holding):
    """A PSAM/SAM card. `sam_no`: EF16, 12 hex digits, as in transactions; `serial_no`: EF15, 20, on the face."""

    sam_no = models.CharField("终端机编号", max_length=12, unique=True)
    serial_no = models.CharField("卡面序列号", max_length=20, blank=True)
    kind = models.CharField("卡种", max_length=10, choices=[(kind.value, kind.label) for kind in CardKind])
    issuer = models.ForeignKey(Authority, models.PROTECT, null=True, related_name="cards", verbose_name="发卡管理机构")
    self_bought = models.BooleanField("单位自费购买", default=False)
    purpose = models.CharField("用途", max_length=50, blank=True)
    warranty_until = models.DateField("质保期至", null=True)
    valid_until = models.DateField("使用有效期至", null=True)
    state = models.CharField("状态", max_length=20, default=UNBORN)
    last_event = models.OneToOneField("CardEvent", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering: ClassVar = ["sam_no"]
        indexes: ClassVar = [models.Index(fields=["institution", "state"])]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["serial_no"], condition=~models.Q(serial_no=""), name="serials_are_unique")
        ]

    def __str__(self) -> str:
        return self.sam_no

    @property
    def standing(self) -> State:
        return STATES[self.state]


class CardEvent(models.Model):
    """One move of one card: when, by whom, under which clause, on what basis, and where in the ledger.

    `at`: from when it holds; `happened_at`: what a person declared (the moment of loss); `recorded_at`: the ledger's.
    """

    card = models.ForeignKey(Card, models.PROTECT, related_name="events")
    move = models.CharField("动作", max_length=20)
    from_state = models.CharField("原状态", max_length=20)
    to_state = models.CharField("新状态", max_length=20)
    reason = models.CharField("原因", max_length=30, blank=True)
    at = models.DateTimeField("生效时间")
    happened_at = models.DateTimeField("申报的发生时间", null=True)
    recorded_at = models.DateTimeField("记录时间")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    clause = models.CharField("依据", max_length=200)
    book = models.CharField("规则书", max_length=30)
    book_sha256 = models.CharField(max_length=64)
    basis_kind = models.CharField("凭据种类", max_length=10)
    basis_no = models.CharField("凭据编号", max_length=60)
    ledger_seq = models.BigIntegerField("存证序号", unique=True)

    class Meta:
        ordering: ClassVar = ["ledger_seq"]
        indexes: ClassVar = [models.Index(fields=["card", "ledger_seq"])]

    def __str__(self) -> str:
        return f"{self.card_id} {self.move} #{self.ledger_seq}"

    @property
    def kind(self) -> Move:
        return MOVES[self.move]

    @property
    def reason_label(self) -> str:
        return Reason(self.reason).label if self.reason else ""


class CardPeriod(Holding):
    """An assertion: from `seq` on it is known that this held in [valid_from, valid_until). Never edited."""

    card = models.ForeignKey(Card, models.PROTECT, related_name="periods")
    event = models.ForeignKey(CardEvent, models.PROTECT, related_name="periods")
    valid_from = models.DateTimeField("起")
    valid_until = models.DateTimeField("止", default=FOREVER)
    state = models.CharField("状态", max_length=20)
    seq = models.BigIntegerField("存证序号")

    class Meta:
        ordering: ClassVar = ["seq"]
        indexes: ClassVar = [models.Index(fields=["card", "seq"])]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="period_runs_forward", condition=models.Q(valid_from__lt=models.F("valid_until"))
            )
        ]

    def __str__(self) -> str:
        return f"{self.card_id} {self.state} #{self.seq}"
