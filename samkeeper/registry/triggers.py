"""What the database itself refuses, whoever asks: editing history, and setting a state that no event explains."""

from __future__ import annotations

from samkeeper.ledger.triggers import Trigger, append_only, refusing

_UNEXPLAINED = "卡的状态只能由登记的变动改变"

# The event that explains a new state: this card's newest, from the old state to the new.
_EXPLAINED = """EXISTS (
    SELECT 1 FROM registry_cardevent e
    WHERE e.id = NEW.last_event_id AND e.card_id = NEW.id
      AND e.from_state = OLD.state AND e.to_state = NEW.state
      AND e.id > coalesce(OLD.last_event_id, 0))"""

TRIGGERS = (
    *append_only("registry_cardevent"),
    *append_only("registry_cardperiod"),
    refusing(
        "card_enters_unborn",
        "registry_card",
        "新卡须经入库登记",
        sqlite="BEFORE INSERT ON registry_card WHEN NEW.state <> ''",
        postgresql="BEFORE INSERT ON registry_card FOR EACH ROW WHEN (NEW.state <> '')",
    ),
    Trigger(
        "card_state_needs_event",
        "registry_card",
        f"""
        CREATE TRIGGER card_state_needs_event BEFORE UPDATE OF state ON registry_card WHEN NOT {_EXPLAINED}
        BEGIN SELECT RAISE(ABORT, '{_UNEXPLAINED}'); END
        """,
        f"""
        CREATE OR REPLACE FUNCTION card_state_needs_event() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NOT {_EXPLAINED} THEN
                RAISE EXCEPTION '{_UNEXPLAINED}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END $$;
        CREATE TRIGGER card_state_needs_event BEFORE UPDATE OF state ON registry_card
        FOR EACH ROW EXECUTE FUNCTION card_state_needs_event()
        """,
    ),
    refusing(
        "card_stays",
        "registry_card",
        "卡的登记不得删除",
        sqlite="BEFORE DELETE ON registry_card",
        postgresql="BEFORE DELETE OR TRUNCATE ON registry_card FOR EACH STATEMENT",
    ),
)
