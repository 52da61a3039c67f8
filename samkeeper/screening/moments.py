"""Asia/Shanghai and UTC, in microseconds since 1970, a column at a time.

Since 15 September 1991 Shanghai is eight hours ahead of UTC, without exception. Earlier moments (summer time
from 1986, local mean time before 1901) go through the time zone database.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

ZONE = "Asia/Shanghai"
EAST = 8 * 3600 * 1_000_000
# The last change: at 1991-09-15 01:00 Shanghai's clocks went back an hour.
SETTLED_UTC = 684_867_600 * 1_000_000
SETTLED_LOCAL = SETTLED_UTC + EAST + 3600 * 1_000_000
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Micros = np.ndarray[tuple[int], np.dtype[np.int64]]


def to_utc(local: Micros) -> Micros:
    """Moments by Shanghai's clock, in UTC; one that the clock showed twice, or never, is read as the earlier."""
    out = local - EAST
    old = np.flatnonzero(local < SETTLED_LOCAL)
    if len(old):
        import pyarrow.compute as pc  # noqa: PLC0415 - slow to import, and hardly ever wanted

        naive = pa.array(local[old], pa.timestamp("us"))
        aware = pc.assume_timezone(naive, ZONE, ambiguous="earliest", nonexistent="earliest")
        out[old] = aware.cast(pa.int64()).to_numpy()
    return out


def to_local(utc: Micros) -> Micros:
    """What Shanghai's clock showed."""
    out = utc + EAST
    old = np.flatnonzero(utc < SETTLED_UTC)
    if len(old):
        import pyarrow.compute as pc  # noqa: PLC0415

        aware = pa.array(utc[old], pa.timestamp("us", ZONE))
        out[old] = pc.local_timestamp(aware).cast(pa.int64()).to_numpy()
    return out


def parse(text: str) -> int | None:
    """A moment in any form of ISO 8601 that has a date and a time, in UTC; None when it is none."""
    if "T" not in text.upper() and " " not in text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return (moment.replace(tzinfo=moment.tzinfo or ZoneInfo(ZONE)) - EPOCH) // MICROSECOND
