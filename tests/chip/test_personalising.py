"""A blank chip issued over the wire, its keys coming wrapped out of a vault; torn, locked, and made blank again."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from samkeeper.chip.apdu import Command
from samkeeper.chip.layouts import Family, family
from samkeeper.chip.link import Card
from samkeeper.chip.memory import Image, Life
from samkeeper.chip.sam import Sam
from samkeeper.chip.securing import protected
from samkeeper.chip.simulator import FaultKind, SimulatedLink
from samkeeper.chip.terminal import select
from samkeeper.chip.training import Training, blank_chip
from samkeeper.errors import Fault, Refused
from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.diversify import city_factor, province_factor
from samkeeper.keys.protocol import KeyPath, KeyVault
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault

MF, DF = bytes.fromhex("7378312E73682EC9E7BBE1B1A3D5CF"), bytes.fromhex("D15600000590")
PROVINCE, CITY, CARD = province_factor("445200"), city_factor("445200"), bytes.fromhex("0011223344556677")


class Bureau:
    """A desk that issues one chip: its vault, the chip, and the two makers' ways."""

    def __init__(self, vault: KeyVault, card: Card, training: Training) -> None:
        self.vault, self.card, self.training = vault, card, training
        self.family: Family = family(training.making)
        self.control = KeyPath("control", (training.sam_serial,))
        self.algorithm = 0x04 if training.algorithm is Algorithm.SM4 else 0x00

    def header(self, usage: int, version: int) -> bytes:
        if self.family.name == "fm1208":
            return bytes([usage, 0x00, 0x00, version, 0x33])
        return bytes([usage, 0x18, version, self.algorithm]) + bytes.fromhex("010010030300")

    def write_key(self, path: KeyPath, usage: int, version: int, *, under: KeyPath) -> None:
        wrapped = self.vault.wrap(path, under=under, header=self.header(usage, version))
        values = {"id": version} if self.family.name == "fm1208" else {}
        command = self.family.command("write_key_protected", record=wrapped.cryptogram, **values)
        self.card.must(protected(self.card, command, partial(self.vault.mac, under)))

    def folder(self, form: str, fid: int, name: bytes) -> None:
        rest = dict(create=0, directory=0, list=0, keys=0x40, lock=0, name_size=len(name), name=name.ljust(16, b"\xff"))
        self.card.must(self.family.command(form, fid=fid, control=bytes(10), **rest))

    def file(self, fid: int, content: bytes, *, kind: int = 0x31, write: int = 0x80) -> None:
        rest = dict(kind=kind, read=0, size=len(content), write=write)
        self.card.must(self.family.command("create_file", fid=fid, **rest))
        self.card.must(Command(0x00, 0xA4, 0x02, 0x00, fid.to_bytes(2, "big")))
        self.card.must(Command(0x00, 0xD6, 0x00, 0x00, content))

    def issue(self) -> None:
        """The social security PSAM from a blank of the first family."""
        self.write_key(self.control, 0x00, 0x00, under=KeyPath("transport"))
        self.folder("create_root", 0x3F00, MF)
        self.file(0x0015, self.training.serial_no + bytes(4))
        self.file(0x0016, self.training.sam_no)
        self.folder("create_folder", 0xDF01, DF)
        self.card.must(select(DF))
        self.file(0x0019, b"\xff" * 4, write=0xFF)
        self.write_key(KeyPath("update", (PROVINCE,)), 0x48, 0x12, under=self.control)
        self.card.must(self.family.command("end"))


@pytest.fixture
def vault(tmp_path: Path, training: Training) -> KeyVault:
    made = create_vault(tmp_path / "bureau.vault", Secret(b"bureau"))
    part = Secret(bytes(range(16)))
    for label, value, purpose in (
        ("transport", training.transport(), Purpose.WRAP),
        ("control", training.root("control"), Purpose.WRAP),
        ("update", training.root("update"), Purpose.DERIVE),
    ):
        other = bytes(a ^ b for a, b in zip(value.reveal(), part.reveal(), strict=True))
        made.import_components(label, training.algorithm, [part, Secret(other)], purpose=purpose)
    return made


@pytest.fixture
def bureau(vault: KeyVault, training: Training) -> Iterator[Bureau]:
    card = Card(SimulatedLink(Sam(blank_chip(training))))
    card.reset()
    yield Bureau(vault, card, training)


