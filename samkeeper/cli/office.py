"""Start the office for commands that need the database."""

from __future__ import annotations

import os


def office() -> None:
    """Set Django up on the database of the environment."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samkeeper.site.settings")
    import django

    django.setup()
