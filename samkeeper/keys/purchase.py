"""A purchase's codes (PBOC 3.0, JR/T 0025 electronic purse): session key, MAC1, MAC2, TAC.

The SM4 forms follow the same layouts under the SM4 rules of `diversify` and `mac`.
"""

from __future__ import annotations

from dataclasses import dataclass

from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.diversify import fold, session_key
from samkeeper.keys.mac import des_cbc_mac, short_mac

PURCHASE = 0x06


@dataclass(frozen=True, slots=True)
class Purchase:
    """What the codes cover. `amount` in fen; `terminal` 6 bytes (EF16); `moment` yyyyMMddHHmmss in BCD, 7 bytes."""

    amount: int
    terminal: bytes
    moment: bytes
    kind: int = PURCHASE

    def head(self) -> bytes:
        return self.amount.to_bytes(4, "big") + bytes([self.kind]) + self.terminal


def purchase_session(
    algorithm: Algorithm, key: bytes, random: bytes, card_sequence: bytes, terminal_sequence: bytes
) -> bytes:
    """SESPK: the purchase key of one card under random 4 ‖ card sequence 2 ‖ terminal sequence's low 2."""
    return session_key(algorithm, key, random + card_sequence + terminal_sequence[-2:])


def mac1(algorithm: Algorithm, session: bytes, purchase: Purchase) -> bytes:
    """The terminal's proof to the card: over amount ‖ type ‖ terminal ‖ date ‖ time."""
    return short_mac(algorithm, session, purchase.head() + purchase.moment)


def mac2(algorithm: Algorithm, session: bytes, amount: int) -> bytes:
    """The card's proof to the terminal: over the amount."""
    return short_mac(algorithm, session, amount.to_bytes(4, "big"))


def tac(algorithm: Algorithm, key: bytes, purchase: Purchase, terminal_sequence: bytes) -> bytes:
    """The card's proof to the back office, under its own TAC key (交易认证码)."""
    return tac_over(algorithm, key, tac_message(purchase, terminal_sequence))


def tac_message(purchase: Purchase, terminal_sequence: bytes) -> bytes:
    """amount 4 ‖ type 1 ‖ terminal 6 ‖ terminal sequence 4 ‖ date and time 7: 22 bytes."""
    return purchase.head() + terminal_sequence + purchase.moment


def tac_over(algorithm: Algorithm, key: bytes, message: bytes) -> bytes:
    """3DES: DES-CBC MAC under left ⊕ right half; SM4: CBC-MAC, zero IV. Left four bytes."""
    if algorithm is Algorithm.DES3:
        return des_cbc_mac(fold(key), message)[:4]
    return short_mac(algorithm, key, message)
