from __future__ import annotations

import pytest

from samkeeper.chip.link import Card
from samkeeper.chip.sam import Sam
from samkeeper.chip.simulator import SimulatedLink
from samkeeper.chip.terminal import Terminal
from samkeeper.chip.training import Training, sam_memory, user_memory
from samkeeper.chip.user_card import UserCard
from samkeeper.keys.algorithms import Algorithm


@pytest.fixture(params=[Algorithm.DES3, Algorithm.SM4], ids=str)
def training(request: pytest.FixtureRequest) -> Training:
    return Training(algorithm=request.param)


@pytest.fixture
def sam(training: Training) -> Card:
    card = Card(SimulatedLink(Sam(sam_memory(training))))
    card.reset()
    return card


@pytest.fixture
def user(training: Training) -> Card:
    card = Card(SimulatedLink(UserCard(user_memory(training))))
    card.reset()
    return card


@pytest.fixture
def terminal(sam: Card, user: Card) -> Terminal:
    return Terminal(sam, user)
