"""Columns of text and of numbers as numpy sees them, without a copy where Arrow's own memory will do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.types as pt

from samkeeper.screening.kernels import text

U1 = np.ndarray[Any, np.dtype[np.uint8]]
I4 = np.ndarray[Any, np.dtype[np.int32]]
I8 = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(slots=True)
class Text:
    """Values lie in `data` from `start` to `stop`; `ok` is 0 for a null."""

    data: U1
    start: I4
    stop: I4
    ok: U1

    @classmethod
    def of(cls, array: pa.Array[Any]) -> Text:
        """Any Arrow array; what is not text is written out as text first."""
        if not pt.is_string(array.type):
            array = array.cast(pa.string())
        count = len(array)
        _, offsets, data = array.buffers()
        edges = np.frombuffer(offsets, np.int32)[array.offset : array.offset + count + 1]
        letters = np.frombuffer(data, np.uint8) if data else np.zeros(1, np.uint8)
        return cls(letters, edges[:-1], edges[1:], present(array))

    def __len__(self) -> int:
        return len(self.start)

    def codes(self) -> tuple[I4, list[str]]:
        """Each value's number, in order of first appearance (−1 for a null), and the values."""
        count = len(self)
        size = 1 << (2 * count + 1).bit_length()
        slots = np.full(size, -1, np.int32)
        firsts = np.empty(count, np.int32)
        codes = np.empty(count, np.int32)
        found = text.encode(self.data, self.start, self.stop, self.ok, slots, size - 1, firsts, count, codes)
        return codes, [self[int(row)] for row in firsts[:found]]

    def __getitem__(self, row: int) -> str:
        return self.data[self.start[row] : self.stop[row]].tobytes().decode()

    def array(self) -> pa.Array[Any]:
        """As an Arrow array of its own."""
        count = len(self)
        stop = np.where(self.ok, self.stop, self.start)
        out = np.empty(int((stop - self.start).sum(dtype=np.int64)) + 1, np.uint8)
        offsets = np.empty(count + 1, np.int32)
        text.gather(self.data, self.start, stop, count, out, offsets)
        return pa.Array.from_buffers(pa.string(), count, [bitmap(self.ok), pa.py_buffer(offsets), pa.py_buffer(out)])


def present(array: pa.Array[Any]) -> U1:
    """1 where the array has a value, 0 where it has a null; a copy that may be written to."""
    valid = array.buffers()[0]
    if valid is None or array.null_count == 0:
        return np.ones(len(array), np.uint8)
    bits = np.frombuffer(valid, np.uint8)
    return np.unpackbits(bits, count=array.offset + len(array), bitorder="little")[array.offset :].copy()


def bitmap(ok: np.ndarray[Any, Any]) -> pa.Buffer | None:
    """Arrow's validity of an array with these values present; None when all are."""
    return None if ok.all() else pa.py_buffer(np.packbits(ok.astype(bool), bitorder="little"))


def values(array: pa.Array[Any]) -> np.ndarray[Any, Any]:
    """The numbers of a primitive array; where it has a null, whatever lies there."""
    width = array.type.bit_width // 8
    kind = np.dtype(array.type.to_pandas_dtype()) if pt.is_integer(array.type) else np.dtype(f"i{width}")
    return np.frombuffer(array.buffers()[1], kind)[array.offset : array.offset + len(array)]
