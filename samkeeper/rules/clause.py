"""How a clause is written: the book's title and the article as printed.

「…实施细则 第八条（三）」, 「…管理办法 第十七条第五款」, 「…通知 二、申领发放流程 第四款」; a house rule
begins with 「本系统规则」. Item numbers have full-width brackets, whatever the copy of the text has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HOUSE_TITLE = "本系统规则"


@dataclass(frozen=True, slots=True)
class Clause:
    """`title`: the book's; `article`: the address inside it without the item; `item`: 「（二）」 or ""."""

    title: str
    article: str
    item: str = ""

    def __str__(self) -> str:
        return f"{self.title} {self.short}"

    @property
    def short(self) -> str:
        """The address without the title: 「第八条（三）」."""
        return self.article + self.item


def wide(item: str) -> str:
    """An item number with full-width brackets."""
    return item.replace("(", "（").replace(")", "）")


def bare(text: str) -> str:
    """The text without white space: layout and line breaks of the copies say nothing."""
    return re.sub(r"\s", "", text)
