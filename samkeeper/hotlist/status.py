"""What the status server answers, apart from HTTP: numbers asked, one or a batch, from the list in memory.

    POST /status    {"card_no": "…", "receipt": false}      → {"card_no", "status", "list", "made"}
    POST /statuses  {"card_nos": ["…", …], "receipt": false} → {"answers": [[number, status], …], "list", "made"}
    GET  /list                                              → {"list", "made", "issued", "invalid", "digest"}

`receipt: true` answers with a signed receipt (`receipts`). A client that is not known, a path that is not there and a
method that does not fit get the same 404; a number the client may not ask for gets `unknown`, as one nobody knows.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from samkeeper.errors import BadInput, NotYours, Refused
from samkeeper.hotlist import answers, receipts
from samkeeper.hotlist.clients import Client, find
from samkeeper.hotlist.codec import Sign, moment_of
from samkeeper.hotlist.lookup import WORDS, HotList
from samkeeper.hotlist.reader import MAX_CHARS, UNKNOWN

MOST_NUMBERS = 10_000
MOST_BYTES = 4 << 20
MOST_HEADERS = 10_000
LOOK_EVERY = 1.0  # seconds between looks at the file
SHANGHAI = ZoneInfo("Asia/Shanghai")
encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
log = logging.getLogger(__name__)


class Reply(NamedTuple):
    """Status, body as JSON, seconds to wait (429 only)."""

    status: int
    body: bytes
    retry_after: int = 0


class Question(NamedTuple):
    """A request. `now`: seconds that never run backwards, for the limits; `at` tells the aware moment, for receipts."""

    method: str
    path: str
    authorization: str
    body: bytes
    now: float
    at: Callable[[], datetime]


class TooFast(Refused):
    """The client's allowance is spent; `wait` says for how many seconds."""

    status = 429

    def __init__(self, wait: float) -> None:
        self.wait = math.ceil(wait)
        super().__init__(f"查询过于频繁，请在{self.wait}秒后重试。", code="too-fast")


class Published:
    """The list at a path, held in memory; taken anew when a newer one is published there, never when an older."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.looked = -math.inf
        self.stamp = self._stamp()
        self._take(HotList.open(path))

    def current(self, now: float) -> HotList:
        """The newest list; looks at the file at most once a second."""
        if now - self.looked >= LOOK_EVERY:
            self.looked = now
            if (stamp := self._stamp()) != self.stamp:
                self.stamp = stamp
                self._look()
        return self.held

    def _stamp(self) -> tuple[int, int, int]:
        try:
            status = self.path.stat()
        except OSError:
            return 0, 0, 0
        return status.st_mtime_ns, status.st_size, status.st_ino

    def _look(self) -> None:
        try:
            found = HotList.open(self.path)
        except BadInput as error:
            log.warning("the list held is kept: %s", error.message)
            return
        if (found.number, found.moment) > (self.held.number, self.held.moment):
            self._take(found)
        else:
            log.warning("the list held is kept: list %d offered is not newer", found.number)

    def _take(self, found: HotList) -> None:
        found.decode()
        found.answers(answers.listed(["0"]))  # loads what is compiled, so that the first to ask does not wait for it
        self.held = found
        made = moment_of(found.moment).astimezone(SHANGHAI).isoformat(timespec="seconds")
        self.told = f'"list":"{found.number}","made":"{made}"'


class Status:
    """Answers questions. `sign` None: no receipts are given."""

    def __init__(self, published: Published, clients: Mapping[bytes, Client], sign: Sign | None) -> None:
        self.published, self.clients, self.sign = published, clients, sign
        self.known: dict[str, Client] = {}  # by the whole header, so that a token is hashed once

    def reply(self, question: Question) -> Reply:
        """The reply to any question whatever; refusals as RFC 9457 problems."""
        try:
            return Reply(200, self._answer(question).encode())
        except TooFast as error:
            return Reply(error.status, _problem(error).encode(), error.wait)
        except Refused as error:
            return Reply(error.status, _problem(error).encode())

    def _answer(self, question: Question) -> str:
        """The reply's JSON."""
        client = self._client(question.authorization)
        verb = f"{question.method} {question.path}"
        if client is None or verb not in ("POST /status", "POST /statuses", "GET /list"):
            raise NotYours
        held = self.published.current(question.now)
        if verb == "GET /list":
            more = {"issued": held.issued, "invalid": held.invalid, "digest": held.digest.hex()}
            return f"{encode(more)[:-1]},{self.published.told}}}"
        numbers, receipt = _numbers(question.body, many=verb == "POST /statuses")
        if wait := client.wait(len(numbers), question.now):
            raise TooFast(wait)
        answered = _states(held, client, numbers)
        if receipt:
            return encode(self._receipt(held, answered, question.at()))
        if verb == "POST /statuses":
            return f'{{"answers":{encode(answered)},{self.published.told}}}'
        number, state = answered[0]
        return f'{{"card_no":{encode(number)},"status":"{state}",{self.published.told}}}'

    def _client(self, authorization: str) -> Client | None:
        client = self.known.get(authorization) or find(self.clients, authorization)
        if client is not None and len(self.known) < MOST_HEADERS:
            self.known[authorization] = client
        return client

    def _receipt(self, held: HotList, answered: list[tuple[str, str]], at: datetime) -> dict[str, Any]:
        if self.sign is None:
            raise BadInput("本服务不出具回执", remedy="请去掉 receipt 后重试")
        return receipts.issue(answered, held.number, held.digest, at.astimezone(SHANGHAI), self.sign)


def _numbers(body: bytes, *, many: bool) -> tuple[list[str], bool]:
    """The numbers asked for, trimmed, and whether a receipt is wanted."""
    key = "card_nos" if many else "card_no"
    try:
        asked = json.loads(body.decode())
        given = asked[key] if many else [asked[key]]
        receipt = asked.get("receipt", False)
        numbers = [number.strip(" \t\r\n") for number in given]
        joined = "\n".join(numbers)
        joined.encode()  # JSON can hold halves of characters, which are none
    except (ValueError, TypeError, KeyError, AttributeError):
        raise BadInput(f"请求应是含 {key} 的 JSON", remedy="请按接口文档填写") from None
    if not isinstance(given, list) or not isinstance(receipt, bool) or len(numbers) > MOST_NUMBERS:
        raise BadInput(f"一次最多查询{MOST_NUMBERS}个卡号", remedy="请分批查询")
    if "" in numbers or max(map(len, numbers), default=0) > MAX_CHARS or joined.count("\n") >= max(1, len(numbers)):
        raise BadInput(f"卡号应为一行之内1至{MAX_CHARS}个字符", remedy="请检查卡号")
    return numbers, receipt


def _states(held: HotList, client: Client, numbers: Sequence[str]) -> list[tuple[str, str]]:
    one = len(numbers) == 1
    codes = [held.answer(numbers[0].encode())] if one else held.answers(answers.listed(numbers)).tolist()
    states = [WORDS[code] for code in codes]
    if client.heads:
        states = [state if client.covers(number) else UNKNOWN for number, state in zip(numbers, states, strict=True)]
    return list(zip(numbers, states, strict=True))


def _problem(error: Refused) -> str:
    return encode({"type": f"urn:samkeeper:{error.code}", "title": error.message, "status": error.status})
