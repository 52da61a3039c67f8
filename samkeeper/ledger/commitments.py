"""Commitments to personal data: the ledger keeps the hash, this room the salt, the room concerned the data.

Erasing the salt together with the data leaves a hash in the ledger that nothing can be guessed from, and the record
stays whole (个人信息保护法 第四十七条).
"""

from __future__ import annotations

import secrets

from samkeeper.ledger import entry
from samkeeper.ledger.models import Salt


def commit(value: object) -> str:
    """A fresh commitment to `value`, for the body of an entry; keep it beside the data."""
    salt = secrets.token_bytes(32)
    return Salt.objects.create(commitment=entry.commitment(salt, value), salt=salt).commitment


def opens(commitment: str, value: object) -> bool:
    """Whether `commitment` was made to `value`; no longer answerable, so False, once it is forgotten."""
    row = Salt.objects.filter(commitment=commitment).first()
    return row is not None and entry.opens(commitment, bytes(row.salt), value)


def forget(*commitments: str) -> None:
    """Erase the salts; to be called where the personal data themselves are erased."""
    Salt.objects.filter(commitment__in=commitments).delete()
