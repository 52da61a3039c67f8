"""The test database, for a process of its own."""

from __future__ import annotations

from urllib.parse import quote

from django.db import connection


def database_url() -> str:
    """What SAMKEEPER_DATABASE_URL must say to meet the test's own data, once they are committed."""
    settings = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{settings['NAME']}"
    return f"postgres://{settings['USER']}@{quote(settings['HOST'], safe='')}/{settings['NAME']}"
