"""Database triggers: what holds even against code that goes round ours.

Each Django room lists its own in `triggers.TRIGGERS`; the `migrate` command makes all of them anew after every
migration, because SQLite drops a table's triggers when it rebuilds the table. A refused statement raises
IntegrityError on both databases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper

REFUSE = """
    CREATE OR REPLACE FUNCTION samkeeper_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation';
    END $$;
"""


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger as each database writes it; an empty text: the database needs none."""

    name: str
    table: str
    sqlite: str
    postgresql: str

    def on(self, vendor: str) -> str:
        """The statements that make it on "sqlite" or "postgresql"."""
        return self.sqlite if vendor == "sqlite" else self.postgresql


def refusing(name: str, table: str, message: str, *, sqlite: str = "", postgresql: str = "") -> Trigger:
    """A trigger that refuses with `message` whatever its heading ("BEFORE UPDATE ON t …") catches."""
    return Trigger(
        name,
        table,
        f"CREATE TRIGGER {name} {sqlite} BEGIN SELECT RAISE(ABORT, '{message}'); END" if sqlite else "",
        f"{REFUSE} CREATE TRIGGER {name} {postgresql} EXECUTE FUNCTION samkeeper_refuse('{message}')"
        if postgresql
        else "",
    )


def append_only(table: str, *keys: str) -> tuple[Trigger, ...]:
    """Triggers under which rows of `table` are inserted and nothing else.

    SQLite's INSERT OR REPLACE deletes a row of the same key without firing DELETE triggers, so it has a trigger of its
    own there: `keys` are all that the table has, the columns of each with spaces between ("id" where none is named).
    PostgreSQL's TRUNCATE is caught with DELETE.
    """
    return (
        refusing(
            f"{table}_no_update",
            table,
            f"表 {table} 只增不改：记录写入后不得修改",
            sqlite=f"BEFORE UPDATE ON {table}",
            postgresql=f"BEFORE UPDATE ON {table} FOR EACH STATEMENT",
        ),
        refusing(
            f"{table}_no_delete",
            table,
            f"表 {table} 只增不删：记录写入后不得删除",
            sqlite=f"BEFORE DELETE ON {table}",
            postgresql=f"BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT",
        ),
        refusing(
            f"{table}_no_replace",
            table,
            f"表 {table} 只增不改：记录写入后不得覆盖",
            sqlite=f"BEFORE INSERT ON {table} WHEN {' OR '.join(_there(table, key) for key in keys or ('id',))}",
        ),
    )


def _there(table: str, key: str) -> str:
    """Whether a row has the new row's values in the columns of `key`."""
    same = " AND ".join(f"{column} = NEW.{column}" for column in key.split())
    return f"EXISTS (SELECT 1 FROM {table} WHERE {same})"  # noqa: S608


def house() -> tuple[Trigger, ...]:
    """The triggers of every installed room, in the order of INSTALLED_APPS."""
    rooms = [config.name for config in apps.get_app_configs() if config.name.startswith("samkeeper.")]
    modules = [import_module(f"{room}.triggers") for room in rooms if find_spec(f"{room}.triggers")]
    return tuple(trigger for module in modules for trigger in module.TRIGGERS)


def install(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger]) -> None:
    """Make the triggers anew, each whose table exists."""
    tables = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for trigger in triggers:
            if trigger.table in tables and (statements := trigger.on(connection.vendor)):
                cursor.execute(_drop(connection, trigger))
                cursor.execute(statements)


def remove(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger]) -> None:
    """Take the triggers away, each that is there."""
    present = installed(connection)
    with connection.cursor() as cursor:
        for trigger in triggers:
            if trigger.name in present:
                cursor.execute(_drop(connection, trigger))


def installed(connection: BaseDatabaseWrapper) -> set[str]:
    """The names of all triggers in the database."""
    query = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(query)
        return {name for (name,) in cursor.fetchall()}


def missing(connection: BaseDatabaseWrapper, triggers: Iterable[Trigger]) -> set[str]:
    """The names of those triggers that should be in the database and are not."""
    return {trigger.name for trigger in triggers if trigger.on(connection.vendor)} - installed(connection)


def _drop(connection: BaseDatabaseWrapper, trigger: Trigger) -> str:
    place = f" ON {trigger.table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER IF EXISTS {trigger.name}{place}"


TRIGGERS = (
    *append_only("ledger_entry", "seq"),
    *append_only("ledger_checkpoint", "id", "size"),
    Trigger(
        "ledger_entry_gapless",
        "ledger_entry",
        """
        CREATE TRIGGER ledger_entry_gapless BEFORE INSERT ON ledger_entry
        WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entry)
        BEGIN SELECT RAISE(ABORT, '账本条目必须连续编号'); END
        """,
        """
        CREATE OR REPLACE FUNCTION ledger_entry_gapless() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM ledger_entry) THEN
                RAISE EXCEPTION '账本条目必须连续编号' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER ledger_entry_gapless BEFORE INSERT ON ledger_entry
        FOR EACH ROW EXECUTE FUNCTION ledger_entry_gapless()
        """,
    ),
    refusing(
        "ledger_head_forward",
        "ledger_head",
        "账本头只能前进",
        sqlite="BEFORE UPDATE ON ledger_head WHEN NEW.size <= OLD.size",
        postgresql="BEFORE UPDATE ON ledger_head FOR EACH ROW WHEN (NEW.size <= OLD.size)",
    ),
    refusing(
        "ledger_head_stays",
        "ledger_head",
        "账本头不得删除",
        sqlite="BEFORE DELETE ON ledger_head",
        postgresql="BEFORE DELETE OR TRUNCATE ON ledger_head FOR EACH STATEMENT",
    ),
)
