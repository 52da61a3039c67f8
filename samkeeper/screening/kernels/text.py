"""Kernels that read numbers, moments and hexadecimal digits out of text, a column at a time.

A text column is three arrays: bytes, and where each value starts and stops in them. Every kernel writes a value
and an `ok` per row and leaves rows with `ok` already 0 alone, so that nulls pass through untouched. What these
kernels do not take is not yet wrong: `parse` gives moments in unusual ISO 8601 forms a second reading.
"""

from __future__ import annotations

import numpy as np

from samkeeper.screening.native import helper, kernel

LIMIT = np.int64(922337203685477580)  # largest whole tenth of an int64
BASIS = np.uint64(14695981039346656037)
PRIME = np.uint64(1099511628211)


@helper
def hex_digit(letter):
    """The value of an ASCII hexadecimal digit in upper case, else 16."""
    value = np.int64(letter) - 48
    if value > 9:
        value = value - 7 if 17 <= value <= 22 else np.int64(16)
    return value if value >= 0 else np.int64(16)


@kernel("u1* i4* i4* u1* u8* i8 i8 i8")
def hexadecimal(data, start, stop, ok, out, rows, digits, lower):
    """Exactly `digits` (up to 16) hexadecimal digits; small letters only where `lower` is 1."""
    for row in range(rows):
        if ok[row] == 0:
            continue
        good = stop[row] - start[row] == digits
        value = np.uint64(0)
        if good:
            worst = np.int64(0)
            for place in range(digits):
                letter = np.int64(data[start[row] + place])
                if lower == 1 and 97 <= letter <= 102:
                    letter -= 32
                digit = hex_digit(letter)
                worst |= digit
                value = (value << np.uint64(4)) | np.uint64(digit & 15)
            good = worst < 16
        ok[row] = 1 if good else 0
        out[row] = value
    return rows


@kernel("u1* i4* i4* u1* i8* i8")
def integer(data, start, stop, ok, out, rows):
    """An optional sign and decimal digits within int64."""
    for row in range(rows):
        if ok[row] == 0:
            continue
        at = start[row]
        end = stop[row]
        negative = False
        if at < end and (data[at] == 45 or data[at] == 43):
            negative = data[at] == 45
            at += 1
        good = at < end
        value = np.int64(0)
        while at < end:
            digit = np.int64(data[at]) - 48
            if digit < 0 or digit > 9 or value > LIMIT or (value == LIMIT and digit > 7):
                good = False
                break
            value = value * 10 + digit
            at += 1
        ok[row] = 1 if good else 0
        out[row] = -value if negative else value
    return rows


@helper
def number(data, at, digits):
    """`digits` decimal digits at `at`, or a number below zero when one is none."""
    value = np.int64(0)
    for place in range(digits):
        digit = np.int64(data[at + place]) - 48
        if digit < 0 or digit > 9:
            return np.int64(-(1 << 40))
        value = value * 10 + digit
    return value


@helper
def days(year, month, day):
    """Days since 1970-01-01 in the Gregorian calendar, or a number beyond all years when there is no such day."""
    if year < 1 or month < 1 or month > 12 or day < 1:
        return np.int64(1 << 40)
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    longest = 30 + ((month + (month >> 3)) & 1)
    if month == 2:
        longest = 29 if leap else 28
    if day > longest:
        return np.int64(1 << 40)
    shifted = (month + 9) % 12  # March is 0: the leap day ends the year
    years = year - (1 if month <= 2 else 0)
    return years * 365 + years // 4 - years // 100 + years // 400 + (shifted * 306 + 5) // 10 + day - 1 - 719468


@helper
def clock(data, at, step):
    """Seconds since midnight of hh mm ss, `step` letters apart, or a number below zero."""
    hour = number(data, at, 2)
    minute = number(data, at + step, 2)
    second = number(data, at + 2 * step, 2)
    if hour < 0 or minute < 0 or second < 0 or hour > 23 or minute > 59 or second > 59:
        return np.int64(-1)
    return hour * 3600 + minute * 60 + second


