"""Kinds of cell: how a value is read from a cell's text, and how it is shown again.

Every `read` raises ValueError("what is wrong；what to do"). For every kind and value, `read(show(value)) == value`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from samkeeper.sheets.cells import BLANKS

T = TypeVar("T")

Style = Literal["text", "number", "money", "date", "moment"]


@dataclass(frozen=True)
class Kind(Generic[T]):
    """`hint` tells people the form in the template's help sheet, `choices` become its drop-down list."""

    read: Callable[[str], T]
    show: Callable[[T], str] = str
    hint: str = ""
    style: Style = "text"
    choices: tuple[str, ...] = ()

    def __call__(self, text: str) -> T:
        return self.read(text)


def half_width(text: str) -> str:
    """A code as it is compared: half-width, upper case, without spaces."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return "".join(text.split()).upper()


def text(longest: int = 200) -> Kind[str]:
    """One line of plain text; runs of spaces and line breaks become one space."""

    def read(given: str) -> str:
        value = " ".join(given.strip(BLANKS).split())
        if len(value) > longest:
            raise ValueError(f"有 {len(value)} 个字，超过 {longest} 个字；请缩短")
        if not value.isprintable() and any(unicodedata.category(char) in ("Cc", "Cs") for char in value):
            raise ValueError("含有看不见的控制字符；请删除后重新填写")
        return value

    return Kind(read, hint=f"不超过 {longest} 个字")


def digits(count: int) -> Kind[str]:
    """Exactly `count` decimal digits, kept as text with its leading zeros."""

    def read(given: str) -> str:
        value = half_width(given)
        if not re.fullmatch(r"[0-9]*", value, re.ASCII):
            raise ValueError("只能填数字；请核对后改正")
        if len(value) != count:
            raise ValueError(f"应为 {count} 位数字，现有 {len(value)} 位；请核对后补全")
        return value

    return Kind(read, hint=f"{count} 位数字")


def whole(lowest: int = 0, highest: int = 2**31 - 1) -> Kind[int]:
    """A whole number between two bounds, both included; thousands separators are understood."""

    def read(given: str) -> int:
        value = half_width(given)
        if not re.fullmatch(r"[-+]?(\d{1,18}|\d{1,3}(,\d{3}){1,5})", value, re.ASCII):
            raise ValueError("应为整数；请核对后改正")
        number = int(value.replace(",", ""))
        if not lowest <= number <= highest:
            raise ValueError(f"应在 {lowest} 到 {highest} 之间；请核对后改正")
        return number

    return Kind(read, hint=f"整数，{lowest} 到 {highest}", style="number")


def _read_money(given: str) -> int:
    value = half_width(given).removeprefix("¥").removeprefix("\uffe5").removesuffix("元")
    if not re.fullmatch(r"(\d{1,13}|\d{1,3}(,\d{3}){1,4})(\.\d{1,2})?", value, re.ASCII):
        raise ValueError("应为以元为单位的金额，至多两位小数，如 1234.50；请核对后改正")
    return int(Decimal(value.replace(",", "")) * 100)


def _show_money(fen: int) -> str:
    return f"{fen // 100}.{fen % 100:02d}"


money = Kind(_read_money, _show_money, hint="以元为单位，至多两位小数，如 1234.50", style="money")
"""Yuan in the cell, fen (int, ≥ 0) in the program."""


def choice(labels: Mapping[str, T]) -> Kind[T]:
    """One of the given Chinese labels; of labels with the same value the first is shown."""
    by_label = {half_width(label): value for label, value in labels.items()}
    by_value: dict[T, str] = {}
    for label, value in labels.items():
        by_value.setdefault(value, label)
    shown = tuple(by_value.values())

    def read(given: str) -> T:
        value = half_width(given)
        if value not in by_label:
            raise ValueError(f"应为{'、'.join(shown)}之一；请从中选一项")
        return by_label[value]

    return Kind(read, by_value.__getitem__, hint="、".join(shown), choices=shown)


_YES_NO = dict.fromkeys(("是", "有", "Y", "YES", "TRUE", "1", "√"), True) | dict.fromkeys(
    ("否", "无", "N", "NO", "FALSE", "0", "×"), False
)

yes_no = choice(_YES_NO)
