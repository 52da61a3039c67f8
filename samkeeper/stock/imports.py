"""Taking a bureau's list in: recognised by its header, checked row by row, taken all or nothing, on the record."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def rehearsed() -> Iterator[None]:
    """A dry run: lists taken inside, also such as build on each other, are checked in full and leave nothing."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def take(path: Path, *, at: datetime) -> Sheet:
    """Take the list in; the sheet, with every problem found, by line. Where there is one, nothing is taken.

    Raises `BadInput` where the file cannot be read or no known table fits its header.
    """
    intake = intake_for(path)
    sheet = read(path, intake.layout)
    try:
        with transaction.atomic():
            sheet.problems.extend(intake.take(sheet.rows, at))
            sheet.problems.sort(key=lambda problem: problem.line)
            if sheet.problems or not sheet.rows:
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
