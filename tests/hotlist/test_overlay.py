"""Overlays: exact, small, and laid on nothing but what they were made for."""

from __future__ import annotations

import random

import pytest

from samkeeper.errors import BadInput, Refused
from samkeeper.hotlist import overlay
from samkeeper.hotlist.overlay import Source
from samkeeper.hotlist.reader import Damaged, Reader, WrongBase
from samkeeper.hotlist.reader import overlay as lay_bytes
from samkeeper.hotlist.target import save

SIGNATURE = 72


def dense(count, start=1000):
    return [f"1100{value:08d}" for value in range(start, start + count)]


def strays(count, seed=5):
    chance = random.Random(seed)
    return list(dict.fromkeys("".join(chance.choices("ABCDEFGHJK", k=13)) for _ in range(count)))


def changed(issued, invalid, count, seed=9):
    """`count` changes: half lifted, half new."""
    chance = random.Random(seed)
    lifted = set(chance.sample(invalid, min(count // 2, len(invalid))))
    fresh = chance.sample(sorted(set(issued) - set(invalid)), count - len(lifted))
    return [number for number in invalid if number not in lifted] + fresh


class Chain:
    """Lists 1, 2, 3 … of a bureau, and the overlays between them."""

    def __init__(self, workshop):
        self.workshop = workshop
        self.lists = {}
        self.invalid = {}

    def publish(self, number, issued, invalid):
        self.lists[number] = self.workshop.build(issued, invalid, number)
        self.invalid[number] = (issued, set(invalid))

    def delta(self, old, new, base=None):
        folder = self.workshop.folder
        source = Source(
            base or self.lists[old],
            self.lists[new],
            folder / f"issued{new}.txt",
            folder / f"invalid{old}.txt",
            folder / f"invalid{new}.txt",
        )
        path = folder / f"delta{old}-{new}.skh"
        save(path, overlay.make(source))
        return path

    def lay(self, held, delta):
        path = self.workshop.folder / f"laid-{held.stem}-{delta.stem}.skh"
        save(path, overlay.lay(held, delta))
        return path

    def check(self, held, number):
        issued, invalid = self.invalid[number]
        expected = ["invalid" if card in invalid else "valid" for card in issued]
        assert self.workshop.answers(held, issued) == expected
        reader = Reader(held.read_bytes())
        some = random.Random(1).sample(range(len(issued)), 50)
        assert [reader.answer(issued[i]) for i in some] == [expected[i] for i in some]
        new = Reader(self.lists[number].read_bytes())
        assert (reader.number, reader.moment, reader.issued, reader.invalid) == (
            new.number, new.moment, new.issued, new.invalid,
        )  # fmt: skip


@pytest.fixture
def chain(workshop):
    return Chain(workshop)


@pytest.mark.parametrize("numbers", [dense, strays])
def test_thousand_changes_among_300k_take_4096_bytes(chain, numbers):
    issued = numbers(300_000)
    invalid = random.Random(2).sample(issued, len(issued) // 20)
    chain.publish(1, issued, invalid)
    chain.publish(2, issued, changed(issued, invalid, 1000))
    delta = chain.delta(1, 2)
    assert delta.stat().st_size + SIGNATURE <= 4096
    chain.check(chain.lay(chain.lists[1], delta), 2)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (dense(3000), dense(4000, 500)),
        (strays(3000), strays(3500)),
        (dense(2000), dense(2000) + strays(2000)),
        (dense(2000) + strays(2000), dense(2500)),
        (strays(2000), dense(3000)),
    ],
    ids=["ranges", "pool", "pool-added", "pool-dropped", "renumbered"],
)
@pytest.mark.parametrize("rate", [0.1, 0.7])
def test_overlay_answers_for_numbers_issued_since(chain, before, after, rate):
    chance = random.Random(4)
    chain.publish(1, before, [number for number in before if chance.random() < 0.1])
    chain.publish(2, after, [number for number in after if chance.random() < rate])
    chain.check(chain.lay(chain.lists[1], chain.delta(1, 2)), 2)


def test_stack_of_overlays_knows_what_the_newest_list_knows(chain):
    chain.publish(1, dense(3000), dense(3000)[::30])
    chain.publish(2, dense(5000), dense(5000)[::20])
    chain.publish(3, dense(6000), dense(6000)[::25])
    second = chain.lay(chain.lists[1], chain.delta(1, 2))
    third = chain.lay(second, chain.delta(2, 3, base=second))
    chain.check(third, 3)
    outside = ["110000000999", "110000007000", "x"]
    assert chain.workshop.answers(third, outside) == ["unknown"] * 3
    assert chain.workshop.answers(second, ["110000006500"]) == ["unknown"]


@pytest.mark.parametrize("numbers", [dense, strays])
def test_stack_stands_in_for_the_full_list_of_its_number(chain, numbers):
    """The office makes each overlay from its own full lists; a terminal lays them one on the other."""
    for number, step in ((1, 30), (2, 20), (3, 25)):
        chain.publish(number, numbers(3000), numbers(3000)[::step])
    second = chain.lay(chain.lists[1], chain.delta(1, 2))
    chain.check(chain.lay(second, chain.delta(2, 3)), 3)


def test_ranges_stand_in_even_where_numbers_were_issued_since(chain):
    for number, count in ((1, 3000), (2, 4000), (3, 5000)):
        chain.publish(number, dense(count), dense(count)[::30])
    second = chain.lay(chain.lists[1], chain.delta(1, 2))
    chain.check(chain.lay(second, chain.delta(2, 3)), 3)


def test_pool_does_not_stand_in_where_numbers_were_issued_since(chain):
    """Two pools answer a number they were not made for each as chance has it."""
    for number, count in ((1, 3000), (2, 4000), (3, 5000)):
        chain.publish(number, strays(count), strays(count)[::30])
    second = chain.lay(chain.lists[1], chain.delta(1, 2))
    with pytest.raises(Refused, match="不是针对这份名单"):
        overlay.lay(second, chain.delta(2, 3))
    chain.check(chain.lay(second, chain.delta(2, 3, base=second)), 3)


@pytest.fixture
def laid(chain):
    for number, step in ((1, 30), (2, 20), (3, 25)):
        chain.publish(number, dense(3000), dense(3000)[::step])
    return chain


def test_wrong_base_is_refused(laid):
    with pytest.raises(Refused, match="不是针对这份名单"):
        overlay.lay(laid.lists[1], laid.delta(2, 3))


def test_older_overlay_is_refused(laid):
    with pytest.raises(Refused, match="不比现有名单新"):
        overlay.lay(laid.lists[3], laid.delta(1, 2))
    with pytest.raises(Refused, match="不比旧名单新"):
        laid.delta(2, 1)


def test_overlay_is_no_list_and_a_list_no_overlay(laid):
    delta = laid.delta(1, 2)
    for held, upper in ((delta, delta), (laid.lists[1], laid.lists[2])):
        with pytest.raises(BadInput, match="须是名单"):
            overlay.lay(held, upper)
    with pytest.raises(BadInput, match="不是完好的失效名单"):
        laid.workshop.answers(delta, ["1"])


def test_every_altered_or_cut_byte_is_refused(laid):
    held, delta = laid.lists[1].read_bytes(), laid.delta(1, 2).read_bytes()
    whole = lay_bytes(held, delta)
    for at in range(0, len(whole), 7):
        altered = bytearray(whole)
        altered[at] ^= 1 << at % 8
        with pytest.raises(Damaged):
            Reader(bytes(altered))
    for size in [*range(0, len(whole), 11), len(whole) - 1]:
        with pytest.raises(Damaged):
            Reader(whole[:size])
    with pytest.raises(Damaged):
        Reader(whole + b"\0")
    for size in range(0, len(delta), 13):
        with pytest.raises(Damaged):
            lay_bytes(held, delta[:size])
    with pytest.raises(WrongBase):
        lay_bytes(whole, delta)


def test_overlay_wants_the_files_its_lists_were_made_from(laid):
    folder = laid.workshop.folder
    files = (folder / "issued2.txt", folder / "invalid1.txt", folder / "invalid2.txt")
    with pytest.raises(BadInput, match=r"list1\.skh 与失效卡号文件 invalid2\.txt 不符"):
        overlay.make(Source(laid.lists[1], laid.lists[2], files[0], files[2], files[2]))
    with pytest.raises(BadInput, match=r"list2\.skh 与失效卡号文件 invalid1\.txt 不符"):
        overlay.make(Source(laid.lists[1], laid.lists[2], files[0], files[1], files[1]))
