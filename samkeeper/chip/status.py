"""Status words: what a card answers last (ISO 7816-4, PBOC 3.0 and the PSAM makers' own)."""

from __future__ import annotations

MEANINGS = {
    0x9000: "正常",
    0x6200: "数据可能有误",
    0x6281: "返回的数据可能有误",
    0x6283: "选中的文件已失效",
    0x6300: "认证失败",
    0x6400: "卡内状态未改变",
    0x6581: "卡写入失败",
    0x6700: "长度错误",
    0x6900: "类别字节与安全报文不符",
    0x6901: "命令在此状态下不接受",
    0x6981: "文件类型不符",
    0x6982: "安全状态不满足",
    0x6983: "密钥已锁定",
    0x6984: "未取随机数",
    0x6985: "使用条件不满足",
    0x6986: "没有当前文件",
    0x6987: "缺少安全报文",
    0x6988: "安全报文的MAC不对",
    0x6A80: "数据域错误",
    0x6A81: "功能不支持或卡已锁定",
    0x6A82: "文件不存在",
    0x6A83: "记录不存在",
    0x6A84: "空间不足",
    0x6A86: "P1、P2错误",
    0x6A88: "密钥不存在",
    0x6B00: "偏移量错误",
    0x6D00: "命令不支持",
    0x6E00: "类别字节不支持",
    0x6F00: "卡内错误",
    0x9220: "文件标识已存在",
    0x9302: "MAC错误",
    0x9303: "应用已锁定",
    0x9401: "金额不足",
    0x9403: "密钥不存在",
    0x9406: "没有可用的MAC",
}


class StatusWord(int):
    """SW1 and SW2 as one number that knows what it says."""

    @property
    def ok(self) -> bool:
        return self == 0x9000

    @property
    def waiting(self) -> int | None:
        """61xx: so many bytes wait to be fetched (256 for 6100)."""
        return (self & 0xFF or 256) if self >> 8 == 0x61 else None

    @property
    def right_length(self) -> int | None:
        """6Cxx: the Le that fits (256 for 6C00)."""
        return (self & 0xFF or 256) if self >> 8 == 0x6C else None

    @property
    def tries_left(self) -> int | None:
        """63Cx: so many tries are left before the key locks; 6983: none."""
        if self == 0x6983:
            return 0
        return self & 0x0F if self & 0xFFF0 == 0x63C0 else None

    @property
    def meaning(self) -> str:
        """What it says, in Chinese."""
        if self.tries_left:
            return f"认证失败，还可再试{self.tries_left}次"
        if self.waiting:
            return f"还有{self.waiting}字节待取"
        return MEANINGS.get(int(self), "未知的状态字")

    def __repr__(self) -> str:
        return f"{int(self):04X}"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return format(repr(self), spec)


OK = StatusWord(0x9000)
