"""Readers through PC/SC (pcsc-lite) by ctypes: nothing to build, nothing to install beside the system's library."""

from __future__ import annotations

import ctypes
import ctypes.util
import threading
from contextlib import suppress
from ctypes import POINTER, byref, c_char_p, c_long, c_ubyte, c_ulong, c_void_p
from functools import cache

from samkeeper.chip.atr import Atr
from samkeeper.errors import BadInput, Fault

SCOPE_SYSTEM, SHARE_EXCLUSIVE, PROTOCOLS = 2, 1, 3
LEAVE_CARD, RESET_CARD = 0, 1
LONGEST = 264
PATIENCE = 10.0  # seconds a reader may take for one command

ANSWERS = {
    0x80100009: ("找不到读卡器。请核对读卡器名称，或重新插好。", True),
    0x8010000A: ("读卡器没有响应。请拔下读卡器后重新插好。", True),
    0x8010000B: ("读卡器正被另一个程序占用。请关闭该程序。", True),
    0x8010000C: ("读卡器里没有卡。请插卡。", True),
    0x80100016: ("与卡的通信中断。请重新插卡。", True),
    0x80100017: ("读卡器已断开。请重新插好读卡器。", True),
    0x8010001D: ("读卡器服务没有运行。请启动 pcscd。", True),
    0x8010001E: ("读卡器服务已停止。请启动 pcscd。", True),
    0x8010002E: ("没有读卡器。请插好读卡器。", True),
    0x80100066: ("卡没有复位应答。请确认插卡方向，换一个卡座再试。", True),
    0x80100067: ("卡没有上电。请重新插卡。", True),
    0x80100068: ("卡刚被复位。请重试。", True),
    0x80100069: ("卡已被取出。请重新插卡。", True),
}


class IoRequest(ctypes.Structure):
    """SCARD_IO_REQUEST of pcsc-lite."""

    _fields_ = [("protocol", c_ulong), ("length", c_ulong)]


PROTOTYPES: dict[str, tuple[object, ...]] = {
    "SCardEstablishContext": (c_ulong, c_void_p, c_void_p, POINTER(c_long)),
    "SCardReleaseContext": (c_long,),
    "SCardListReaders": (c_long, c_char_p, c_char_p, POINTER(c_ulong)),
    "SCardConnect": (c_long, c_char_p, c_ulong, c_ulong, POINTER(c_long), POINTER(c_ulong)),
    "SCardReconnect": (c_long, c_ulong, c_ulong, c_ulong, POINTER(c_ulong)),
    "SCardDisconnect": (c_long, c_ulong),
    "SCardStatus": (
        *(c_long, c_char_p, POINTER(c_ulong), POINTER(c_ulong), POINTER(c_ulong)),
        *(POINTER(c_ubyte), POINTER(c_ulong)),
    ),
    "SCardTransmit": (
        *(c_long, POINTER(IoRequest), c_char_p, c_ulong),
        *(c_void_p, POINTER(c_ubyte), POINTER(c_ulong)),
    ),
}


@cache
def _library() -> ctypes.CDLL:
    try:
        found = ctypes.CDLL(ctypes.util.find_library("pcsclite") or "libpcsclite.so.1")
    except OSError as error:
        raise Fault("本机没有 PC/SC（libpcsclite）。请安装 pcscd。") from error
    for name, arguments in PROTOTYPES.items():
        function = getattr(found, name)
        function.restype, function.argtypes = c_long, arguments
    return found


def _call(name: str, *arguments: object) -> None:
    answer = getattr(_library(), name)(*arguments) & 0xFFFFFFFF
    if answer:
        message, retry = ANSWERS.get(answer, (f"读卡器出错（{name} 0x{answer:08X}）。", True))
        raise Fault(message, retry=retry)


class Readers:
    """A connection to the readers' service."""

    def __init__(self) -> None:
        self._context = c_long()
        _call("SCardEstablishContext", SCOPE_SYSTEM, None, None, byref(self._context))

    def names(self) -> list[str]:
        """Every reader the service knows, with or without a card."""
        size = c_ulong()
        answer = _library().SCardListReaders(self._context, None, None, byref(size)) & 0xFFFFFFFF
        if answer == 0x8010002E:
            return []
        buffer = ctypes.create_string_buffer(size.value)
        _call("SCardListReaders", self._context, None, buffer, byref(size))
        return [name.decode() for name in buffer.raw[: size.value].split(b"\0") if name]

    def connect(self, reader: str, *, patience: float = PATIENCE) -> PcscLink:
        """The card in the reader whose name is, or alone contains, `reader`; `patience` in seconds a command."""
        names = self.names()
        fitting = [name for name in names if name == reader] or [name for name in names if reader in name]
        if len(fitting) != 1:
            told = "、".join(names) or "没有"
            raise BadInput(f"读卡器“{reader}”不是唯一的一个", remedy=f"本机的读卡器：{told}")
        return PcscLink(self._context, fitting[0], patience)

    def close(self) -> None:
        _call("SCardReleaseContext", self._context)


class PcscLink:
    """The card in one reader, held for this program alone. A reader that hangs is given up, not waited for."""

    def __init__(self, context: c_long, name: str, patience: float) -> None:
        self.name = name
        self._patience, self._hung = patience, False
        self._card, self._protocol = c_long(), c_ulong()
        shared = (SHARE_EXCLUSIVE, PROTOCOLS)
        _call("SCardConnect", context, name.encode(), *shared, byref(self._card), byref(self._protocol))

    def reset(self) -> Atr:
        shared = (SHARE_EXCLUSIVE, PROTOCOLS, RESET_CARD)
        self._patiently("SCardReconnect", self._card, *shared, byref(self._protocol))
        size, state, protocol = c_ulong(), c_ulong(), c_ulong()
        buffer, length = (c_ubyte * 36)(), c_ulong(36)
        rest = (byref(state), byref(protocol), buffer, byref(length))
        _call("SCardStatus", self._card, None, byref(size), *rest)
        return Atr.parse(bytes(buffer[: length.value]))

    def transmit(self, raw: bytes) -> bytes:
        request = IoRequest(self._protocol.value, ctypes.sizeof(IoRequest))
        buffer, length = (c_ubyte * LONGEST)(), c_ulong(LONGEST)
        self._patiently("SCardTransmit", self._card, byref(request), raw, len(raw), None, buffer, byref(length))
        return bytes(buffer[: length.value])

    def close(self) -> None:
        with suppress(Fault):  # a card that is gone is let go already
            self._patiently("SCardDisconnect", self._card, LEAVE_CARD)

    def _patiently(self, name: str, *arguments: object) -> None:
        """A call that may hang, made in a thread of its own that is left behind if it does."""
        faults: list[Fault] = []
        thread = threading.Thread(target=_caught, args=(faults, name, arguments), daemon=True)
        if not self._hung:
            thread.start()
            thread.join(self._patience)
            self._hung = thread.is_alive()
        if self._hung:
            raise Fault("读卡器没有响应。请拔下读卡器后重新插好。", retry=True)
        if faults:
            raise faults[0]


def _caught(faults: list[Fault], name: str, arguments: tuple[object, ...]) -> None:
    try:
        _call(name, *arguments)
    except Fault as fault:
        faults.append(fault)
