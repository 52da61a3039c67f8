"""Start the office for commands that need the database."""

from __future__ import annotations

import os
from pathlib import Path

SECRET_FILE = "SAMKEEPER_VAULT_SECRET_FILE"


def office() -> None:
    """Set Django up on the database of the environment; the demo's vault opens with the secret that lies beside it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samkeeper.site.settings")
    import django

    django.setup()
    if kept_secret().exists():
        os.environ.setdefault(SECRET_FILE, str(kept_secret()))


def kept_secret() -> Path:
    """Where the demo keeps the secret of its development vault."""
    from django.conf import settings

    return Path(settings.VAR) / "vault-secret"
