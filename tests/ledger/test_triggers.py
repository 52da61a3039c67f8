"""What the database refuses by itself, and that no migration loses it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from samkeeper.ledger import triggers
from samkeeper.ledger.append import append
from samkeeper.ledger.models import Checkpoint, Entry, Head

NOON = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)


def record() -> Entry:
    with transaction.atomic():
        return append("card:move", "card1", {}, recorded=NOON)


def refused(statement: str, message: str) -> None:
    with pytest.raises(IntegrityError, match=message), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE ledger_entry SET kind = 'card:lost'", "只增不改"),
        ("DELETE FROM ledger_entry", "只增不删"),
        ("UPDATE ledger_checkpoint SET line = ''", "只增不改"),
        ("DELETE FROM ledger_checkpoint", "只增不删"),
        ("UPDATE ledger_head SET size = 0", "账本头只能前进"),
        ("DELETE FROM ledger_head", "账本头不得删除"),
    ],
)
def test_database_refuses_to_change_the_record(statement: str, message: str) -> None:
    record()
    Checkpoint.objects.create(size=1, line="{}", public_key="")
    refused(statement, message)


@pytest.mark.django_db
@pytest.mark.parametrize("seq", [1, 3, 0])
def test_database_refuses_an_entry_out_of_turn(seq: int) -> None:
    record()
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.create(seq=seq, kind="a:b", subject="x", recorded_at=NOON, epoch=0, body={}, nodes=b"")


@pytest.mark.django_db
def test_database_refuses_the_way_round_delete() -> None:
    """TRUNCATE fires no DELETE trigger on PostgreSQL, INSERT OR REPLACE none on SQLite."""
    Checkpoint.objects.create(pk=7, size=1, line="{}", public_key="")
    if connection.vendor == "postgresql":
        refused("TRUNCATE ledger_checkpoint", "只增不删")
    else:
        refused("INSERT OR REPLACE INTO ledger_checkpoint VALUES (7, 2, '', '')", "不得覆盖")
    assert Checkpoint.objects.get().line == "{}"


@pytest.mark.django_db
def test_every_rooms_triggers_are_in_the_database() -> None:
    wanted = {trigger.name for trigger in triggers.house() if trigger.on(connection.vendor)}
    assert {trigger.name for trigger in triggers.TRIGGERS if trigger.on(connection.vendor)} <= wanted
    assert triggers.installed(connection) == wanted
    assert triggers.missing(connection, triggers.house()) == set()


def test_only_replace_is_a_matter_of_one_database() -> None:
    """The lists of both databases are the same but for SQLite's INSERT OR REPLACE."""
    assert len({trigger.name for trigger in triggers.house()}) == len(triggers.house())
    odd = [trigger.name for trigger in triggers.house() if not (trigger.sqlite and trigger.postgresql)]
    assert odd == [f"{trigger.table}_no_replace" for trigger in triggers.house() if trigger.name in odd]
    assert all(trigger.sqlite for trigger in triggers.house())


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_lost_triggers_anew() -> None:
    """SQLite rebuilds a table to alter a column and drops its triggers; on PostgreSQL they stay or are made anew."""
    entry = record()
    speaking = [trigger for trigger in triggers.house() if trigger.table != "ledger_entry"]
    triggers.remove(connection, speaking)
    rebuild(Entry)
    triggers.install(connection, speaking)
    assert bool(triggers.missing(connection, triggers.house())) is (connection.vendor == "sqlite")
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection, triggers.house()) == set()
    refused("DELETE FROM ledger_entry", "只增不删")
    assert Entry.objects.get().line() == entry.line()


@pytest.mark.django_db(transaction=True)
def test_migrate_lets_a_table_be_rebuilt_that_another_tables_trigger_speaks_of() -> None:
    speaks = triggers.Trigger(
        "ledger_speaks",
        "ledger_head",
        "CREATE TRIGGER ledger_speaks AFTER INSERT ON ledger_head BEGIN SELECT count(*) FROM ledger_entry; END",
        "",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(triggers, "TRIGGERS", (*triggers.TRIGGERS, speaks))
        patch.setattr("django.core.management.commands.migrate.Command.handle", lambda *_, **__: rebuild(Entry))
        call_command("migrate", verbosity=0)
        assert triggers.missing(connection, triggers.house()) == set()
        triggers.remove(connection, [speaks])


@pytest.mark.django_db(transaction=True)
def test_migrate_restores_the_triggers_when_a_migration_fails() -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("half-way")

    with pytest.MonkeyPatch.context() as patch, pytest.raises(RuntimeError, match="half-way"):
        patch.setattr("django.core.management.commands.migrate.Command.handle", fail)
        call_command("migrate", verbosity=0)
    assert triggers.missing(connection, triggers.house()) == set()


@pytest.mark.django_db
def test_migrate_plan_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    triggers.remove(connection, triggers.TRIGGERS)
    call_command("migrate", plan=True)
    assert "Planned operations" in capsys.readouterr().out
    assert triggers.missing(connection, triggers.TRIGGERS)
    triggers.install(connection, triggers.TRIGGERS)


def rebuild(model: type[models.Model]) -> None:
    """Alter a column as a migration would, there and back."""
    old = model._meta.get_field("kind")
    new = models.CharField(max_length=65)
    new.set_attributes_from_name("kind")
    with connection.schema_editor() as editor:
        editor.alter_field(model, old, new)
    with connection.schema_editor() as editor:
        editor.alter_field(model, new, old)


@pytest.mark.django_db
def test_head_survives_only_going_forward() -> None:
    record()
    with pytest.raises(IntegrityError), transaction.atomic():
        Head.objects.update(size=1)
    assert Head.objects.get().size == 1
