"""Taking a bureau's list in: recognised by its header, checked row by row, taken all or nothing, on the record."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.db import transaction

from samkeeper.ledger.append import append
from samkeeper.parties import imports as parties
from samkeeper.parties.imports import Intake
from samkeeper.sheets import Sheet, detect, read
from samkeeper.stock import opening

INTAKES: Sequence[Intake] = (*parties.INTAKES, opening.INTAKE)


class _Undone(Exception):
    """Leaves the transaction so that nothing of the list stays."""


def take(path: Path, *, at: datetime, dry_run: bool = False) -> Sheet:
    """Take the list in; the sheet, with every problem found. Where there is one, or in a dry run, nothing is taken.

    The same checks serve both. Raises `BadInput` where the file cannot be read or no known table fits its header.
    """
    intake = intake_for(path)
    sheet = read(path, intake.layout)
    try:
        with transaction.atomic():
            sheet.problems.extend(intake.take(sheet.rows, at))
            if sheet.problems or not sheet.rows or dry_run:
                raise _Undone
            append("import:done", intake.code, _entry(path, sheet), recorded=at)
    except _Undone:
        pass
    return sheet


def intake_for(path: Path) -> Intake:
    """Which kind of table the file is, by its header."""
    layout = detect(path, [intake.layout for intake in INTAKES])
    return next(intake for intake in INTAKES if intake.layout is layout)


def _entry(path: Path, sheet: Sheet) -> dict[str, str | int]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"rows": len(sheet.rows), "sha256": digest}
