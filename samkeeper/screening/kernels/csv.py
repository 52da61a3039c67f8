"""Kernels that cut CSV into records and fields (RFC 4180; lines end in LF or CRLF)."""

from __future__ import annotations

from samkeeper.screening.native import helper, kernel

QUOTE, COMMA, LF, CR = 34, 44, 10, 13


@helper
def past_quotes(data, at, end):
    """Where a quoted field that opens at `at` has closed (after its last quote), or −1 when it never does."""
    at += 1
    while at < end:
        if data[at] == QUOTE:
            if at + 1 < end and data[at + 1] == QUOTE:
                at += 1
            else:
                return at + 1
        at += 1
    return -1


@helper
def past_line(data, at, end):
    while at < end and data[at] != LF:
        at += 1
    return at + 1 if at < end else end


@helper
def past_record(data, at, end):
    """Where the next record begins, or −1 when this one does not end here."""
    fresh = True
    while at < end:
        letter = data[at]
        if fresh and letter == QUOTE:
            at = past_quotes(data, at, end)
            if at < 0:
                return -1
            fresh = False
            continue
        if letter == LF:
            return at + 1
        fresh = letter == COMMA
        at += 1
    return -1


@helper
def is_blank(data, at, end):
    return data[at] == LF or (data[at] == CR and at + 1 < end and data[at + 1] == LF)


@kernel("u1* i8 i8*")
def whole_records(data, end, rows):
    """How many bytes make whole records; `rows[0]` gets how many of these are not blank."""
    at = 0
    rows[0] = 0
    while at < end:
        after = past_record(data, at, end)
        if after < 0:
            break
        rows[0] += 0 if is_blank(data, at, end) else 1
        at = after
    return at


@helper
def unescape(data, start, stop):
    """Take the second of every two quotes out, in place; where the text now stops."""
    out = start
    at = start
    while at < stop:
        data[out] = data[at]
        at += 2 if data[at] == QUOTE else 1
        out += 1
    return out


@kernel("u1* i8 i8 i8 i4* i4* u1* u1*")
def fields(data, end, columns, capacity, start, stop, ok, ragged):
    """Cut `end` bytes of whole records into `columns` fields each; returns how many records there are.

    `start`, `stop` and `ok` hold `capacity` values a column, column after column; an empty field has `ok` 0. A
    record with too few or too many fields, or with quotes that do not pair, is `ragged`: its extent is that of
    the line, in the first column. Blank lines are no records.
    """
    at = 0
    rows = 0
    while at < end:
        if is_blank(data, at, end):
            at += 1 if data[at] == LF else 2
            continue
        begin = at
        column = 0
        broken = False
        done = False
        while not done:
            quoted = at < end and data[at] == QUOTE
            first = at
            if quoted:
                closed = past_quotes(data, at, end)
                if closed < 0:
                    broken = True
                    break
                first = at + 1
                last = closed - 1
                at = closed
                broken = broken or (at < end and data[at] != COMMA and data[at] != LF and data[at] != CR)
            while at < end and data[at] != COMMA and data[at] != LF:
                at += 1
            if not quoted:
                last = at
                if (at >= end or data[at] == LF) and last > first and data[last - 1] == CR:
                    last -= 1
            done = at >= end or data[at] == LF
            if column < columns:
                place = column * capacity + rows
                start[place] = first
                stop[place] = unescape(data, first, last) if quoted else last
                ok[place] = 1 if last > first else 0
            column += 1
            at += 1
        ragged[rows] = 0
        if broken or column != columns:
            at = past_line(data, begin, end) if broken else at
            ragged[rows] = 1
            for place in range(columns):
                ok[place * capacity + rows] = 0
                start[place * capacity + rows] = 0
                stop[place * capacity + rows] = 0
            start[rows] = begin
            stop[rows] = min(at, end)
        rows += 1
    return rows
