"""The table of states and moves: legal, closed, one-way at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from samkeeper.cli.docs import PAGES
from samkeeper.errors import Refused
from samkeeper.lifecycle import MOVES, STATES, UNBORN, Part, Phase, Reason, allowed, parts, target

WORKING = {"in_stock", "issued", "in_service"}
ENDED = {code for code, state in STATES.items() if state.phase is Phase.END}

sequences = st.lists(st.sampled_from(sorted(MOVES)), max_size=40)


def walk(moves: list[str]) -> list[str]:
    """The states a card goes through when every legal move of `moves` is made and every other refused."""
    path = [UNBORN]
    for code in moves:
        if MOVES[code] in allowed(path[-1]):
            path.append(target(path[-1], code))
        else:
            with pytest.raises(Refused):
                target(path[-1], code)
    return path


@given(sequences)
def test_cancelled_card_never_works_again(moves: list[str]) -> None:
    path = walk(moves)
    ended = [state in ENDED for state in path]
    assert ended == sorted(ended), path


@given(sequences)
def test_void_and_blacklist_never_end_once_cancelled(moves: list[str]) -> None:
    after = [state for state in walk(moves) if state in ENDED]
    assert all(STATES[state].void and STATES[state].blacklisted for state in after)


def test_every_state_is_reached_and_every_source_exists() -> None:
    assert {move.target for move in MOVES.values()} == set(STATES)
    assert set().union(*(move.sources for move in MOVES.values())) <= set(STATES)


def test_nothing_enters_twice() -> None:
    assert {move.code for move in allowed(UNBORN)} == {"receive", "admit"}


def test_suspended_is_suspicious_but_not_void() -> None:
    assert STATES["suspended"].blacklisted
    assert not STATES["suspended"].void


def test_destroyed_is_the_only_end() -> None:
    assert [state for state in STATES if not allowed(state)] == ["destroyed"]


@pytest.mark.parametrize(("state", "part"), [("in_stock", Part.ISSUER), ("in_service", Part.DESK)])
def test_cancel_is_the_desks_once_issued(state: str, part: Part) -> None:
    assert parts(state, MOVES["cancel"]) == {part}


def test_refusal_says_what_can_be_done_instead() -> None:
    with pytest.raises(Refused, match=r"已注销.*不能办理“装机/启用”.*收回"):
        target("cancelled", "bind")


def test_every_reason_has_a_label() -> None:
    assert all(reason.label for reason in Reason)


@pytest.mark.parametrize("page", PAGES)
def test_drawn_page_is_up_to_date(page: str) -> None:
    committed = Path(__file__).parents[1] / "docs" / page
    assert committed.read_text(encoding="utf-8") == PAGES[page](), "run: samkeeper docs"
