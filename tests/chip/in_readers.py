"""Run in a namespace of its own: pcscd with two virtual readers, a PSAM and a holder's card in them.

Prints one JSON object: what our own PC/SC link and the independent opensc-tool saw. With arguments: runs that command
beside the readers instead, and ends as it ends.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime

from samkeeper.chip import vpcd
from samkeeper.chip.apdu import Command
from samkeeper.chip.engine import Chip
from samkeeper.chip.link import Card
from samkeeper.chip.pcsc import PcscLink, Readers
from samkeeper.chip.sam import Sam
from samkeeper.chip.terminal import Terminal, holder_factors
from samkeeper.chip.training import CARD_UPDATE, UPDATE, Training, sam_memory, user_memory
from samkeeper.chip.user_card import UserCard
from samkeeper.errors import Fault

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def main() -> None:
    daemon = subprocess.Popen(["pcscd", "--foreground"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    training = Training()
    sam, user = Sam(sam_memory(training)), UserCard(user_memory(training))
    wires = [served(chip, port) for chip, port in ((sam, vpcd.PORT), (user, vpcd.PORT + 1))]
    try:
        if sys.argv[1:]:
            patiently(Readers(), "00 00").close()
            sys.exit(subprocess.run(sys.argv[1:], check=False).returncode)
        told = seen(training) | {"pulled": pulled(wires[0]), "hung": hung()}
        sys.stdout.write(json.dumps(told))
        sys.stdout.flush()
    finally:
        daemon.kill()  # it waits for a card that never answers
        daemon.wait()


def served(chip: Chip, port: int) -> socket.socket:
    wire = vpcd.insert(port)
    threading.Thread(target=vpcd.serve, args=(chip, wire), daemon=True).start()
    return wire


def pulled(wire: socket.socket) -> str:
    """What is told when the PSAM is taken out between two commands."""
    readers = Readers()
    link = patiently(readers, first(readers))
    wire.shutdown(socket.SHUT_RDWR)
    return complaint(link)


class Silent(Sam):
    """A chip that wakes up and then says nothing more."""

    def transmit(self, raw: bytes) -> bytes:
        threading.Event().wait()
        return raw


def hung() -> str:
    """What is told when a reader never answers."""
    readers = Readers()
    emptied(readers, first(readers))
    served(Silent(sam_memory(Training())), vpcd.PORT)
    return complaint(patiently(readers, first(readers)))


def emptied(readers: Readers, name: str) -> None:
    """Wait until the daemon has noticed that the card is gone."""
    for _ in range(50):
        try:
            readers.connect(name).close()
        except Fault as fault:
            if "没有卡" in fault.message:
                return
        time.sleep(0.1)


def complaint(link: PcscLink) -> str:
    for _ in range(20):
        try:
            link.transmit(Command(0x00, 0x84, 0x00, 0x00, le=4).to_bytes())
        except Fault as fault:
            link.close()
            return fault.message
        time.sleep(0.1)
    return "nothing"


def first(readers: Readers) -> str:
    return min(readers.names())


def seen(training: Training) -> dict[str, object]:
    readers = Readers()
    links = [patiently(readers, name) for name in sorted(readers.names())]
    terminal = Terminal(Card(links[0]), Card(links[1]))
    factor = terminal.begin()
    terminal.authenticate(
        holder_factors(factor, terminal.city()), usage=UPDATE[0], version=UPDATE[1], card_key=CARD_UPDATE
    )
    receipt = terminal.purchase(1234, at=AT, card_factor=factor)
    atr = links[0].reset().raw
    ours = Card(links[0]).must(Command(0x00, 0xB0, 0x95, 0x00, le=14))
    for link in links:
        link.close()
    return {
        "readers": readers.names(),
        "city": training.city,
        "tac": receipt.tac.hex(),
        "sequence": receipt.terminal_sequence.hex(),
        "factor": factor.hex(),
        "atr": atr.hex(),
        "ef15": ours.hex(),
        "opensc_atr": opensc("--atr"),
        "opensc_ef15": opensc("--send-apdu", "00B095000E"),
    }


def patiently(readers: Readers, name: str) -> PcscLink:
    """The daemon sees a card up to a second after it came."""
    told = ""
    for _ in range(50):
        try:
            return readers.connect(name, patience=1.0)
        except Fault as fault:
            told = fault.message
            time.sleep(0.1)
    sys.exit(f"no card seen in {name}: {told}")


def opensc(*arguments: str) -> str:
    command = ["opensc-tool", "--reader", "0", "--card-driver", "default", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout


if __name__ == "__main__":
    main()
