"""The official forms: filled from plain values, set as the regulations print them.

    form = layout(library()["beijing"], Form.CANCELLATION)
    render(form, Cancellation(unit=UnitHead(name="…"), cards=(CardLine(…),)), margin=Margin(verify="https://…"))

Rows, boxes and lists of each form stand in `blanks`; its title, purposes and paragraphs come from the book itself.
The PDF (A-2b) holds every copy that the book asks for (一式2份), all under one 编号, each followed by its own list
where the form's rows are too few. In the margin, outside the official form: the code to verify by, and the print's
own facts.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import segno

from samkeeper.errors import Refused
from samkeeper.papers.blanks import HOUSE, LAYOUTS, Blank
from samkeeper.papers.contents import SHANGHAI, contents, holds_words_for
from samkeeper.papers.facts import (
    Application,
    Cancellation,
    CardLine,
    Facts,
    InternalRules,
    Letter,
    Margin,
    Purchase,
    Undertaking,
    UnitHead,
    UnitWish,
    Wanted,
)
from samkeeper.papers.rows import Contents
from samkeeper.papers.typesetting import Format, typeset
from samkeeper.rules.book import Book
from samkeeper.rules.evidence import Form

__all__ = [
    "Application",
    "Cancellation",
    "CardLine",
    "InternalRules",
    "Layout",
    "Letter",
    "Margin",
    "Purchase",
    "Undertaking",
    "UnitHead",
    "UnitWish",
    "Wanted",
    "layout",
    "render",
]

NO_MARGIN = Margin()


@dataclass(frozen=True, slots=True)
class Layout:
    """A form of a book and how it is drawn."""

    book: Book
    form: Form
    blank: Blank

    @property
    def name(self) -> str:
        """Title and number: 「《北京市社会保障PSAM卡注销表》（表2）」."""
        return self.book.form_name(self.form)

    @property
    def no(self) -> str:
        """「表2」, 「附件3」; "" where the book gives none."""
        official = self.book.forms.get(self.form)
        return official.no if official else ""

    @property
    def copies(self) -> int:
        """How many copies the book asks for; one where it does not say."""
        official = self.book.forms.get(self.form)
        return (official.copies if official else None) or 1


def layout(book: Book, form: Form) -> Layout:
    """How `book` has `form` drawn: as it prints it, else the house's way. Raises `Refused` where neither is."""
    blank = LAYOUTS.get((book.name, form)) or HOUSE.get(form)
    if blank is None or not holds_words_for(book, form):
        raise Refused(f"{book.title}的“{form.label}”没有可打印的式样，请另行撰写。", code="no-layout")
    return Layout(book, form, blank)


def render(form: Layout, facts: Facts, *, format: Format = "pdf", margin: Margin = NO_MARGIN, page: int = 1) -> bytes:
    """The form filled with `facts`: every copy as one PDF/A-2b, or one page (from 1) as PNG (144 dpi) or SVG.

    Raises `BadInput` for what the form cannot hold, `Fault` where the machine has no font to print with.
    """
    filled = filling(form, facts, margin)
    return typeset(form.blank.file, filled, format=format, page=page, at=margin.printed_at)


def filling(form: Layout, facts: Facts, margin: Margin = NO_MARGIN) -> Contents:
    """What the layout is given: the form's own contents, how many copies, and what stands in the margin."""
    if not isinstance(facts, form.blank.takes):
        raise TypeError(f"{form.blank.file} is filled from {form.blank.takes.__name__}, not {type(facts).__name__}")
    filled = contents(facts, form.form, form.blank, form.book)
    return {**filled, "author": form.book.issuer, "copies": form.copies, "margin": _margin(margin, form, filled)}


def _margin(margin: Margin, form: Layout, filled: Contents) -> Contents:
    printed = margin.printed_at and margin.printed_at.astimezone(SHANGHAI)
    facts = (
        margin.reference,
        f"核验：{margin.verify}" if margin.verify else "",
        f"打印时间：{printed:%Y-%m-%d %H:%M:%S}" if printed else "",
    )
    return {
        "notes": [*(note.format(no=form.no) for note in form.blank.notes), *filled.get("notes", [])],
        "reprint": f"重打　第{margin.print_no}次" if margin.print_no > 1 else "",
        "code": _code(margin.verify) if margin.verify else "",
        "facts": [fact for fact in facts if fact],
    }


def _code(address: str) -> str:
    """The address as a QR code (GB/T 18284), drawn as SVG; a quarter of it may be soiled."""
    drawing = io.BytesIO()
    segno.make(address, error="q", micro=False).save(drawing, kind="svg", border=2, xmldecl=False)
    return drawing.getvalue().decode()
