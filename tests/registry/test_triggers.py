"""What the database refuses by itself, whoever asks and in whatever words; on both databases, after every migration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import IntegrityError, connection, models, transaction

from samkeeper.ledger import triggers as ledger_triggers
from samkeeper.ledger.append import append
from samkeeper.registry.models import Card, CardEvent, CardPeriod
from samkeeper.registry.triggers import TRIGGERS
from tests.office import OPENED, Office, add_card, stand_up
from tests.registry.register import rows

pytestmark = pytest.mark.django_db

NUMBER, OTHER = "D15600000001", "D15600000002"


@pytest.fixture
def office() -> Office:
    return stand_up()


@pytest.fixture
def cancelled(office: Office) -> Card:
    """A cancelled card, beside one in service."""
    add_card(office.unit, OTHER)
    return add_card(office.unit, NUMBER, "cancelled")


ANY_TRIGGER = "卡的|新卡须经|只增不"


def refused(act: Callable[[], object], message: str = ANY_TRIGGER) -> None:
    """`act` fails by a trigger's own words, and nothing has changed."""
    before = rows()
    with pytest.raises(IntegrityError, match=message), transaction.atomic():
        act()
    assert rows() == before


def sql(statement: str, *values: object) -> Callable[[], object]:
    def run() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, values)

    return run


STATE = "卡的状态只能由登记的变动改变"


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE registry_card SET state = 'in_service'", STATE),
        ("UPDATE registry_card SET state = state", STATE),
        ("UPDATE registry_card SET state = ''", STATE),
        ("UPDATE registry_card SET last_event_id = NULL", STATE),
        ("UPDATE registry_card SET state = 'issued', last_event_id = NULL", STATE),
        ("UPDATE registry_card SET last_event_id = (SELECT min(id) FROM registry_cardevent)", STATE),
        ("UPDATE registry_card SET institution_id = NULL", STATE),
        ("UPDATE registry_card SET device_no = 'T-9'", STATE),
        ("UPDATE registry_card SET place = '家中'", STATE),
        ("UPDATE registry_card SET permissions = -1", STATE),
        ("UPDATE registry_card SET sam_no = 'D15600000009' WHERE state = 'cancelled'", "终端机编号不得更改"),
        ("UPDATE registry_card SET id = id + 100", "终端机编号不得更改"),
        ("DELETE FROM registry_card", "卡的登记不得删除"),
        ("DELETE FROM registry_card WHERE id = -1 OR state = 'cancelled'", "卡的登记不得删除"),
        ("UPDATE registry_cardevent SET clause = ''", "只增不改"),
        ("UPDATE registry_cardevent SET id = id", "只增不改"),
        ("DELETE FROM registry_cardevent", "只增不删"),
        ("UPDATE registry_cardperiod SET valid_until = valid_from", "只增不改"),
        ("UPDATE registry_cardperiod SET state = 'in_service' WHERE state = 'cancelled'", "只增不改"),
        ("DELETE FROM registry_cardperiod WHERE state = 'cancelled'", "只增不删"),
    ],
)
def test_database_refuses_to_rewrite_a_card(cancelled: Card, statement: str, message: str) -> None:
    refused(sql(statement), message)


def columns(model: type[models.Model]) -> str:
    return ", ".join(field.column for field in model._meta.concrete_fields)


def copied(model: type[models.Model], changes: dict[str, str], where: str, how: str = "INSERT") -> Callable[[], object]:
    """Insert a copy of the row that `where` names, with `changes` (SQL expressions) to some columns."""
    values = ", ".join(changes.get(field.column, field.column) for field in model._meta.concrete_fields)
    table = model._meta.db_table
    return sql(f"{how} INTO {table} ({columns(model)}) SELECT {values} FROM {table} WHERE {where}")


NEW_ID = "(SELECT max(id) + 1000 FROM registry_cardevent)"


