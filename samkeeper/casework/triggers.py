"""What was shown and done in a case is only ever added to."""

from __future__ import annotations

from samkeeper.ledger.triggers import append_only

TRIGGERS = (
    *append_only("casework_keptbook", "sha256"),
    *append_only("casework_paper"),
    *append_only("casework_caseact"),
    *append_only("casework_casestep", "id", "event_id", "case_id key card_id"),
    *append_only("casework_showing"),
)
