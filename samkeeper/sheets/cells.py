"""From a cell to its text, the same for Excel and CSV, so that every kind has one parser."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

Cell = str | int | float | bool | date | datetime | time | timedelta

BLANKS = "".join(map(chr, [*range(9, 14), *range(28, 33), 0x85, 0xA0, *range(0x2000, 0x200E), 0x2060, 0x3000, 0xFEFF]))
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]+")
EXACT_BELOW = 10**15  # a double keeps fifteen decimal digits; Excel zeroes the rest
LOST_DIGITS = "数字太长，表格软件已改写其末尾数位；请先把该列设为文本格式，再重新填写"


def cell_text(cell: Cell) -> str:
    """The text a person would have typed. Raises ValueError where the table program has spoilt it."""
    if isinstance(cell, str):
        return _unquoted(cell.strip(BLANKS))
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, int | float):
        return _number_text(cell)
    if isinstance(cell, datetime):
        return (cell + timedelta(microseconds=500_000)).strftime("%Y-%m-%d %H:%M:%S")
    return str(cell)


def csv_text(cell: Cell) -> str:
    """As `cell_text`; besides, `="0123"` is how some programs keep leading zeros, and any other `=` is a formula."""
    stripped = str(cell).strip(BLANKS)
    if stripped.startswith("="):
        if wrapped := re.fullmatch(r'="([^"]*)"', stripped):
            return wrapped[1].strip(BLANKS)
        raise ValueError("是公式，不是数据；请改为计算后的数值")
    return _unquoted(stripped)


def _unquoted(text: str) -> str:
    """Without the one apostrophe that marks a cell as text; our own exports set it, people copy it along."""
    if text.startswith("'"):
        return text[1:].strip(BLANKS)
    if "+" in text and SCIENTIFIC.fullmatch(text):
        raise ValueError(LOST_DIGITS)
    return text


def _number_text(number: float) -> str:
    if abs(number) >= EXACT_BELOW:
        raise ValueError(LOST_DIGITS)
    if number == int(number):
        return str(int(number))
    return format(Decimal(format(number, ".15g")), "f")
