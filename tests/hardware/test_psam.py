"""What every social security PSAM must do, read-only: no key is tried, no file is written."""

from __future__ import annotations

import time

from samkeeper.chip import tlv
from samkeeper.chip.apdu import Command
from samkeeper.chip.layouts import family
from samkeeper.chip.link import Card
from samkeeper.chip.terminal import select

APPLICATION = family("social").aid("application")


def test_the_chip_wakes_in_time(card: Card) -> None:
    begun = time.monotonic()
    assert card.reset().raw[0] in (0x3B, 0x3F)
    assert time.monotonic() - begun < 3.0


def test_the_terminal_number_is_twelve_digits(card: Card) -> None:
    assert len(card.must(Command(0x00, 0xB0, 0x96, 0x00, le=6))) == 6


def test_the_application_is_there_and_open(card: Card) -> None:
    assert tlv.find(card.must(select(APPLICATION)), 0x6F) is not None


def test_randoms_differ(card: Card) -> None:
    challenge = Command(0x00, 0x84, 0x00, 0x00, le=8)
    assert len({card.must(challenge) for _ in range(8)}) == 8


def test_an_unknown_key_is_refused_and_costs_no_try(card: Card) -> None:
    card.must(select(APPLICATION))
    for _ in range(5):
        answer = card.ask(family("social").command("deliver", usage=0x48, version=0xEE, factors=bytes(24)))
        assert not answer.status.ok
        assert answer.status.tries_left is None
