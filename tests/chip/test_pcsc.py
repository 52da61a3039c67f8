"""Software cards in a real pcscd: our PC/SC link and an independent program see the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from samkeeper.chip.pcsc import Readers
from samkeeper.chip.training import Training
from samkeeper.errors import Fault
from samkeeper.keys import purchase

SCRIPT = Path(__file__).with_name("in_readers.py")
HARDWARE = Path(__file__).parents[1] / "hardware"


def in_namespace(*command: str) -> str:
    """Run where vpcd's ports and pcscd's socket are nobody else's."""
    mine = ["unshare", "--mount", "--net"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount", "--net"]
    shell = 'ip link set lo up && mkdir -p /run/pcscd && mount -t tmpfs tmpfs /run/pcscd && exec "$@"'
    done = subprocess.run(
        [*mine, "sh", "-c", shell, "sh", *command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_both_cards_work_through_a_real_reader_daemon() -> None:
    seen = json.loads(in_namespace(sys.executable, str(SCRIPT)))
    assert len(seen["readers"]) == 2
    training = Training()
    key = training.key("tac", bytes.fromhex(seen["factor"])).reveal()
    terms = purchase.Purchase(1234, training.sam_no, bytes.fromhex("20261121180000"))
    expected = purchase.tac(training.algorithm, key, terms, bytes.fromhex(seen["sequence"]))
    assert seen["tac"] == expected.hex()
    assert seen["opensc_atr"].strip().replace(":", "").lower() == seen["atr"]
    assert seen["ef15"][:20] == training.serial_no.hex()
    assert seen["ef15"][:20].upper() in "".join(seen["opensc_ef15"].split())
    assert seen["pulled"].endswith("请重新插卡。")
    assert seen["hung"] == "读卡器没有响应。请拔下读卡器后重新插好。"


def test_the_hardware_plan_runs_on_the_card_it_names() -> None:
    pytest_on_card = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(HARDWARE), "--reader", "00 00"]
    said = in_namespace(sys.executable, str(SCRIPT), *pytest_on_card, "--card-no", Training().serial_no.hex())
    assert "5 passed" in said


def test_the_hardware_plan_leaves_another_card_alone() -> None:
    pytest_on_card = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", str(HARDWARE), "--reader", "00 00"]
    with pytest.raises(AssertionError, match="another card is in the reader"):
        in_namespace(sys.executable, str(SCRIPT), *pytest_on_card, "--card-no", "0" * 20)


def test_a_missing_service_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PCSCLITE_CSOCK_NAME", "/nowhere")
    with pytest.raises(Fault, match="pcscd"):
        Readers()
