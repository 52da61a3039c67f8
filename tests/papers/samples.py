"""Facts to fill forms with, and what can be read back out of a printed one."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any

from samkeeper.lifecycle import Reason
from samkeeper.papers.forms import Application, Cancellation, CardLine, Layout, UnitHead, Wanted, filling, layout
from samkeeper.papers.typesetting import compiler_of
from samkeeper.rules.book import library
from samkeeper.rules.evidence import Form
from samkeeper.rules.words import UnitKind

AT = datetime(2026, 11, 21, 6, 3, 22, tzinfo=UTC)  # 14:03:22 in Shanghai
UNIT = UnitHead(
    name="北京同仁医院",
    area="东城区",
    department="医务处",
    custodian="王保管",
    phone="010-58269911",
    address="崇文门内大街8号",
    code="01010001",
    kind=UnitKind.DESIGNATED_MEDICAL,
)
EMPTY = UnitHead()
FORMS = [(book, form) for book in ("beijing", "health", "jieyang") for form in (Form.APPLICATION, Form.CANCELLATION)]


def form_of(book: str, form: Form) -> Layout:
    return layout(library()[book], form)


def cards(count: int, reason: Reason | None = Reason.LOST) -> tuple[CardLine, ...]:
    return tuple(
        CardLine(
            number=f"D1560000{row:04}",
            permission="门诊结算",
            place=f"收费处{row}号窗口",
            reason=reason,
            handed_in=reason is not Reason.LOST,
        )
        for row in range(1, count + 1)
    )


def facts_of(form: Form, count: int, unit: UnitHead = UNIT, number: str = "2026-000001") -> Application | Cancellation:
    if form is Form.APPLICATION:
        return Application(unit=unit, cards=cards(count), number=number)
    return Cancellation(unit=unit, cards=cards(count), number=number, cancelled_at=AT if count else None)


def wanted(**quantities: int) -> tuple[Wanted, ...]:
    return tuple(Wanted(purpose=purpose, quantity=quantity) for purpose, quantity in quantities.items())


def text(pdf: bytes, page: int | None = None, *, layout: bool = False) -> str:
    """What poppler reads out of a PDF, or of one page, in the order in which it was set."""
    pages = ["-f", str(page), "-l", str(page)] if page else []
    kept = ["-layout"] if layout else ["-raw"]
    return subprocess.run(
        ["pdftotext", *kept, *pages, "-", "-"], input=pdf, capture_output=True, check=True
    ).stdout.decode()


def bare(given: str) -> str:
    return re.sub(r"\s", "", given)


def pages(pdf: bytes) -> int:
    told = subprocess.run(["pdfinfo", "-"], input=pdf, capture_output=True, check=True).stdout.decode()
    return int(re.search(r"Pages:\s+(\d+)", told)[1])  # type: ignore[index]


def grid(form: Layout, facts: Application | Cancellation) -> list[str]:
    """The table that Typst was told to draw, a line a row: (n) over n columns, ↓n over n rows, ▢ to fill."""
    compiler = compiler_of(form.blank.file, filling(form, facts))
    children = json.loads(compiler.query("table", field="children"))[0]
    struts = len(list(takewhile(lambda cell: cell.get("x") == 0, children)))
    rows: list[list[str]] = [[] for _ in range(struts)]
    taken: set[tuple[int, int]] = set()
    place = 0
    columns = _columns(children[struts:])
    for cell in children[struts:]:
        while divmod(place, columns) in taken:
            place += 1
        row, column = divmod(place, columns)
        over, down = cell.get("colspan", 1), cell.get("rowspan", 1)
        taken |= {(row + below, column + right) for below in range(down) for right in range(over)}
        rows[row].append(_words(cell["body"]) + (f"({over})" if over > 1 else "") + (f"↓{down}" if down > 1 else ""))
    return [" ‖ ".join(row) for row in rows]


def _columns(cells: list[dict[str, Any]]) -> int:
    """Every form's first row is the unit's name and one cell to fill over all other columns."""
    return 1 + int(cells[1]["colspan"])


def _words(body: Any) -> str:
    """The text of a cell's content; what takes its size from the cell is something to fill in."""
    if body.get("func") in ("(..) => ..", "layout", "context"):
        return "▢"
    inside = [body.get(name) for name in ("body", "child", "children") if body.get(name) is not None]
    nested = [each for part in inside for each in (part if isinstance(part, list) else [part])]
    return bare(body.get("text", "") + "".join(_words(each) for each in nested if isinstance(each, dict)))
