"""Every story under every book: which moves it makes, in which order, under which articles."""

from __future__ import annotations

import pytest

from samkeeper.cli.story import NAMES
from samkeeper.errors import BadInput
from samkeeper.rules.book import library
from samkeeper.stories.tales import TALES
from tests.paths.told import Told

pytestmark = pytest.mark.django_db

LIFE = "receive initialize personalize shelve issue bind"

# The moves of each story; what a book does not say is not done.
MOVES = {
    ("beijing", "application"): "issue bind",
    ("beijing", "loss"): "suspend bind cancel",
    ("beijing", "theft"): "suspend bind cancel",
    ("beijing", "damage"): "hand_in cancel recover issue bind",
    ("beijing", "closure"): "hand_in cancel recover",
    ("beijing", "disqualification"): "cancel cancel cancel recover recover recover",
    ("beijing", "change"): "rebind",
    ("beijing", "life"): f"{LIFE} hand_in cancel recover destroy",
    ("jieyang", "application"): "issue bind",
    ("jieyang", "loss"): "suspend cancel",
    ("jieyang", "theft"): "suspend cancel",
    ("jieyang", "damage"): "hand_in cancel recover",
    ("jieyang", "closure"): "cancel recover",
    ("jieyang", "change"): "rebind",
    ("jieyang", "life"): f"{LIFE} cancel recover destroy",
    ("health", "application"): "issue bind",
    ("health", "loss"): "suspend cancel",
    ("health", "theft"): "suspend cancel",
    ("health", "damage"): "hand_in cancel recover issue bind",
    ("health", "closure"): "hand_in take_back",
    ("health", "disqualification"): "cancel cancel cancel recover recover recover",
    ("health", "change"): "rebind",
    ("health", "life"): f"{LIFE} hand_in cancel recover destroy",
}


@pytest.mark.parametrize(("book", "name"), MOVES)
def test_story_makes_the_moves_of_its_book(book: str, name: str) -> None:
    stage = Told(book)
    TALES[name](stage)
    assert " ".join(move for move, _ in stage.moves) == MOVES[book, name]
    assert stage.case is not None
    stage.case.refresh_from_db()
    assert not stage.case.is_open


@pytest.mark.parametrize(("book", "name"), MOVES)
def test_every_line_has_a_clause_of_a_book_on_file(book: str, name: str) -> None:
    stage = Told(book)
    TALES[name](stage)
    titles = tuple(text.title for text in library()[book].chain())
    assert all(line.clause.startswith(titles) and line.step and line.actor for line in stage.lines)


def test_jieyang_knows_no_disqualification_and_names_who_does() -> None:
    with pytest.raises(BadInput, match=r"beijing.*health"):
        TALES["disqualification"](Told("jieyang"))


def test_every_name_has_its_tale() -> None:
    assert set(NAMES) == set(TALES)


def test_sound_card_goes_back_to_its_unit() -> None:
    stage = Told("beijing")
    stage.verdict = "sound"
    TALES["damage"](stage)
    assert [move for move, _ in stage.moves] == ["hand_in", "pass_test"]
    assert stage.states()[0] == "issued"


def test_health_card_may_do_what_its_purpose_says() -> None:
    stage = Told("health")
    TALES["application"](stage)
    (issued,) = [line for line in stage.lines if line.action == "issue"]
    purpose = library()["health"].purposes[0]
    assert stage.case.cards.get(card__sam_no=issued.card).card.permissions == purpose.mask
