"""`migrate`, and then every room's triggers anew: SQLite loses them with each table that a migration rebuilds."""

from __future__ import annotations

from typing import Any

from django.core.management.commands import migrate
from django.db import connections

from samkeeper.ledger import triggers


class Command(migrate.Command):
    """Django's own command; what it adds is done also when a migration fails half-way."""

    def handle(self, *args: Any, **options: Any) -> None:
        if options["plan"] or options["check_unapplied"]:
            super().handle(*args, **options)
            return
        connection = connections[options["database"]]
        # SQLite refuses to rename a rebuilt table while a trigger of another table speaks of it.
        if connection.vendor == "sqlite":
            triggers.remove(connection, triggers.house())
        try:
            super().handle(*args, **options)
        finally:
            triggers.install(connection, triggers.house())
