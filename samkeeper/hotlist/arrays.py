"""Names for the arrays that the compiled parts pass round."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Words = NDArray[np.uint64]
Places = NDArray[np.int64]
Flags = NDArray[np.bool_]
