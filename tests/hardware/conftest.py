"""A real reader and a real card, both named: `pytest tests/hardware --reader NAME --card-no SERIAL`.

Without both, nothing here is collected. The serial is the one printed on the face (EF15, 20 digits): a card that
carries another is not touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from samkeeper.chip.apdu import Command
from samkeeper.chip.link import Card
from samkeeper.chip.pcsc import Readers


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--reader", help="the reader's name or a part of it that fits one reader only")
    parser.addoption("--card-no", help="the serial on the card's face, 20 digits")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    named = config.getoption("reader", None) and config.getoption("card_no", None)
    return None if named else True


@pytest.fixture
def card(pytestconfig: pytest.Config) -> Iterator[Card]:
    """The named card, after a reset; the test fails before any other command if it is another one."""
    readers = Readers()
    with Card(readers.connect(pytestconfig.getoption("reader"))) as found:
        found.reset()
        serial = found.must(Command(0x00, 0xB0, 0x95, 0x00, le=10)).hex().upper()
        assert serial == pytestconfig.getoption("card_no"), f"another card is in the reader: {serial}"
        yield found
    readers.close()
