"""Kernels that find a SAM whose counter does not rise. An entry is three words: card number, moment, counter ‖ row."""

from __future__ import annotations

import numpy as np

from samkeeper.screening.native import helper, kernel

MIX = np.uint64(0x9E3779B97F4A7C15)
SMALL = 12  # stretches this short are sorted by insertion, then merged


@helper
def share_of(number, shift):
    """The share that a card's entries go to: the upper bits of its number, well mixed; shift 64 is one share."""
    return np.int64((number * MIX) >> np.uint64(shift)) if shift < 64 else np.int64(0)


@kernel("u8* i8* u4* i8 i8 i8*")
def weigh(sam, sequence, fault, rows, shift, sizes):
    """Count the entries of each share; returns how many there are."""
    total = 0
    for row in range(rows):
        if fault[row] == 0 and sequence[row] >= 0:
            sizes[share_of(sam[row], shift)] += 1
            total += 1
    return total


@kernel("u8* i8* i8* u4* i8 i8 i8 i8* i8*")
def scatter(sam, time, sequence, fault, rows, first, shift, places, entries):
    """Lay the entries out share by share; well-formed rows are numbered from `first`. Returns the next number."""
    number = first
    for row in range(rows):
        if fault[row] != 0:
            continue
        if sequence[row] >= 0:
            share = share_of(sam[row], shift)
            at = 3 * places[share]
            places[share] += 1
            entries[at] = np.int64(sam[row])
            entries[at + 1] = time[row]
            entries[at + 2] = sequence[row] << 32 | number
        number += 1
    return number


@kernel("u8* i8 i8 i8* i8 i8 i4*")
def enlist(cards, stride, rows, slots, mask, known, ids):
    """Number the cards on from `known`, in order of appearance; every `stride`th word of `cards` is one.

    `slots` holds (number + 1, id) by hash. Returns how many cards are known now.
    """
    for row in range(rows):
        spread = cards[stride * row] * MIX
        slot = np.int64((spread ^ (spread >> np.uint64(31))) & np.uint64(mask))
        key = np.int64(cards[stride * row]) + 1
        while slots[2 * slot] != 0 and slots[2 * slot] != key:
            slot = (slot + 1) & mask
        if slots[2 * slot] == 0:
            slots[2 * slot] = key
            slots[2 * slot + 1] = known
            known += 1
        ids[row] = slots[2 * slot + 1]
    return known


@kernel("u8* i4* i8 i8* i8* u8*")
def arrange(entries, ids, rows, places, times, words):
    """Lay moment and counter ‖ position out card by card; `places` says where each card's next one goes."""
    for row in range(rows):
        at = places[ids[row]]
        places[ids[row]] += 1
        times[at] = np.int64(entries[3 * row + 1])
        words[at] = (entries[3 * row + 2] & np.uint64(0xFFFFFFFF00000000)) | np.uint64(row)
    return rows


@helper
def after(times, words, one, other):
    return times[one] > times[other] or (times[one] == times[other] and words[one] > words[other])


@helper
def sort_stretch(times, words, first, last):
    for at in range(first + 1, last):
        back = at
        while back > first and after(times, words, back - 1, back):
            times[back - 1], times[back] = times[back], times[back - 1]
            words[back - 1], words[back] = words[back], words[back - 1]
            back -= 1
    return 0


@helper
def merge(times, words, first, middle, last, spare_times, spare_words):
    """Merge two sorted neighbours; the left one waits in the spare arrays meanwhile."""
    size = middle - first
    for at in range(size):
        spare_times[at] = times[first + at]
        spare_words[at] = words[first + at]
    left = 0
    right = middle
    out = first
    while left < size:
        from_right = right < last and (
            times[right] < spare_times[left] or (times[right] == spare_times[left] and words[right] < spare_words[left])
        )
        if from_right:
            times[out] = times[right]
            words[out] = words[right]
            right += 1
        else:
            times[out] = spare_times[left]
            words[out] = spare_words[left]
            left += 1
        out += 1
    return 0


@kernel("i8* i8 i8* u8* i8* u8*")
def sort_cards(edges, cards, times, words, spare_times, spare_words):
    """Sort each card's entries, `edges[card]` to `edges[card + 1]`, by moment, counter and position."""
    for card in range(cards):
        first = edges[card]
        last = edges[card + 1]
        for at in range(first, last, SMALL):
            sort_stretch(times, words, at, min(at + SMALL, last))
        width = SMALL
        while width < last - first:
            for at in range(first, last - width, 2 * width):
                if after(times, words, at + width - 1, at + width):
                    merge(times, words, at, at + width, min(at + 2 * width, last), spare_times, spare_words)
            width *= 2
    return 0


@kernel("i8* i8 i8* u8* i8* i8* i4* i8")
def scan(edges, cards, times, words, last_time, last_counter, hits, room):
    """Find entries whose counter does not rise; `hits` gets the positions of the first `room`. Returns how many.

    `last_time` and `last_counter` bring each card's last entry from before (counter −1 for none), which takes its
    place at its own moment, and leave with the last one now.
    """
    found = 0
    for card in range(cards):
        carried = last_counter[card]
        previous = np.int64(-1)
        for at in range(edges[card], edges[card + 1]):
            if carried >= 0 and times[at] >= last_time[card]:
                previous = carried
                carried = -1
            counter = np.int64(words[at] >> np.uint64(32))
            if counter <= previous:
                if found < room:
                    hits[found] = np.int64(words[at] & np.uint64(0xFFFFFFFF))
                found += 1
            previous = counter
        if previous >= 0 and carried < 0:
            last_time[card] = times[edges[card + 1] - 1]
            last_counter[card] = previous
    return found
