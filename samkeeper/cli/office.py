"""Start the office for commands that need the database."""

from __future__ import annotations

import os
from pathlib import Path

from samkeeper.errors import Fault

SECRET_FILE = "SAMKEEPER_VAULT_SECRET_FILE"  # noqa: S105 (the name of a variable)


def office() -> None:
    """Set Django up on the database of the environment; the demo's vault opens with the secret that lies beside it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samkeeper.site.settings")
    import django

    django.setup()
    if kept_secret().exists():
        os.environ.setdefault(SECRET_FILE, str(kept_secret()))


def open_office() -> None:
    """Start the office on a database that is there; Fault where it cannot be read or has no tables yet."""
    office()
    from django.db import DatabaseError

    from samkeeper.ledger.models import Head

    try:
        Head.objects.exists()
    except DatabaseError as error:
        raise Fault(f"数据库打不开或尚未建立（{error}）；请先运行 samkeeper manage migrate。") from error


def kept_secret() -> Path:
    """Where the demo keeps the secret of its development vault."""
    from django.conf import settings

    return Path(settings.VAR) / "vault-secret"