@helper
def zone(data, at, end):
    """Seconds east of UTC of `Z` or `±hh:mm` or `±hhmm` or `±hh`, or 1 << 40 when it is none of these."""
    size = end - at
    if size == 1 and (data[at] == 90 or data[at] == 122):
        return np.int64(0)
    if size not in (3, 5, 6) or (data[at] != 43 and data[at] != 45) or (size == 6 and data[at + 3] != 58):
        return np.int64(1 << 40)
    hours = number(data, at + 1, 2)
    minutes = number(data, end - 2, 2) if size > 3 else np.int64(0)
    if hours < 0 or hours > 23 or minutes < 0 or minutes > 59:
        return np.int64(1 << 40)
    east = hours * 3600 + minutes * 60
    return east if data[at] == 43 else -east


@kernel("u1* i4* i4* u1* i8* u1* i8")
def moment(data, start, stop, ok, out, naive, rows):
    """`yyyyMMddHHmmss`, or `yyyy-MM-dd`, `T` or a space, `HH:mm:ss`, a fraction and a zone if any.

    `out` is in microseconds since 1970, in UTC where the text names a zone, else local with `naive` 1.
    """
    for row in range(rows):
        if ok[row] == 0:
            continue
        at = np.int64(start[row])
        end = np.int64(stop[row])
        good = False
        micros = np.int64(0)
        naive[row] = 1
        if end - at == 14:
            day = days(number(data, at, 4), number(data, at + 4, 2), number(data, at + 6, 2))
            seconds = clock(data, at + 8, 2)
            good = day < (1 << 39) and seconds >= 0
            micros = (day * 86400 + seconds) * 1000000
        elif end - at >= 19 and data[at + 4] == 45 and data[at + 7] == 45 and (data[at + 10] in (84, 32)):
            day = days(number(data, at, 4), number(data, at + 5, 2), number(data, at + 8, 2))
            seconds = clock(data, at + 11, 3) if data[at + 13] == 58 and data[at + 16] == 58 else np.int64(-1)
            good = day < (1 << 39) and seconds >= 0
            micros = (day * 86400 + seconds) * 1000000
            at += 19
            if good and at < end and data[at] == 46:
                at += 1
                scale = np.int64(100000)
                digits = 0
                while at < end and 48 <= data[at] <= 57:
                    micros += (np.int64(data[at]) - 48) * scale
                    scale //= 10
                    digits += 1
                    at += 1
                good = digits > 0
            if good and at < end:
                east = zone(data, at, end)
                good = east < (1 << 39)
                micros -= east * 1000000
                naive[row] = 0
        ok[row] = 1 if good else 0
        out[row] = micros
    return rows


@helper
def hash_of(data, start, stop):
    value = BASIS
    for at in range(start, stop):
        value = (value ^ np.uint64(data[at])) * PRIME
    return value ^ (value >> np.uint64(29))


@kernel("u1* i4* i4* u1* i4* i8 i4* i8 i4*")
def encode(data, start, stop, ok, slots, mask, firsts, rows, codes):
    """Number the distinct values in order of appearance; −1 where `ok` is 0.

    `slots` is `mask + 1` (a power of two above twice the rows) times −1; `firsts` gets the row where each value
    appears first. Returns how many values there are.
    """
    found = 0
    for row in range(rows):
        if ok[row] == 0:
            codes[row] = -1
            continue
        size = stop[row] - start[row]
        slot = np.int64(hash_of(data, start[row], stop[row]) & np.uint64(mask))
        while True:
            code = slots[slot]
            if code < 0:
                slots[slot] = found
                firsts[found] = row
                code = np.int32(found)
                found += 1
                break
            other = firsts[code]
            same = stop[other] - start[other] == size
            if same:
                for place in range(size):
                    if data[start[other] + place] != data[start[row] + place]:
                        same = False
                        break
            if same:
                break
            slot = (slot + 1) & mask
        codes[row] = code
    return found


@kernel("u1* i4* i4* i8 u1* i4*")
def gather(data, start, stop, rows, out, offsets):
    """Lay the values end to end in `out`, with Arrow's `offsets` (one more than the rows)."""
    used = 0
    for row in range(rows):
        offsets[row] = used
        for at in range(start[row], stop[row]):
            out[used] = data[at]
            used += 1
    offsets[rows] = used
    return used
