"""The status server as a process of its own: no database, no office; a list, its clients, and granian's RSGI.

The environment says where everything is, because the process that answers is a child of the one that listens:
SAMKEEPER_HOTLIST, SAMKEEPER_HOTLIST_CLIENTS, SAMKEEPER_HOTLIST_VAULT (optional, for receipts).
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from samkeeper.errors import BadInput
from samkeeper.hotlist.clients import read_clients
from samkeeper.hotlist.signature import signer
from samkeeper.hotlist.status import MOST_BYTES, Published, Question, Reply, Status
from samkeeper.keys.vault import open_vault

if TYPE_CHECKING:
    from granian._granian import RSGIHTTPProtocol as HTTPProtocol
    from granian.rsgi import Scope

LIST, CLIENTS, VAULT = "SAMKEEPER_HOTLIST", "SAMKEEPER_HOTLIST_CLIENTS", "SAMKEEPER_HOTLIST_VAULT"
PRIVATE = ("cache-control", "no-store")
DONE = [("content-type", "application/json"), PRIVATE]
TOO_LARGE = Reply(413, '{"type":"urn:samkeeper:too-large","title":"请求过大，请分批查询。","status":413}'.encode())


def refused(reply: Reply) -> list[tuple[str, str]]:
    """The headers of a problem."""
    wait = [("retry-after", str(reply.retry_after))] if reply.retry_after else []
    return [("content-type", "application/problem+json"), PRIVATE, *wait]


def now() -> datetime:
    return datetime.now(UTC)


class Application:
    """Takes requests from granian and gives them the answers of `Status`."""

    def __init__(self, status: Status) -> None:
        self.status = status

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        headers = scope.headers
        size = headers.get("content-length") or "0"
        if not size.isdigit() or int(size) > MOST_BYTES:
            reply = TOO_LARGE
        else:
            authorization = headers.get("authorization") or ""
            body = await protocol()
            reply = self.status.reply(Question(scope.method, scope.path, authorization, body, time.monotonic(), now))
        protocol.response_bytes(reply.status, DONE if reply.status == 200 else refused(reply), reply.body)


def make() -> Application:
    """What granian calls in the child process."""
    vault = os.environ.get(VAULT)
    sign = signer(open_vault(vault)) if vault else None
    return Application(Status(Published(Path(os.environ[LIST])), read_clients(Path(os.environ[CLIENTS])), sign))


def serve(held: Path, clients: Path, vault: str | None, address: str, port: int) -> None:
    """Listen until stopped. What cannot be read is refused before anything listens."""
    try:
        from granian import Granian  # noqa: PLC0415  # of the site's requirements
        from granian.constants import Interfaces  # noqa: PLC0415
    except ModuleNotFoundError:
        raise BadInput(
            "没有安装服务器组件 granian", remedy="请先运行 ./dev demo --no-serve 或安装 samkeeper[site]"
        ) from None
    os.environ.update({LIST: str(held), CLIENTS: str(clients), **({VAULT: vault} if vault else {})})
    make()
    target = f"{__name__}:{make.__name__}"
    server = Granian(
        target, address=address, port=port, interface=Interfaces.RSGI, factory=True, websockets=False, log_access=False
    )
    server.serve()