def test_a_blank_becomes_a_psam_whose_key_is_the_vaults(bureau: Bureau) -> None:
    bureau.issue()
    card, vault = bureau.card, bureau.vault
    card.reset()
    assert card.must(Command(0x00, 0xB0, 0x95, 0x00, le=10)) == bureau.training.serial_no
    card.must(select(DF))
    random = bytes.fromhex("1122334455667788")
    card.must(Command(0xBF, 0xDE, 0x48, 0x12, CARD + CITY + random))
    answer = card.must(Command(0x80, 0xFA, 0x00, 0x00, random, le=256))
    assert vault.check_cryptogram(KeyPath("update", (PROVINCE, CITY, CARD)), random, random, answer)


def test_after_issue_files_are_written_with_a_mac_only(bureau: Bureau) -> None:
    bureau.issue()
    bureau.card.reset()
    plain = Command(0x00, 0xD6, 0x96, 0x00, bytes.fromhex("445200000018"))
    assert f"{bureau.card.ask(plain).status}" == "6987"
    update = Command(0x04, 0xD6, 0x96, 0x00, plain.data)
    for random in (4, 8):
        bureau.card.must(protected(bureau.card, update, partial(bureau.vault.mac, bureau.control), random=random))
    assert bureau.card.must(Command(0x00, 0xB0, 0x96, 0x00, le=6)) == plain.data
    assert f"{bureau.card.ask(update).status}" == "6984"


def test_three_false_macs_lock_the_control_key(bureau: Bureau) -> None:
    bureau.issue()
    bureau.card.reset()
    update = Command(0x04, 0xD6, 0x96, 0x00, bytes(6))
    said = [f"{bureau.card.ask(protected(bureau.card, update, lambda *_: bytes(4))).status}" for _ in range(4)]
    assert said == ["6988", "6988", "6988", "6983"]


def test_a_wrong_transport_key_writes_nothing(bureau: Bureau) -> None:
    wrapped = bureau.vault.wrap(bureau.control, under="control", header=bureau.header(0, 0))
    command = bureau.family.command("write_key_protected", record=wrapped.cryptogram)
    false = protected(bureau.card, command, partial(bureau.vault.mac, KeyPath("control")))
    assert f"{bureau.card.ask(false).status}" == "6988"


def test_an_issued_card_is_not_issued_again_until_made_blank(bureau: Bureau, training: Training) -> None:
    bureau.issue()
    assert f"{bureau.card.ask(bureau.family.command('end')).status}" == "6985"
    assert (
        f"{bureau.card.ask(bureau.family.command('create_file', fid=1, kind=0x31, read=0, size=1, write=0)).status}"
        == "6985"
    )
    bureau.card.reset()
    recycle = bureau.family.forms["recycle"].write({"mac": bytes(4)})
    bare = Command(recycle.cla, recycle.ins, recycle.p1, recycle.p2)
    bureau.card.must(protected(bureau.card, bare, partial(bureau.vault.mac, bureau.control), random=8))
    assert f"{bureau.card.ask(select(MF)).status}" == "6A82"


def test_an_application_is_blocked_and_unblocked(bureau: Bureau) -> None:
    bureau.issue()
    card, mac = bureau.card, partial(bureau.vault.mac, bureau.control)
    card.must(select(DF))
    card.must(protected(card, Command(0x84, 0x1E, 0x00, 0x00), mac))
    assert f"{card.ask(Command(0x00, 0xB0, 0x99, 0x00, le=4)).status}" == "9303"
    assert f"{card.ask(select(DF)).status}" == "6283"
    card.must(protected(card, Command(0x84, 0x18, 0x00, 0x00), mac))
    card.must(select(DF))
    card.must(protected(card, Command(0x84, 0x16, 0x00, 0x00), mac))
    card.reset()
    assert f"{card.ask(select(DF)).status}" == "6A81"


def test_a_second_file_of_a_number_is_refused(bureau: Bureau) -> None:
    bureau.write_key(bureau.control, 0x00, 0x00, under=KeyPath("transport"))
    bureau.folder("create_root", 0x3F00, MF)
    bureau.file(0x0015, bytes(14))
    again = bureau.family.command("create_file", fid=0x0015, kind=0x31, read=0, size=1, write=0)
    assert f"{bureau.card.ask(again).status}" == "9220"


