"""The sender's side of secure messaging: a command with the four bytes of MAC that a chip asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from samkeeper.chip.apdu import Command
from samkeeper.chip.link import Card

Mac = Callable[[bytes, bytes], bytes]  # data and IV in, four bytes out: a vault's `mac` under the key agreed on


def protected(card: Card, command: Command, mac: Mac, *, random: int = 4) -> Command:
    """`command` with its MAC, over head ‖ Lc ‖ data, Lc counting the MAC too; the IV is the card's random.

    The random is fetched here, so the result must be the next command the card gets. `random`: 4 or 8 bytes.
    """
    iv = card.must(Command(0x00, 0x84, 0x00, 0x00, le=random))
    length = bytes([len(command.data) + 4])
    return replace(command, data=command.data + mac(command.head + length + command.data, iv))
