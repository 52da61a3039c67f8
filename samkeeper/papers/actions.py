"""Giving numbers, giving papers out, keeping what comes back."""

from __future__ import annotations

import re
import secrets
from datetime import datetime
from pathlib import PurePath
from typing import IO

from django.db import IntegrityError, connection, transaction
from django.db.transaction import TransactionManagementError
from django.urls import reverse
from django.utils.timezone import localtime

from samkeeper.errors import BadInput, Fault
from samkeeper.ledger.append import append
from samkeeper.papers import filetypes, store
from samkeeper.papers.facts import Facts, Margin
from samkeeper.papers.forms import Layout, render
from samkeeper.papers.models import Attachment, IssuedPaper, NumberSeries
from samkeeper.parties.models import Account

TOKEN_BYTES = 24  # 192 bits, 32 signs
MAX_BYTES = 20 * 2**20
MAX_NAME = 100
UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u200b-\u200f\u202a-\u202e\u2066-\u2069]")


def issue_number(series: str, *, at: datetime) -> str:
    """The next 编号 of a series, as 「110000-表1-2026-000001」: without a gap within the year (Shanghai) of `at`.

    In the caller's transaction, which holds the series until it ends: a number given in an act that fails is given
    again. Lock cards before, append to the ledger after.
    """
    if not connection.in_atomic_block:
        raise TransactionManagementError("numbers are given only inside a transaction")
    held, _ = NumberSeries.objects.select_for_update().get_or_create(code=series, year=localtime(at).year)
    held.last += 1
    held.save(update_fields=["last"])
    return f"{series}-{held.year}-{held.last:06d}"


def issue_paper(
    form: Layout, facts: Facts, *, subject: str, site: str, by: Account | None, at: datetime, reference: str = ""
) -> IssuedPaper:
    """Print a paper: set it, keep its bytes, and record its hash in the ledger.

    `subject`: what it belongs to, a plain id such as a case's number; `site`: scheme and host that the code in the
    margin leads to. From the second print of the same paper under the same 编号 on, the margin says 重打. Call it
    outside a transaction: setting takes a while. Raises `BadInput`, `Fault` as `forms.render`, `Fault` (retry) where
    somebody else prints the same paper at this moment.
    """
    number = getattr(facts, "number", "")
    told = {"book": form.book.name, "form": form.form.value, "number": number, "subject": subject}
    print_no = IssuedPaper.objects.filter(**told).count() + 1
    token = secrets.token_urlsafe(TOKEN_BYTES)
    margin = Margin(
        verify=site.rstrip("/") + reverse("papers:verify", args=[token]),
        printed_at=at,
        print_no=print_no,
        reference=reference,
    )
    sha256 = store.keep(render(form, facts, margin=margin))
    try:
        with transaction.atomic():
            entry = append("paper:issue", sha256, {**told, "print_no": print_no}, recorded=at)
            return IssuedPaper.objects.create(
                **told,
                token=token,
                title=form.name,
                print_no=print_no,
                sha256=sha256,
                issued_at=entry.recorded_at,
                issued_by=by,
                ledger_seq=entry.seq,
            )
    except IntegrityError as error:
        raise Fault("同一份文书正由他人打印，本次没有打印。", retry=True) from error


def keep_attachment(file: IO[bytes], *, name: str, by: Account, at: datetime) -> Attachment:
    """Keep an uploaded file by its hash; its kind is told by its content.

    Raises `BadInput` for an empty file, one above 20 MB, and any kind but PDF, OFD, PNG and JPEG; nothing is kept then.
    """
    shown = _clean(name)
    content = file.read(MAX_BYTES + 1)
    try:
        kind = _checked(content)
    except BadInput as refusal:
        raise BadInput(refusal.message, where=shown) from None
    return Attachment.objects.create(
        sha256=store.keep(content),
        media_type=kind.media_type,
        size=len(content),
        name=shown,
        kept_at=at,
        kept_by=by,
    )


def _checked(content: bytes) -> filetypes.FileType:
    if not content:
        raise BadInput("文件是空的", remedy=filetypes.SEND_ANEW)
    if len(content) > MAX_BYTES:
        raise BadInput(f"文件超过{MAX_BYTES // 2**20}MB", remedy="请降低扫描分辨率，或分成几个文件")
    return filetypes.recognise(content)


def _clean(name: str) -> str:
    """The last part of a path, without signs that hide what it is; never empty."""
    last = UNPRINTABLE.sub("", PurePath(name.replace("\\", "/")).name).strip(". ")
    return last[:MAX_NAME] or "附件"
