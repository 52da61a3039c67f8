"""What a bench will meet: each fault shows itself as its kind."""

from __future__ import annotations

import pytest

from samkeeper.chip import simulator
from samkeeper.chip.apdu import Command
from samkeeper.chip.link import Card
from samkeeper.chip.simulator import FaultKind, simulated_sam
from samkeeper.chip.terminal import select
from samkeeper.errors import BadInput, Fault

APPLICATION = select(bytes.fromhex("D15600000590"))
NUMBER = Command(0x00, 0xB0, 0x96, 0x00, le=6)
DELIVER = Command(0xBF, 0xDE, 0x48, 0x12, bytes(24))


def test_a_sound_card_answers_everything() -> None:
    card = Card(simulated_sam("sim"))
    assert card.reset().protocols == (0,)
    assert card.must(NUMBER).hex() == "445200000017"
    card.must(APPLICATION)
    card.must(DELIVER)
    assert card.link.name == "sim"


@pytest.mark.parametrize(("fault", "told"), [("reader", "读卡器已断开"), ("dead", "没有复位应答")])
def test_a_card_that_does_not_wake_is_told(fault: str, told: str) -> None:
    with pytest.raises(Fault, match=told):
        simulated_sam(f"sim:fault={fault}").reset()


def test_bad_contacts_cut_answers() -> None:
    card = Card(simulated_sam("sim:fault=contacts"))
    card.reset()
    with pytest.raises(BadInput, match="不完整"):
        for _ in range(3):
            card.must(NUMBER)


def test_a_locked_application_says_so() -> None:
    card = Card(simulated_sam("sim:fault=locked"))
    card.reset()
    assert f"{card.ask(APPLICATION).status}" == "6283"


@pytest.mark.parametrize(("fault", "said"), [("generation", "6A88"), ("forged", "9000"), ("mismatch", "9000")])
def test_keys_of_another_generation_are_not_found(fault: str, said: str) -> None:
    card = Card(simulated_sam(f"sim:fault={fault}"))
    card.reset()
    card.must(APPLICATION)
    assert f"{card.ask(DELIVER).status}" == said


def test_a_mismatched_card_carries_another_number() -> None:
    card = Card(simulated_sam("sim:fault=mismatch"))
    card.reset()
    assert card.must(NUMBER).hex() == "445200000016"


def test_a_forged_cards_keys_are_nobodys() -> None:
    answers = []
    for address in ("sim", "sim:fault=forged"):
        card = Card(simulated_sam(address))
        card.reset()
        card.must(APPLICATION)
        card.must(DELIVER)
        answers.append(card.must(Command(0x80, 0xFA, 0x00, 0x00, bytes(8), le=256)))
    assert answers[0] != answers[1]


def test_a_hung_reader_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulator, "HANG", 0.01)
    link = simulated_sam("sim:fault=hung")
    link.reset()
    with pytest.raises(Fault, match="没有响应"):
        link.transmit(NUMBER.to_bytes())


@pytest.mark.parametrize("address", ["simulator", "sim:fault=fire", "sim:colour=red"])
def test_an_unknown_reader_is_told(address: str) -> None:
    with pytest.raises(BadInput, match="、".join(FaultKind)):
        simulated_sam(address)
