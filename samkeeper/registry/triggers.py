"""What the database itself refuses, whoever asks: editing history, and a card that is not as its newest event says."""

from __future__ import annotations

from samkeeper.ledger.triggers import Trigger, append_only, refusing


def _unless(name: str, table: str, message: str, *, on: str, holds: str) -> Trigger:
    """A trigger that refuses rows for which `holds`, which may ask other tables, does not."""
    return Trigger(
        name,
        table,
        f"CREATE TRIGGER {name} BEFORE {on} ON {table} WHEN NOT {holds} BEGIN SELECT RAISE(ABORT, '{message}'); END",
        f"""
        CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT {holds} THEN
                RAISE EXCEPTION '{message}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER {name} BEFORE {on} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()
        """,
    )


TRIGGERS = (
    *append_only("registry_cardevent", "id", "ledger_seq"),
    *append_only("registry_cardperiod"),
    # What an event or a period says of a card stands in the ledger, under that card's number.
    _unless(
        "card_event_needs_entry",
        "registry_cardevent",
        "卡的变动须先存证",
        on="INSERT",
        holds="""EXISTS (
            SELECT 1 FROM ledger_entry l JOIN registry_card c ON c.id = NEW.card_id
            WHERE l.seq = NEW.ledger_seq AND l.subject = c.sam_no)""",
    ),
    _unless(
        "card_period_needs_event",
        "registry_cardperiod",
        "卡的历史时段须有登记的变动",
        on="INSERT",
        holds="""EXISTS (
            SELECT 1 FROM registry_cardevent e
            WHERE e.id = NEW.event_id AND e.card_id = NEW.card_id AND e.ledger_seq = NEW.seq)""",
    ),
    refusing(
        "card_enters_unborn",
        "registry_card",
        "新卡须经入库登记",
        sqlite="BEFORE INSERT ON registry_card WHEN NEW.state <> ''",
        postgresql="BEFORE INSERT ON registry_card FOR EACH ROW WHEN (NEW.state <> '')",
    ),
    # The event that explains a card's new state and place: its newest, from the old state to the new.
    _unless(
        "card_state_needs_event",
        "registry_card",
        "卡的状态只能由登记的变动改变",
        on="UPDATE OF state, last_event_id, institution_id, device_no, place, permissions",
        holds="""EXISTS (
            SELECT 1 FROM registry_cardevent e
            WHERE e.id = NEW.last_event_id AND e.card_id = NEW.id
              AND e.from_state = OLD.state AND e.to_state = NEW.state
              AND e.id > coalesce(OLD.last_event_id, 0))""",
    ),
    refusing(
        "card_number_stays",
        "registry_card",
        "卡的终端机编号不得更改",
        sqlite="BEFORE UPDATE OF id, sam_no ON registry_card WHEN NEW.id <> OLD.id OR NEW.sam_no <> OLD.sam_no",
        postgresql="BEFORE UPDATE OF id, sam_no ON registry_card FOR EACH ROW"
        " WHEN (NEW.id <> OLD.id OR NEW.sam_no <> OLD.sam_no)",
    ),
    refusing(
        "card_stays",
        "registry_card",
        "卡的登记不得删除",
        sqlite="BEFORE DELETE ON registry_card",
        postgresql="BEFORE DELETE OR TRUNCATE ON registry_card FOR EACH STATEMENT",
    ),
    # SQLite's INSERT OR REPLACE deletes a card of the same key without firing the trigger above.
    refusing(
        "registry_card_no_replace",
        "registry_card",
        "卡的登记不得覆盖",
        sqlite="""BEFORE INSERT ON registry_card
        WHEN EXISTS (SELECT 1 FROM registry_card WHERE id = NEW.id)
          OR EXISTS (SELECT 1 FROM registry_card WHERE sam_no = NEW.sam_no)
          OR EXISTS (SELECT 1 FROM registry_card WHERE serial_no = NEW.serial_no AND NOT serial_no = '')
          OR EXISTS (SELECT 1 FROM registry_card WHERE last_event_id = NEW.last_event_id)""",
    ),
)
