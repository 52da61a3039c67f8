"""The kinds of fault and the flags that rulebooks, screening and findings share.

Beijing's 第十三条 names all four kinds (注销的、伪造的、非本单位的、无权限的); the health rules'
第十五条 names three. The order of `Kind` is the order in which a transaction is judged.
"""

from __future__ import annotations

from enum import StrEnum

ACCEPTED = "accepted"


class Kind(StrEnum):
    """The four kinds of fault, in the order of judging."""

    COUNTERFEIT = "counterfeit"
    CANCELLED = "cancelled"
    FOREIGN = "foreign"
    UNAUTHORIZED = "unauthorized"

    @property
    def label(self) -> str:
        return KIND_LABELS[self]


KIND_LABELS = {
    Kind.COUNTERFEIT: "伪造的",
    Kind.CANCELLED: "注销的",
    Kind.FOREIGN: "非本单位的",
    Kind.UNAUTHORIZED: "无权限的",
}


class Flag(StrEnum):
    """What is noted beside a verdict; kinds of fault that a book does not refuse are noted by their own name."""

    BEFORE_RECORDS = "before_records"
    CLONE = "clone"
    HANDED_IN = "handed_in"
    RELOCATED = "relocated"
    SUSPENDED = "suspended"
    TAC_UNCHECKED = "tac_unchecked"

    @property
    def label(self) -> str:
        return FLAG_LABELS[self]


FLAG_LABELS = {
    Flag.BEFORE_RECORDS: "早于登记起始日",
    Flag.CLONE: "疑似复制卡",
    Flag.HANDED_IN: "已交回",
    Flag.RELOCATED: "不在登记位置",
    Flag.SUSPENDED: "挂失期间",
    Flag.TAC_UNCHECKED: "交易认证码未能验证",
}
