"""What was given out and what came back is only ever added to; a running number goes up by one and never back."""

from __future__ import annotations

from samkeeper.ledger.triggers import append_only, refusing

_STEP = "NEW.last <> OLD.last + 1 OR NEW.code <> OLD.code OR NEW.year <> OLD.year"

TRIGGERS = (
    *append_only("papers_issuedpaper", "id", "token", "ledger_seq", "subject book form number print_no"),
    *append_only("papers_attachment"),
    refusing(
        "papers_number_gapless",
        "papers_numberseries",
        "编号必须连续",
        sqlite=f"BEFORE UPDATE ON papers_numberseries WHEN {_STEP}",
        postgresql=f"BEFORE UPDATE ON papers_numberseries FOR EACH ROW WHEN ({_STEP})",
    ),
    refusing(
        "papers_number_stays",
        "papers_numberseries",
        "编号系列不得删除",
        sqlite="BEFORE DELETE ON papers_numberseries",
        postgresql="BEFORE DELETE OR TRUNCATE ON papers_numberseries FOR EACH STATEMENT",
    ),
)