def test_a_card_is_not_born_in_a_state(cancelled: Card) -> None:
    fresh = {"id": "id + 1000", "sam_no": "'D15600000009'", "serial_no": "''", "last_event_id": "NULL"}
    refused(copied(Card, {**fresh, "state": "'in_service'"}, f"id = {cancelled.pk}"), "新卡须经入库登记")


def test_an_event_without_its_own_ledger_entry_is_refused(cancelled: Card) -> None:
    back = {"id": NEW_ID, "ledger_seq": "999", "from_state": "'cancelled'", "to_state": "'in_service'"}
    refused(copied(CardEvent, back, f"id = {cancelled.last_event_id}"), "卡的变动须先存证")


def test_an_event_on_another_cards_entry_is_refused(cancelled: Card) -> None:
    entry = append("card:move", OTHER, {}, recorded=OPENED)
    forged = {"id": NEW_ID, "ledger_seq": str(entry.seq), "from_state": "'cancelled'", "to_state": "'in_service'"}
    refused(copied(CardEvent, forged, f"id = {cancelled.last_event_id}"), "卡的变动须先存证")


def test_a_period_without_its_event_is_refused(cancelled: Card) -> None:
    period = cancelled.periods.get(event=cancelled.last_event)
    works = {"id": "id + 1000", "state": "'in_service'"}
    refused(copied(CardPeriod, {**works, "seq": "seq + 1"}, f"id = {period.pk}"), "须有登记的变动")
    other = Card.objects.get(sam_no=OTHER)
    refused(copied(CardPeriod, {**works, "card_id": str(other.pk)}, f"id = {period.pk}"), "须有登记的变动")


def ways_to_replace() -> list[tuple[type[models.Model], dict[str, str]]]:
    """Each key of each table, with the other keys changed: SQLite would delete the row that has it."""
    fresh_card = {"state": "''", "last_event_id": "NULL"}
    return [
        (Card, {**fresh_card, "serial_no": "''"}),
        (Card, {**fresh_card, "id": "id + 1000", "serial_no": "''"}),
        (Card, {**fresh_card, "id": "id + 1000", "sam_no": "'D15600000009'"}),
        (Card, {"state": "''", "id": "id + 1000", "sam_no": "'D15600000009'", "serial_no": "''"}),
        (CardEvent, {"to_state": "'in_service'"}),
        (CardEvent, {"to_state": "'in_service'", "id": NEW_ID}),
        (CardPeriod, {"state": "'in_service'"}),
    ]


def test_no_statement_writes_over_a_row(cancelled: Card) -> None:
    """INSERT OR REPLACE fires no DELETE trigger on SQLite, TRUNCATE none on PostgreSQL."""
    connection.check_constraints()  # PostgreSQL truncates no table while a deferred check waits
    if connection.vendor == "postgresql":
        for table in ("registry_card", "registry_cardevent", "registry_cardperiod"):
            refused(sql(f"TRUNCATE {table} CASCADE"), "不得删除|只增不删")
        return
    connection.cursor().execute("PRAGMA defer_foreign_keys = ON")
    for model, changes in ways_to_replace():
        key = {Card: cancelled.pk, CardEvent: cancelled.last_event_id, CardPeriod: cancelled.periods.latest("seq").pk}
        refused(copied(model, changes, f"id = {key[model]}", "INSERT OR REPLACE"), "不得覆盖")


def keys_of(model: type[models.Model]) -> set[str]:
    """The columns of every key that the table has, as `append_only` names them."""
    fields = [(field.column,) for field in model._meta.concrete_fields if field.unique]
    column = {field.name: field.column for field in model._meta.concrete_fields}
    several = [one.fields for one in model._meta.constraints if isinstance(one, models.UniqueConstraint)]
    return {" AND ".join(f"{name} = NEW.{name}" for name in key) for key in fields} | {
        " AND ".join(f"{column[name]} = NEW.{column[name]}" for name in names) for names in several
    }


