"""A PSAM and a holder's card brought together: authentication both ways, an update, a purchase."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from samkeeper.chip.apdu import Command
from samkeeper.chip.link import Card, CardRefused
from samkeeper.chip.memory import HOLDER
from samkeeper.chip.sam import Sam
from samkeeper.chip.simulator import SimulatedLink
from samkeeper.chip.terminal import MEDICAL, Receipt, Terminal, holder_factors, select
from samkeeper.chip.training import BALANCE, CARD_PROOF, CARD_UPDATE, PROOF, UPDATE, Training, sam_memory, user_memory
from samkeeper.chip.user_card import UserCard
from samkeeper.errors import BadInput
from samkeeper.keys.purchase import tac_message
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault

AT = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


def authenticated(terminal: Terminal) -> bytes:
    factor = terminal.begin()
    factors = holder_factors(factor, terminal.city())
    terminal.authenticate(factors, usage=UPDATE[0], version=UPDATE[1], card_key=CARD_UPDATE)
    return factor


def test_holder_data_are_written_after_authentication_only(terminal: Terminal) -> None:
    terminal.begin()
    with pytest.raises(CardRefused, match="6982"):
        terminal.update_record(0x06, 0x0A, b"2")
    authenticated(terminal)
    terminal.update_record(0x06, 0x0A, b"2")
    assert terminal.read_record(0x06, 0x0A) == b"2"


def test_a_card_proves_itself(terminal: Terminal) -> None:
    factors = holder_factors(terminal.begin(), terminal.city())
    assert terminal.confirm_card(factors, usage=PROOF[0], version=PROOF[1], card_key=CARD_PROOF)


def test_a_card_of_other_keys_does_not(training: Training, sam: Card) -> None:
    stranger = replace(training, city="110000")
    terminal = Terminal(sam, Card(SimulatedLink(UserCard(user_memory(stranger)))))
    factors = holder_factors(terminal.begin(), "445200")
    assert not terminal.confirm_card(factors, usage=PROOF[0], version=PROOF[1], card_key=CARD_PROOF)


def test_three_false_proofs_lock_the_key(terminal: Terminal, user: Card) -> None:
    terminal.begin()
    said = []
    for _ in range(4):
        user.must(Command(0x00, 0x84, 0x00, 0x00, le=8))
        said.append(f"{user.ask(Command(0x00, 0x82, 0x00, CARD_UPDATE, bytes(16))).status}")
    assert said == ["63C2", "63C1", "63C0", "6983"]
    user.reset()
    with pytest.raises(CardRefused, match="6983"):
        authenticated(terminal)


def test_a_right_proof_fills_the_counter_again(terminal: Terminal, user: Card) -> None:
    terminal.begin()
    for _ in range(2):
        user.must(Command(0x00, 0x84, 0x00, 0x00, le=8))
        user.ask(Command(0x00, 0x82, 0x00, CARD_UPDATE, bytes(16)))
    authenticated(terminal)
    user.must(Command(0x00, 0x84, 0x00, 0x00, le=8))
    assert user.ask(Command(0x00, 0x82, 0x00, CARD_UPDATE, bytes(16))).status.tries_left == 2


def test_a_pin_is_checked(terminal: Terminal, user: Card) -> None:
    terminal.begin()
    assert user.ask(Command(0x00, 0x20, 0x00, 0x00, b"\x11\x11\x11")).status.tries_left == 2
    user.link._chip.memory.root.files[0xEF06].read = HOLDER  # type: ignore[attr-defined]
    with pytest.raises(CardRefused, match="6982"):
        terminal.read_record(0x06, 0x0A)
    assert user.ask(Command(0x00, 0x20, 0x00, 0x00, b"\x12\x34\x56")).status.ok
    assert terminal.read_record(0x06, 0x0A) == b"1"


def test_a_purchase_runs_end_to_end_and_its_tac_is_confirmed(
    terminal: Terminal, training: Training, tmp_path: Path
) -> None:
    factor = authenticated(terminal)
    receipts = [terminal.purchase(amount, at=AT, card_factor=factor) for amount in (1250, 1, 98_749)]
    assert [receipt.balance_before for receipt in receipts] == [BALANCE, BALANCE - 1250, BALANCE - 1251]
    assert [receipt.terminal_sequence.hex() for receipt in receipts] == ["00000000", "00000001", "00000002"]
    assert confirmed(receipts, training, tmp_path) == [True, True, True]
    forged = replace(receipts[0], purchase=replace(receipts[0].purchase, amount=1251))
    assert confirmed([forged], training, tmp_path / "again") == [False]
    with pytest.raises(CardRefused, match="9401"):
        terminal.purchase(1, at=AT, card_factor=factor)


def confirmed(receipts: list[Receipt], training: Training, folder: Path) -> list[bool]:
    """As the back office does: in a vault that holds the TAC root, from what travelled with the transactions."""
    folder.mkdir(exist_ok=True)
    part = bytes(range(16))
    root = bytes(a ^ b for a, b in zip(training.root("tac").reveal(), part, strict=True))
    with create_vault(folder / "office.vault", Secret(b"office")) as vault:
        vault.import_components("tac", training.algorithm, [Secret(part), Secret(root)])
        messages = [tac_message(receipt.purchase, receipt.terminal_sequence) for receipt in receipts]
        columns = ([receipt.card_factor for receipt in receipts], messages, [receipt.tac for receipt in receipts])
        arrays = [np.array([list(row) for row in column], np.uint8) for column in columns]
        return vault.check_tacs("tac", *arrays).tolist()


def test_a_false_mac1_takes_no_money(terminal: Terminal, user: Card) -> None:
    authenticated(terminal)
    user.must(select(MEDICAL))
    user.must(Command(0x80, 0x50, 0x01, 0x02, b"\x01" + (100).to_bytes(4, "big") + bytes(6), le=15))
    refused = user.ask(Command(0x80, 0x54, 0x01, 0x00, bytes(15), le=8))
    assert f"{refused.status}" == "9302"
    assert user.must(Command(0x80, 0x5C, 0x00, 0x02, le=4)) == BALANCE.to_bytes(4, "big")


def test_false_mac2_locks_the_purchase_key_and_never_repeats_a_number(terminal: Terminal, sam: Card) -> None:
    terminal.begin()
    order = dict(random=bytes(4), sequence=bytes(2), amount=1, kind=6, moment=bytes(7), version=1, factors=bytes(8))
    order["algorithm"] = 0 if sam_algorithm(sam) == "3DES" else 4
    numbers, said = [], []
    for _ in range(3):
        numbers.append(sam.must(terminal.family.command("init_purchase", **order))[:4].hex())
        said.append(f"{sam.ask(terminal.family.command('credit_purchase', mac2=bytes(4))).status}")
    assert numbers == ["00000000", "00000001", "00000002"]
    assert said == ["9302"] * 3
    assert f"{sam.ask(terminal.family.command('init_purchase', **order)).status}" == "9303"


def sam_algorithm(sam: Card) -> str:
    return sam.link._chip.memory.root.keys[0].algorithm  # type: ignore[attr-defined]


@pytest.mark.parametrize("tag", [0x02, 0x99])
def test_a_record_is_read_by_its_tag(terminal: Terminal, tag: int) -> None:
    terminal.begin()
    if tag == 0x99:
        with pytest.raises(CardRefused, match="6A83"):
            terminal.read_record(0x05, tag)
    else:
        assert terminal.read_record(0x05, tag) == b"\x01"


def test_a_terminal_needs_a_known_family(sam: Card, user: Card) -> None:
    with pytest.raises(BadInput, match="可用的指令族：fm1208、health、pboc、social、yinengda"):
        Terminal(sam, user, "nobody")


@pytest.mark.parametrize("commands", ["health", "pboc"])
def test_other_families_deliver_keys_their_own_way(training: Training, commands: str) -> None:
    other = replace(training, commands=commands)
    sam = Card(SimulatedLink(Sam(sam_memory(other))))
    terminal = Terminal(sam, Card(SimulatedLink(UserCard(user_memory(other)))), commands)
    factors = holder_factors(terminal.begin(), training.city)
    blocks = b"".join(factors) + (b"" if commands == "pboc" else bytes(8))
    sam.must(terminal.family.command("deliver", usage=0x48, version=0x12, factors=blocks))
    assert f"{sam.ask(Command(0xBF, 0xDE, 0x48, 0x12, bytes(24))).status}" in ("6D00", "6E00")
