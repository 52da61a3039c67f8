"""The parties of the five regulations and the people who act for them."""

from __future__ import annotations

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models

from samkeeper.rules.words import UnitKind


class Tier(models.TextChoices):
    """The three levels on which keys, invalid lists and issuing are run (社会保障卡管理办法 第三条)."""

    NATION = "nation", "部"
    PROVINCE = "province", "省"
    CITY = "city", "市"


class System(models.TextChoices):
    """The two hierarchies; each keeps its own kind of card."""

    SOCIAL = "social", "人力资源社会保障"
    HEALTH = "health", "卫生健康"


class Authority(models.Model):
    """A body that keeps keys and issues cards: ministry, province, bureau, registration centre."""

    name = models.CharField("名称", max_length=100, unique=True)
    tier = models.CharField("层级", max_length=10, choices=Tier)
    system = models.CharField("体系", max_length=10, choices=System)
    area_code = models.CharField("行政区划代码", max_length=6)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    house_settings = models.JSONField("本系统规则的设置", default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class Desk(models.Model):
    """An outlet where cards are handed out, tested and cancelled (北京细则 第二条: 卡安全服务网点)."""

    name = models.CharField("名称", max_length=100, unique=True)
    authority = models.ForeignKey(Authority, models.PROTECT, related_name="desks")
    area_code = models.CharField("行政区划代码", max_length=6)
    address = models.CharField("地址", max_length=200, blank=True)
    phone = models.CharField("电话", max_length=30, blank=True)

    def __str__(self) -> str:
        return self.name


class Institution(models.Model):
    """A using unit. Its spare cards are a count: usable cards above its windows (北京细则 第五条)."""

    unit_no = models.CharField("单位编码", max_length=32, unique=True)
    name = models.CharField("单位名称", max_length=100)
    kind = models.CharField("机构类别", max_length=20, choices=[(kind.value, kind.label) for kind in UnitKind])
    credit_code = models.CharField("统一社会信用代码", max_length=18, blank=True)
    area_code = models.CharField("行政区划代码", max_length=6)
    address = models.CharField("单位地址", max_length=200, blank=True)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    desk = models.ForeignKey(Desk, models.PROTECT, related_name="institutions", verbose_name="所属服务网点")
    windows = models.PositiveIntegerField("业务窗口数", default=0)

    class Meta:
        ordering: ClassVar = ["unit_no"]

    def __str__(self) -> str:
        return self.name

    @property
    def kind_label(self) -> str:
        return UnitKind(self.kind).label


class Custodian(models.Model):
    """The named person who keeps a unit's cards (北京细则 第三条, 揭阳通知 三、第二款); one at a time."""

    institution = models.ForeignKey(Institution, models.PROTECT, related_name="custodians")
    name = models.CharField("姓名", max_length=50)
    phone = models.CharField("联系电话", max_length=30, blank=True)
    since = models.DateTimeField("任职起")
    until = models.DateTimeField("任职止", null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["institution"], condition=models.Q(until=None), name="one_custodian_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    """What an account may do; which rows it sees follows from its unit, desk or authority."""

    CUSTODIAN = "custodian", "保管人"
    OFFICER = "officer", "经办人"
    CHECKER = "checker", "复核人"
    APPROVER = "approver", "管理人员"
    KEEPER = "keeper", "保管人员"
    ISSUER = "issuer", "发卡管理员"
    SUPERVISOR = "supervisor", "监督人员"
    AUDITOR = "auditor", "审计员"


class Account(AbstractUser):
    """Someone who signs in: one person, one role, for one unit, desk or authority."""

    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    name = models.CharField("姓名", max_length=50)
    role = models.CharField("角色", max_length=20, choices=Role)
    institution = models.ForeignKey(Institution, models.PROTECT, null=True, blank=True, related_name="accounts")
    desk = models.ForeignKey(Desk, models.PROTECT, null=True, blank=True, related_name="accounts")
    authority = models.ForeignKey(Authority, models.PROTECT, null=True, blank=True, related_name="accounts")

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.CheckConstraint(
                name="account_acts_for_one_body",
                condition=models.Q(role="custodian", institution__isnull=False, desk=None, authority=None)
                | models.Q(
                    role__in=["officer", "checker", "approver", "keeper"],
                    institution=None,
                    desk__isnull=False,
                    authority=None,
                )
                | models.Q(
                    role__in=["issuer", "supervisor", "auditor"], institution=None, desk=None, authority__isnull=False
                )
                | models.Q(is_superuser=True),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def body(self) -> Institution | Desk | Authority | None:
        """Whom this account acts for."""
        return self.institution or self.desk or self.authority

    def get_full_name(self) -> str:
        return self.name
