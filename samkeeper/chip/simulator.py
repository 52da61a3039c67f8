"""A software chip behind a `CardLink`, with the faults a bench must be able to tell apart."""

from __future__ import annotations

import time
from enum import StrEnum

from samkeeper.chip.atr import Atr
from samkeeper.chip.engine import Chip
from samkeeper.chip.sam import Sam
from samkeeper.chip.training import PROOF, UPDATE, Training, sam_memory
from samkeeper.errors import BadInput, Fault

SCHEME = "sim"
HANG = 5.0  # seconds, as PC/SC readers time out


class FaultKind(StrEnum):
    """What may be wrong with a simulated card or its reader."""

    NONE = "none"
    CONTACTS = "contacts"  # every third answer is cut
    READER = "reader"  # the reader is gone
    DEAD = "dead"  # no answer to reset
    LOCKED = "locked"  # the application answers that it is locked
    GENERATION = "generation"  # keys of another generation
    MISMATCH = "mismatch"  # another terminal number in the chip than on the face
    FORGED = "forged"  # the right files, keys that are nobody's
    PULLED = "pulled"  # taken out after a few commands
    HUNG = "hung"  # the reader does not answer


class SimulatedLink:
    """One software chip in a reader of its own."""

    def __init__(self, chip: Chip, fault: FaultKind = FaultKind.NONE) -> None:
        self.name = SCHEME if fault is FaultKind.NONE else f"{SCHEME}:fault={fault}"
        self._chip, self._fault, self._count = chip, fault, 0

    def reset(self) -> Atr:
        if self._fault is FaultKind.READER:
            raise Fault("读卡器已断开。请重新插好读卡器。", retry=True)
        if self._fault is FaultKind.DEAD:
            raise Fault("卡没有复位应答。请确认插卡方向，换一个卡座再试。", retry=True)
        self._chip.power_on()
        return Atr.parse(self._chip.atr)

    def transmit(self, raw: bytes) -> bytes:
        self._count += 1
        if self._fault is FaultKind.CONTACTS and self._count % 3 == 0:
            return b"\x90"
        if self._fault is FaultKind.PULLED and self._count > 3:
            raise Fault("卡已被取出。请重新插卡。", retry=True)
        if self._fault is FaultKind.HUNG:
            time.sleep(HANG)
            raise Fault("读卡器没有响应。请拔下读卡器后重新插好。", retry=True)
        return self._chip.transmit(raw)

    def close(self) -> None:
        self._chip.power_on()


def simulated_sam(address: str, training: Training | None = None) -> SimulatedLink:
    """The training PSAM that `sim` or `sim:fault=KIND` names."""
    name, _, option = address.partition(":")
    key, _, value = option.partition("=")
    if name != SCHEME or (option and (key != "fault" or value not in list(FaultKind))):
        raise BadInput(f"不认识的读卡器“{address}”", remedy="可用：sim、sim:fault=" + "、".join(FaultKind))
    fault = FaultKind(value) if option else FaultKind.NONE
    return SimulatedLink(_spoiled(Sam(sam_memory(training or Training())), fault), fault)


def _spoiled(sam: Sam, fault: FaultKind) -> Sam:
    """The fault where it lies in the chip itself."""
    root = sam.memory.root
    assert root is not None  # noqa: S101  # a training PSAM is issued
    application = root.folders[0xDF01]
    if fault is FaultKind.LOCKED:
        application.blocked = True
    if fault is FaultKind.MISMATCH:
        root.files[0x0016].content[-1] ^= 0x01
    if fault is FaultKind.GENERATION:
        for key in application.keys:
            key.version += 0x40 if key.levels else 0
    if fault is FaultKind.FORGED:
        stranger = Training(sam_serial=bytes(8)).key("stranger")
        for key in application.keys:
            if (key.usage, key.version) in (UPDATE, PROOF):
                key.value = stranger
    return sam
