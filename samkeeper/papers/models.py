"""Papers given out, scans that came back, and the running numbers that an authority gives.

Papers and scans are only ever inserted; numbers only go up by one (`triggers.py`).
"""

from __future__ import annotations

from pathlib import PurePath
from typing import ClassVar

from django.conf import settings
from django.db import models

from samkeeper.papers import filetypes


class NumberSeries(models.Model):
    """A series of 编号 in one year; `last` is the newest that was given."""

    code = models.CharField("系列", max_length=40)
    year = models.PositiveSmallIntegerField("年份")
    last = models.PositiveIntegerField("最新序号", default=0)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["code", "year"], name="one_series_a_year")]

    def __str__(self) -> str:
        return f"{self.code} {self.year}"


class IssuedPaper(models.Model):
    """One print of one paper. `subject`: what it belongs to, a case's number; `number`: the 编号, "" before acceptance.

    `token` is what the code in the margin leads to: nothing can be guessed from it, and it leads to nothing personal.
    """

    token = models.CharField("核验码", max_length=32, unique=True)
    title = models.CharField("文书", max_length=120)
    book = models.CharField("规则书", max_length=30)
    form = models.CharField("种类", max_length=40)
    subject = models.CharField("所属", max_length=60)
    number = models.CharField("编号", max_length=60, blank=True)
    print_no = models.PositiveSmallIntegerField("第几次打印")
    sha256 = models.CharField(max_length=64)
    issued_at = models.DateTimeField("打印时间")
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ledger_seq = models.BigIntegerField("存证序号", unique=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["subject", "book", "form", "number", "print_no"], name="prints_are_counted")
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.number}"

    @property
    def media_type(self) -> str:
        return filetypes.PDF.media_type

    @property
    def file_name(self) -> str:
        """What the file is called on the reader's disk."""
        return f"{self.title} {self.number or self.subject}{filetypes.PDF.suffix}"


class Attachment(models.Model):
    """A file that was brought, kept by hash; the room that it belongs to points here."""

    sha256 = models.CharField(max_length=64)
    media_type = models.CharField("类型", max_length=40)
    size = models.PositiveIntegerField("字节数")
    name = models.CharField("文件名", max_length=120)
    kept_at = models.DateTimeField("收存时间")
    kept_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def file_name(self) -> str:
        """The given name with the suffix of what the file really is."""
        given = PurePath(self.name)
        stem = given.stem if given.suffix.lower() in filetypes.SUFFIXES else self.name
        return stem + filetypes.TYPES[self.media_type].suffix
