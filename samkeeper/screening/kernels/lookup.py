"""Kernels over the index of the history: build it, and judge by it. `history.Index` says how it is laid out."""

from __future__ import annotations

import numpy as np

from samkeeper.screening.native import helper, kernel

MIX = np.uint64(0x9E3779B97F4A7C15)
NOWHERE = np.int64(-1)
STRIDE = 512  # rows whose places are looked up together


@helper
def slot_of(slots, mask, number):
    """Where a card number lies in the hash table, or the empty place where it would."""
    spread = number * MIX
    slot = np.int64((spread ^ (spread >> np.uint64(31))) & np.uint64(mask))
    key = np.int64(number) + 1
    while slots[3 * slot] != 0 and slots[3 * slot] != key:
        slot = (slot + 1) & mask
    return slot


@kernel("i8* i8 u8* i8 i4*")
def count(slots, mask, sam, rows, place):
    """Enter the numbers into an empty table, count the rows of each, and note the slot of every row."""
    distinct = 0
    for row in range(rows):
        slot = slot_of(slots, mask, sam[row])
        if slots[3 * slot] == 0:
            slots[3 * slot] = np.int64(sam[row]) + 1
            distinct += 1
        slots[3 * slot + 2] += 1
        place[row] = slot
    return distinct


@kernel("i8* i8")
def allot(slots, mask):
    """Give each card the first place of its run; counts start again from 0."""
    used = np.int64(0)
    for slot in range(mask + 1):
        slots[3 * slot + 1] = used
        used += slots[3 * slot + 2]
        slots[3 * slot + 2] = 0
    return used


@kernel("i8* i4* i8 i8* i8* i8* i8* i8* i8* i8*")
def lay(slots, place, rows, start, until, event, word, device, starts, record):
    """Put every row into its card's run, in the order of the rows."""
    for row in range(rows):
        slot = 3 * np.int64(place[row])
        at = slots[slot + 1] + slots[slot + 2]
        slots[slot + 2] += 1
        starts[at] = start[row]
        record[4 * at] = until[row]
        record[4 * at + 1] = event[row]
        record[4 * at + 2] = word[row]
        record[4 * at + 3] = device[row]
    return rows


@helper
def swap(starts, record, one, other):
    starts[one], starts[other] = starts[other], starts[one]
    for field in range(4):
        record[4 * one + field], record[4 * other + field] = record[4 * other + field], record[4 * one + field]
    return 0


@kernel("i8* i8 i8* i8* i8")
def sort_runs(slots, mask, starts, record, longest):
    """Sort each run of up to `longest` periods by its start."""
    for slot in range(mask + 1):
        first = slots[3 * slot + 1]
        size = slots[3 * slot + 2]
        if size > longest:
            continue
        for at in range(first + 1, first + size):
            back = at
            while back > first and starts[back - 1] > starts[back]:
                swap(starts, record, back - 1, back)
                back -= 1
    return 0


@kernel("i8* i8 i8* i8*")
def find_overlap(slots, mask, starts, record):
    """The slot of a card with two periods at once, or −1."""
    for slot in range(mask + 1):
        first = slots[3 * slot + 1]
        for at in range(first + 1, first + slots[3 * slot + 2]):
            if starts[at] < record[4 * (at - 1)]:
                return slot
    return -1


@kernel("i8* i8 u8* i8 u1*")
def known(slots, mask, sam, rows, out):
    """1 for each number that the table holds."""
    for row in range(rows):
        out[row] = slots[3 * slot_of(slots, mask, sam[row])] != 0
    return rows


@helper
def last_start(starts, first, size, time):
    """The last period of a run that has begun by a moment, or −1."""
    low = first
    if size > 16:
        high = first + size
        while low < high:
            middle = (low + high) >> 1
            if starts[middle] <= time:
                low = middle + 1
            else:
                high = middle
    else:
        for at in range(first, first + size):
            low += 1 if starts[at] <= time else 0
    return low - 1 if low > first else NOWHERE


@helper
def elsewhere(place, devices, data, start, stop):
    """Whether a period's device and a transaction's are not the same."""
    size = place & 0xFFFF
    if size != stop - start:
        return True
    at = place >> 16
    for offset in range(size):
        if devices[at + offset] != data[start + offset]:
            return True
    return False