@pytest.mark.parametrize("training", [Algorithm.DES3], indirect=True)  # that maker's keys are 3DES
def test_the_other_makers_way_leads_to_the_same_card(vault: KeyVault, training: Training) -> None:
    other = replace(training, making="fm1208")
    card = Card(SimulatedLink(Sam(blank_chip(other))))
    card.reset()
    bureau = Bureau(vault, card, other)
    rest = dict(size=0x200, create=0, erase=0, application=1)
    card.must(bureau.family.command("create_folder", fid_high=0x3F, fid_low=0x00, name=MF, **rest))
    card.must(bureau.family.command("create_file", fid_high=0x00, fid_low=0x16, kind=0x28, size=6, read=0, write=0x80))
    card.must(Command(0x00, 0xD6, 0x96, 0x00, other.sam_no))
    bureau.write_key(KeyPath("update", (PROVINCE,)), 0x3E, 0x01, under=KeyPath("transport"))
    card.must(bureau.family.command("end"))
    assert card.must(Command(0x00, 0xB0, 0x96, 0x00, le=6)) == other.sam_no
    chip = card.link._chip  # type: ignore[attr-defined]
    assert [(key.usage, key.version) for key in chip.memory.root.keys] == [(0x00, 0), (0x22, 1)]


def test_a_chip_keeps_what_it_was_told_when_the_power_fails(
    bureau: Bureau, vault: KeyVault, training: Training, tmp_path: Path
) -> None:
    """Pulled out in the middle: what was written is there, the rest is not, and issuing goes on from there."""
    image = Image(tmp_path / "chip.image", Secret(b"chip"))
    card = Card(SimulatedLink(Sam(blank_chip(training), image), FaultKind.PULLED))
    card.reset()
    with pytest.raises(Fault, match="取出"):
        Bureau(vault, card, training).issue()
    again = Image(tmp_path / "chip.image", Secret(b"chip")).load()
    assert again.life is Life.ISSUING
    assert again.root is not None
    assert not again.root.files
    resumed = Card(SimulatedLink(Sam(again)))
    resumed.reset()
    Bureau(vault, resumed, training).file(0x0016, training.sam_no)
    assert resumed.must(Command(0x00, 0xB0, 0x96, 0x00, le=6)) == training.sam_no


def test_an_image_shows_no_key_and_comes_back_whole(bureau: Bureau, tmp_path: Path) -> None:
    bureau.issue()
    memory = bureau.card.link._chip.memory  # type: ignore[attr-defined]
    image = Image(tmp_path / "chip.image", Secret(b"chip"))
    image.save(memory)
    assert Image(tmp_path / "chip.image", Secret(b"chip")).load() == memory
    assert bureau.training.province("update").reveal() not in (tmp_path / "chip.image").read_bytes()
    assert "reveal" not in repr(memory)
    assert bureau.training.province("update").reveal().hex() not in repr(memory)


def test_no_key_shows_in_logs_errors_or_representations(
    bureau: Bureau,
    vault: KeyVault,
    training: Training,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    bureau.issue()
    torn = Card(SimulatedLink(Sam(blank_chip(training)), FaultKind.PULLED))
    torn.reset()
    said = []
    for failing in (Bureau(vault, torn, training).issue, lambda: vault.sign("update", b""), bureau.issue):
        with pytest.raises((Fault, Refused)) as caught:
            failing()
        logging.getLogger("samkeeper").exception("personalisation failed", exc_info=caught.value)
        said.append(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
    chip = bureau.card.link._chip  # type: ignore[attr-defined]
    objects = [repr(thing) for thing in (chip.memory, chip.session, vars(vault), vars(bureau), vault.list())]
    everything = "\n".join([caplog.text, *capfd.readouterr(), *map("".join, said), *objects]).lower()
    assert "personalisation failed" in everything
    secret = [training.transport(), training.root("update"), training.root("control"), training.province("update")]
    for key in (*secret, training.key("control", training.sam_serial)):
        assert key.reveal().hex() not in everything
        assert repr(key.reveal())[2:-1].lower() not in everything
