"""The status server: what it answers, to whom, how fast, and what it does not let on."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime

import pytest

from samkeeper.errors import BadInput, Refused
from samkeeper.hotlist import receipts
from samkeeper.hotlist.clients import read_clients
from samkeeper.hotlist.hashes import digest
from samkeeper.hotlist.signature import signer
from samkeeper.hotlist.status import Published, Question, Status
from samkeeper.keys.algorithms import Algorithm
from samkeeper.keys.secret import Secret
from samkeeper.keys.vault import create_vault

AT = datetime(2026, 11, 3, 1, 2, 3, 456000, tzinfo=UTC)
ISSUED = [f"1100{value:08d}" for value in range(1000, 13_000)]
INVALID = ISSUED[::17]
CLIENTS = f"""
[[client]]
name = "市医保中心"
token_sm3 = "{digest(b"centre").hex()}"
per_minute = 60_000

[[client]]
name = "一个医院"
token_sm3 = "{digest(b"hospital").hex()}"
per_minute = 30
heads = ["110000001"]
"""


@pytest.fixture
def clients(tmp_path):
    path = tmp_path / "clients.toml"
    path.write_text(CLIENTS, encoding="utf-8")
    return path


@pytest.fixture
def vault(tmp_path):
    made = create_vault(tmp_path / "signing.vault", Secret(b"only for tests"))
    made.generate("sign", made.signature)
    return made


@pytest.fixture
def status(workshop, clients, vault):
    return Status(Published(workshop.build(ISSUED, INVALID, 1)), read_clients(clients), signer(vault))


def ask(status, path, content=None, token="centre", now=0.0, method="POST"):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    reply = status.reply(Question(method, path, f"Bearer {token}", body, now, lambda: AT))
    return reply.status, json.loads(reply.body)


def test_one_number_is_answered(status):
    made = "2026-11-02T16:00:00+08:00"
    told = {"card_no": ISSUED[17], "status": "invalid", "list": "1", "made": made}
    assert ask(status, "/status", {"card_no": f" {ISSUED[17]}\n"}) == (200, told)
    assert ask(status, "/status", {"card_no": ISSUED[1]})[1]["status"] == "valid"
    assert ask(status, "/status", {"card_no": "x"})[1]["status"] == "unknown"


def test_batch_of_ten_thousand_is_answered_in_order(status):
    asked = [*ISSUED[:9998], "x", "卡"]
    code, told = ask(status, "/statuses", {"card_nos": asked})
    marked = set(INVALID)
    expected = [[number, "invalid" if number in marked else "valid"] for number in asked[:-2]]
    assert (code, told["answers"]) == (200, [*expected, ["x", "unknown"], ["卡", "unknown"]])


def test_list_says_what_it_is(status):
    code, told = ask(status, "/list", method="GET")
    assert code == 200
    assert (told["list"], told["issued"], told["invalid"]) == ("1", 12_000, len(INVALID))
    assert told["digest"] == status.published.path.read_bytes()[-32:].hex()


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/status", b""),
        ("/status", b"\xff"),
        ("/status", []),
        ("/status", {"card_no": 7}),
        ("/status", {"card_no": ""}),
        ("/status", {"card_no": "9" * 33}),
        ("/statuses", {"card_nos": ["1", "2\n3"]}),
        ("/status", b'{"card_no": "\\ud800"}'),
        ("/status", {"card_no": "1", "receipt": "yes"}),
        ("/statuses", {"card_nos": "123"}),
        ("/statuses", {"card_nos": ["1"] * 10_001}),
        ("/statuses", {"card_no": "1"}),
    ],
)
def test_question_that_is_none_is_refused(status, path, content):
    code, problem = ask(status, path, content)
    assert (code, problem["status"]) == (422, 422)
    assert problem["type"] == "urn:samkeeper:bad-input"


def test_empty_batch_is_answered(status):
    assert ask(status, "/statuses", {"card_nos": []})[1]["answers"] == []


def test_unknown_and_forbidden_are_told_apart_by_nobody(status):
    mine, others = INVALID[0], INVALID[-1]
    assert ask(status, "/status", {"card_no": others})[1]["status"] == "invalid"
    forbidden = ask(status, "/status", {"card_no": others}, token="hospital")
    nowhere = ask(status, "/status", {"card_no": "999999999999"}, token="hospital")
    assert {**forbidden[1], "card_no": ""} == {**nowhere[1], "card_no": ""}
    assert ask(status, "/status", {"card_no": mine}, token="hospital")[1]["status"] == "invalid"
    stranger = ask(status, "/status", {"card_no": mine}, token="guess")
    assert stranger == ask(status, "/nothing", {"card_no": mine}) == ask(status, "/list", None, method="DELETE")
    assert stranger[0] == 404


def test_allowance_is_counted_in_numbers_and_comes_back(status):
    batch = {"card_nos": ISSUED[:20]}
    assert ask(status, "/statuses", batch, token="hospital")[0] == 200
    code, problem = ask(status, "/statuses", batch, token="hospital", now=1.0)
    assert (code, problem["type"]) == (429, "urn:samkeeper:too-fast")
    assert ask(status, "/statuses", {"card_nos": ISSUED[:10]}, token="hospital", now=1.0)[0] == 200
    assert ask(status, "/statuses", batch, token="hospital", now=41.0)[0] == 200
    assert ask(status, "/statuses", batch, token="centre", now=41.0)[0] == 200


def test_newer_list_is_taken_and_an_older_never(status, workshop):
    path = status.published.path
    first = path.read_bytes()
    newer = workshop.build(ISSUED, ISSUED[1::17], 2).read_bytes()

    def publish(data, now):
        fresh = path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(path)
        return ask(status, "/status", {"card_no": ISSUED[1]}, now=now)[1]

    assert ask(status, "/status", {"card_no": ISSUED[1]})[1]["status"] == "valid"
    assert publish(newer[:-1], 2.0)["list"] == "1"
    assert publish(newer, 4.0)["status"] == "invalid"
    assert publish(first, 6.0)["list"] == "2"
    path.unlink()
    assert ask(status, "/status", {"card_no": ISSUED[1]}, now=8.0)[1]["list"] == "2"


def test_receipt_proves_itself_offline(status, vault):
    _, receipt = ask(status, "/statuses", {"card_nos": [ISSUED[0], ISSUED[1], "卡"], "receipt": True})
    told = receipts.check(json.dumps(receipt), vault.public_key("sign"))
    assert told["answers"] == [[ISSUED[0], "invalid"], [ISSUED[1], "valid"], ["卡", "unknown"]]
    assert (told["list"], told["moment"]) == ("1", "2026-11-03T09:02:03.456+08:00")
    assert told["list_digest"] == status.published.path.read_bytes()[-32:].hex()


@pytest.mark.parametrize("change", [{"list": "2"}, {"moment": "2026-11-03T09:02:03.457+08:00"}, {"answers": []}])
def test_altered_receipt_is_refused(status, vault, change):
    _, receipt = ask(status, "/status", {"card_no": ISSUED[0], "receipt": True})
    with pytest.raises(Refused, match="签名与公钥不符"):
        receipts.check(json.dumps({**receipt, **change}), vault.public_key("sign"))
    with pytest.raises(Refused, match="签名与公钥不符"):
        other = create_vault(status.published.path.with_name("other.vault"), Secret(b"other"))
        other.generate("sign", Algorithm.ECDSA)
        receipts.check(json.dumps(receipt), other.public_key("sign"))


@pytest.mark.parametrize("text", ["", "[]", '{"answers": []}', "\xff"])
def test_what_is_no_receipt_is_refused(vault, text):
    with pytest.raises(BadInput, match="不是查询回执"):
        receipts.check(text, vault.public_key("sign"))


def test_server_without_a_signing_key_gives_no_receipts(workshop, clients):
    status = Status(Published(workshop.build(ISSUED, INVALID, 1)), read_clients(clients), None)
    assert ask(status, "/status", {"card_no": "1", "receipt": True})[0] == 422


@pytest.mark.parametrize(
    "text",
    ["[[client]]\nname='x'", "x = [", "client = 7", CLIENTS.replace("heads", "head"), CLIENTS.replace("30\n", "0\n")],
)
def test_list_of_clients_with_a_mistake_is_refused(tmp_path, text):
    path = tmp_path / "clients.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match="客户名单有误"):
        read_clients(path)


@pytest.fixture
def port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def fetch(port, path, content, headers=None):
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", json.dumps(content).encode(), headers or {"Authorization": "Bearer centre"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as reply:
            return reply.status, reply.headers, json.load(reply)
    except urllib.error.HTTPError as error:
        return error.code, error.headers, json.load(error)


def test_server_runs_by_itself(workshop, clients, port, tmp_path):
    """A process of its own, started from the command line, that never sees the office's database."""
    held = workshop.build(ISSUED, INVALID, 1)
    environment = {**os.environ, "SAMKEEPER_DATABASE_URL": "postgres://nowhere.invalid/none"}
    command = [sys.executable, "-c", "from samkeeper.cli.main import run; run()", "hotlist", "serve", held]
    server = subprocess.Popen([*command, "--clients", clients, "--port", str(port)], env=environment)
    try:
        wait_for(port, server)
        code, headers, told = fetch(port, "/statuses", {"card_nos": [ISSUED[0], ISSUED[1]]})
        assert (code, told["answers"]) == (200, [[ISSUED[0], "invalid"], [ISSUED[1], "valid"]])
        assert headers["cache-control"] == "no-store"
        code, headers, problem = fetch(port, "/status", {"card_no": ISSUED[0]}, {"Authorization": "Bearer x"})
        assert (code, headers["content-type"], problem["status"]) == (404, "application/problem+json", 404)
        hospital = {"Authorization": "Bearer hospital"}
        code, headers, _ = fetch(port, "/statuses", {"card_nos": ISSUED[:100]}, hospital)
        assert (code, headers["retry-after"]) == (429, "140")
    finally:
        server.terminate()
        server.wait(10)


def wait_for(port, server):
    until = time.monotonic() + 30
    while time.monotonic() < until and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("the server did not come up")
