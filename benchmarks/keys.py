"""Keys in bulk: ten million cards derived and wrapped, and TACs confirmed, beside what one would write by hand.

Derivation is measured in cipher blocks a second against `openssl speed` for the same cipher and against one library
call a card; confirming a TAC against one derivation and one MAC a row. Time is this process's own on the processor, as
`openssl speed` counts it. Ratios of runs close in time are what counts.
"""

from __future__ import annotations

import re
import resource
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from samkeeper.keys.algorithms import Algorithm, Purpose
from samkeeper.keys.cipher import encrypt_blocks
from samkeeper.keys.diversify import diversify
from samkeeper.keys.protocol import KeyVault
from samkeeper.keys.purchase import tac_over
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault

CARDS = 10_000_000
CHUNK = 1 << 13
SINGLES = 20_000
TACS = 400_000
ROUNDS = 5
OPENSSL_NAMES = {Algorithm.SM4: "sm4-ecb", Algorithm.DES3: "des-ede-ecb"}
BLOCKS_A_CARD = {Algorithm.SM4: 1 + 2, Algorithm.DES3: 2 + 3}  # derive, then wrap length ‖ key ‖ padding


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        vault = create_vault(Path(folder) / "bench.vault", Secret(b"benchmark"))
        for algorithm in OPENSSL_NAMES:
            name = algorithm.lower()
            vault.generate(name, algorithm)
            vault.generate(f"{name}.transport", algorithm, Purpose.WRAP)
            derivation(vault, algorithm)
            confirmation(vault, algorithm)


def derivation(vault: KeyVault, algorithm: Algorithm) -> None:
    before = peak_megabytes()
    seconds = timed(lambda: derive_all(vault, algorithm))
    blocks = CARDS * BLOCKS_A_CARD[algorithm] / seconds
    limit = openssl_blocks(algorithm)
    single = SINGLES * BLOCKS_A_CARD[algorithm] / timed(lambda: derive_singly(algorithm))
    print(
        f"{algorithm}: {CARDS:,} cards derived and wrapped in {seconds:.1f} CPU s, {blocks / 1e6:.2f} M blocks/s, "
        f"{blocks / limit:.2f}x openssl speed, {blocks / single:.0f}x one call a card, "
        f"memory +{peak_megabytes() - before:.0f} MB"
    )


def derive_all(vault: KeyVault, algorithm: Algorithm) -> None:
    for start in range(0, CARDS, CHUNK):
        factors = serials(start, min(start + CHUNK, CARDS))
        vault.derive_wrapped(algorithm.lower(), factors, under=f"{algorithm.lower()}.transport")


def derive_singly(algorithm: Algorithm) -> None:
    root, transport = bytes(range(16)), bytes(range(16, 32))
    padding = b"\x80" + bytes(BLOCKS_A_CARD[algorithm] * algorithm.block)
    width = -(-17 // algorithm.block) * algorithm.block
    for factor in serials(0, SINGLES):
        key = diversify(algorithm, root, factor.tobytes())
        encrypt_blocks(algorithm, transport, (b"\x10" + key + padding)[:width])


def confirmation(vault: KeyVault, algorithm: Algorithm) -> None:
    """A row each: derive the card's TAC key, compute the code, compare."""
    factors = serials(0, TACS)
    data = np.random.default_rng(1).integers(0, 256, (TACS, 22), np.uint8)
    tacs = np.zeros((TACS, 4), np.uint8)
    vault.check_tacs(algorithm.lower(), factors[:1], data[:1], tacs[:1])  # compiled once, not measured
    ratios, rates = [], []
    for _ in range(ROUNDS):
        ours = TACS / timed(lambda: vault.check_tacs(algorithm.lower(), factors, data, tacs))
        theirs = SINGLES / timed(lambda: confirm_singly(algorithm, factors[:SINGLES], data))
        ratios.append(ours / theirs)
        rates.append(ours)
    print(
        f"{algorithm}: {statistics.median(rates) / 1e6:.2f} M TACs/s, "
        f"{statistics.median(ratios):.1f}x one call a row (median of {ROUNDS})"
    )


def confirm_singly(algorithm: Algorithm, factors: np.ndarray, data: np.ndarray) -> None:
    root = bytes(range(16))
    for factor, message in zip(factors, data, strict=False):
        tac_over(algorithm, diversify(algorithm, root, factor.tobytes()), message.tobytes())


def serials(start: int, stop: int) -> np.ndarray:
    return np.arange(start, stop, dtype=">u8").view(np.uint8).reshape(-1, 8)


def openssl_blocks(algorithm: Algorithm) -> float:
    """Blocks a second of `openssl speed` over 16 KiB, its usual measure."""
    command = ["openssl", "speed", "-evp", OPENSSL_NAMES[algorithm], "-bytes", "16384", "-seconds", "3"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    kilobytes = re.findall(r"([0-9.]+)k\s*$", text)
    return float(kilobytes[-1]) * 1000 / algorithm.block


def timed(work: Callable[[], object]) -> float:
    """CPU seconds."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak_megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
