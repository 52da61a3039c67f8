"""Days and moments as offices write them. Days have no zone; moments are Asia/Shanghai's in the cell, UTC inside."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

from samkeeper.sheets.kinds import Kind

SHANGHAI = ZoneInfo("Asia/Shanghai")

_DAY = r"(?P<y>\d{4})(?:(?P<gap>[-/.])(?P<m>\d{1,2})(?P=gap)(?P<d>\d{1,2})|年(?P<m2>\d{1,2})月(?P<d2>\d{1,2})日)"
_CLOCK = r"(?P<H>\d{1,2})(?::(?P<M>\d{2})(?::(?P<S>\d{2}))?|时(?P<M2>\d{1,2})分(?:(?P<S2>\d{1,2})秒)?)"
_PACKED_DAY = r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
_PACKED_CLOCK = r"(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})"
_ZONE = r"(?P<zone>Z|[+-]\d{2}:?\d{2})?"

DATES = tuple(re.compile(p, re.ASCII) for p in (_DAY + r"(?:[T ]0?0:00(?::00)?)?", _PACKED_DAY))
MOMENTS = tuple(re.compile(p, re.ASCII) for p in (_DAY + "(?:T| ?)" + _CLOCK + _ZONE, _PACKED_DAY + _PACKED_CLOCK))

_DAY_WANTED = "应为日期；请写成 2026-11-21"
_MOMENT_WANTED = "应为精确到秒的时间；请写成 2026-11-21 14:03:22"


def _read_date(given: str) -> date:
    parts = _parts(given, DATES)
    if parts is None:
        raise ValueError(_DAY_WANTED)
    try:
        day = date(int(parts["y"]), _number(parts, "m"), _number(parts, "d"))
    except ValueError:
        raise ValueError("没有这一天；请核对年月日") from None
    return _plausible(day)


def _read_moment(given: str) -> datetime:
    parts = _parts(given, MOMENTS)
    if parts is None or (parts.get("S") is None and parts.get("S2") is None):
        raise ValueError(_MOMENT_WANTED)
    try:
        day = date(int(parts["y"]), _number(parts, "m"), _number(parts, "d"))
        clock = time(_number(parts, "H"), _number(parts, "M"), _number(parts, "S"), tzinfo=_zone(parts.get("zone")))
    except ValueError:
        raise ValueError("没有这个时间；请核对年月日和时分秒") from None
    return datetime.combine(_plausible(day), clock).astimezone(UTC)


def _zone(offset: str | None) -> tzinfo:
    return (datetime.strptime(offset, "%z").tzinfo if offset else None) or SHANGHAI


def _parts(given: str, forms: tuple[re.Pattern[str], ...]) -> dict[str, str] | None:
    value = " ".join(given.translate(_HALF_WIDTH).upper().split())
    matches = (form.fullmatch(value) for form in forms)
    return next((match.groupdict() for match in matches if match), None)


def _number(parts: dict[str, str], name: str) -> int:
    return int(parts.get(name) or parts.get(name + "2") or "")


def _plausible(day: date) -> date:
    if not 1950 <= day.year < 2100:
        raise ValueError("年份不在 1950 到 2099 之间；请核对")
    return day


_HALF_WIDTH = {0xFF01 + offset: 0x21 + offset for offset in range(94)} | {0x3000: 0x20}

date_ = Kind(_read_date, date.isoformat, hint="2026-11-21", style="date")


def _show_moment(at: datetime) -> str:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M:%S")


moment = Kind(_read_moment, _show_moment, hint="北京时间，精确到秒：2026-11-21 14:03:22", style="moment")
"""To the second; a cell with its own offset (2026-11-21T06:03:22Z) is understood, all others are Asia/Shanghai."""