@helper
def locate(sam, time, fault, begin, end, slots, mask, starts, record, first, size):
    """Find the periods that cover a stride of rows: `first` gets their places, −1 where none covers the moment.

    One look at memory at a time for the whole stride: so the processor waits for many rows at once.
    """
    for row in range(begin, end):
        slot = 3 * slot_of(slots, mask, sam[row])
        first[row - begin] = slots[slot + 1]
        size[row - begin] = slots[slot + 2] if fault[row] == 0 else 0
    for row in range(begin, end):
        first[row - begin] = last_start(starts, first[row - begin], size[row - begin], time[row])
    for row in range(begin, end):
        at = first[row - begin]
        if at >= 0 and time[row] >= record[4 * at]:
            first[row - begin] = -1
    return 0


@kernel("u8* i8* i4* i8* u1* i4* i4* u1* u1* u1* u4* i8 i8* i8 i8* i8* u1* i8 u1* i8* i8* u1* u2* i8*")
def judge(
    sam,
    time,
    institution,
    business,
    device,
    device_start,
    device_stop,
    device_ok,
    bound,
    forged,
    fault,
    rows,
    slots,
    mask,
    starts,
    record,
    devices,
    known_from,
    verdict_of,
    first,
    size,
    verdict,
    flags,
    event,
):
    """Judge every well-formed row as of its own moment.

    `institution` is the index's number or −1; `bound` says by row whether the book binds the sender; `forged` is 1
    where a TAC failed and 2 where one could not be checked. `verdict_of` has the verdict of each set of fitting
    kinds (bit 0 counterfeit … 3 unauthorized) for an unbound sender, then for a bound one. `event` gets −2⁶³ where
    no period covers the moment. `first` and `size` are room for a stride. Flags: see `judging.FLAGS`.
    """
    for begin in range(0, rows, STRIDE):
        end = min(begin + STRIDE, rows)
        locate(sam, time, fault, begin, end, slots, mask, starts, record, first, size)
        for row in range(begin, end):
            period = 4 * first[row - begin]
            fits = np.int64(1 if forged[row] == 1 else 0)
            noted = np.int64(0)
            early = False
            event[row] = -(1 << 63)
            size[row - begin] = -1
            if period < 0:
                early = time[row] < known_from
                fits |= 0 if early else 1
                noted = 16 if early else 0
            else:
                word = record[period + 2]
                event[row] = record[period + 1]
                fits |= 2 * ((word >> 58) & 1)
                fits |= 4 if ((word >> 32) & 0x3FFFFFF) - 1 != institution[row] or institution[row] < 0 else 0
                fits |= 8 * (1 - ((word >> (business[row] & 31)) & 1))
                noted |= ((word >> 59) & 3) << 5
                size[row - begin] = record[period + 3] if device_ok[row] == 1 else -1
            code = np.uint8(0) if early else verdict_of[fits + 16 * bound[row]]
            verdict[row] = code
            flags[row] = (fits | noted if code == 0 else 0) | (256 if forged[row] == 2 else 0)
        for row in range(begin, end):
            place = size[row - begin]
            if place >= 0 and verdict[row] == 0:
                moved = elsewhere(place, devices, device, device_start[row], device_stop[row])
                flags[row] |= np.uint16(128 if moved else 0)
    return rows


@kernel("i4* i8* i8* u1* u4* i8 i8 i8* i8")
def tally(sender, local, amount, verdict, fault, rows, used, table, mask):
    """Count rows and add up amounts by sender, local day and verdict in an open hash table.

    `table` holds (key, count, amount) with key 0 for empty; key − 1 is sender ‖ day ‖ verdict in 32, 28 and 3 bits.
    Returns how many keys there are, −1 when the table grew too full, −2 when a sum leaves int64: then start anew.
    """
    for row in range(rows):
        if fault[row] != 0:
            continue
        micros = local[row]
        day = micros // 86400000000
        key = (np.int64(sender[row]) << 31 | ((day + (1 << 27)) << 3) | np.int64(verdict[row])) + 1
        spread = np.uint64(key) * MIX
        slot = np.int64((spread ^ (spread >> np.uint64(29))) & np.uint64(mask))
        while table[3 * slot] != 0 and table[3 * slot] != key:
            slot = (slot + 1) & mask
        if table[3 * slot] == 0:
            used += 1
            if 2 * used > mask:
                return -1
            table[3 * slot] = key
        table[3 * slot + 1] += 1
        table[3 * slot + 2] += amount[row]
        if table[3 * slot + 2] < 0:
            return -2
    return used