def test_every_key_of_every_table_that_only_grows_is_guarded() -> None:
    """A new unique column on such a table needs its place in `append_only`, or REPLACE deletes by it."""
    tables = {model._meta.db_table: model for model in apps.get_models()}
    guards = [trigger for trigger in ledger_triggers.house() if trigger.name.endswith("_no_replace")]
    assert {"registry_card", "registry_cardevent", "registry_cardperiod"} <= {guard.table for guard in guards}
    for guard in guards:
        assert [key for key in keys_of(tables[guard.table]) if key not in guard.sqlite] == []


def save(card: Card) -> object:
    card.state = "in_service"
    return card.save()


def bulk(card: Card) -> object:
    card.state = "in_service"
    return Card.objects.bulk_update([card], ["state"])


@pytest.mark.parametrize(
    "act",
    [
        save,
        bulk,
        lambda card: card.save(),
        lambda card: Card.objects.update(state="in_service"),
        lambda card: Card.objects.filter(pk=card.pk).update(last_event=card.events.first()),
        lambda card: Card.objects.update_or_create(sam_no=NUMBER, defaults={"state": "in_service"}),
        lambda card: Card.objects.create(sam_no="D15600000009", kind="social", state="in_service"),
        lambda card: Card.objects.bulk_create([Card(sam_no="D15600000009", kind="social", state="in_stock")]),
        lambda card: CardEvent.objects.update(reason=""),
        lambda card: card.last_event.save(),
        lambda card: card.periods.update(valid_until=OPENED),
        lambda card: card.periods.first().save(),
        lambda card: card.periods.all().delete(),
        lambda card: CardPeriod.objects.all()._raw_delete("default"),
        lambda card: CardEvent.objects.all()._raw_delete("default"),
        lambda card: Card.objects.all()._raw_delete("default"),
    ],
)
def test_the_orm_finds_no_way_round_the_mover(cancelled: Card, act: Callable[[Any], object]) -> None:
    refused(lambda: act(cancelled))


def test_what_is_not_history_can_still_be_set(cancelled: Card) -> None:
    Card.objects.filter(pk=cancelled.pk).update(purpose="住院结算")
    cancelled.purpose = "急诊结算"
    cancelled.save(update_fields=["purpose"])
    assert Card.objects.get(pk=cancelled.pk).purpose == "急诊结算"


def on_registry_tables() -> set[str]:
    tables = ("registry_card", "registry_cardevent", "registry_cardperiod")
    queries = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN (%s, %s, %s)",
        "postgresql": "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid"
        " WHERE NOT tgisinternal AND relname IN (%s, %s, %s)",
    }
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor], tables)
        return {name for (name,) in cursor.fetchall()}


def test_installed_triggers_are_the_declared_ones() -> None:
    assert on_registry_tables() == {trigger.name for trigger in TRIGGERS if trigger.on(connection.vendor)}


@pytest.mark.django_db(transaction=True)
def test_migrate_makes_every_trigger_anew() -> None:
    """Also after a migration that rebuilt the tables, with the history in them."""
    card = add_card(stand_up().unit, NUMBER, "cancelled")
    ledger_triggers.remove(connection, ledger_triggers.house())
    for model in (Card, CardEvent, CardPeriod):
        rebuild(model)
    assert on_registry_tables() == set()
    call_command("migrate", verbosity=0)
    assert on_registry_tables() == {trigger.name for trigger in TRIGGERS if trigger.on(connection.vendor)}
    refused(lambda: save(card), STATE)
    refused(sql("DELETE FROM registry_cardevent"), "只增不删")


def rebuild(model: type[models.Model]) -> None:
    """Alter a column as a migration would, there and back."""
    name = {Card: "purpose", CardEvent: "move", CardPeriod: "state"}[model]
    old = model._meta.get_field(name)
    new = models.CharField(max_length=60)
    new.set_attributes_from_name(name)
    for before, after in ((old, new), (new, old)):
        with connection.schema_editor() as editor:
            editor.alter_field(model, before, after)
