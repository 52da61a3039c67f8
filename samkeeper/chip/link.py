"""A link to a card, whatever carries it: a reader or a program."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol, Self

from samkeeper.chip.apdu import Command, Response
from samkeeper.chip.atr import Atr
from samkeeper.errors import Fault


class CardLink(Protocol):
    """One card in one reader. Anything the reader or the card's absence spoils raises Fault."""

    name: str

    def reset(self) -> Atr:
        """Power the card up anew; whatever it held in its head is gone."""

    def transmit(self, raw: bytes) -> bytes:
        """One command APDU out, one response APDU back, untouched."""

    def close(self) -> None:
        """Let go of the card and the reader."""


class CardRefused(Fault):
    """The card answered with another status than 9000."""

    def __init__(self, command: Command, response: Response) -> None:
        super().__init__(
            f"卡没有完成命令 {command.head.hex().upper()}：{response.status}（{response.status.meaning}）。"
        )
        self.status = response.status


class Card:
    """Commands over a link as a terminal gives them: what waits is fetched, a wrong Le is put right."""

    def __init__(self, link: CardLink) -> None:
        self.link = link

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.link.close()

    def reset(self) -> Atr:
        return self.link.reset()

    def ask(self, command: Command) -> Response:
        """The answer, whatever its status, with waiting data (61xx) fetched and a corrected Le (6Cxx) used."""
        answer = Response.parse(self.link.transmit(command.to_bytes()))
        if answer.status.right_length:
            again = Command(command.cla, command.ins, command.p1, command.p2, command.data, answer.status.right_length)
            answer = Response.parse(self.link.transmit(again.to_bytes()))
        data = answer.data
        while answer.status.waiting:
            fetch = Command(0x00, 0xC0, 0x00, 0x00, le=answer.status.waiting)
            answer = Response.parse(self.link.transmit(fetch.to_bytes()))
            data += answer.data
        return Response(data, answer.status)

    def must(self, command: Command) -> bytes:
        """The data of an answer 9000; CardRefused for any other."""
        answer = self.ask(command)
        if not answer.status.ok:
            raise CardRefused(command, answer)
        return answer.data
