"""Load on the status server over loopback, beside the same server with a handler that answers the same bytes always.

`python -m benchmarks.hotlist.load PORT SECONDS CONNECTIONS PATH` is the generator: a process of its own, that
keeps a request under way on every connection and prints requests a second and the 99th percentile in milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from samkeeper.hotlist.hashes import digest
from samkeeper.hotlist.server import CLIENTS, DONE, LIST

TOKEN = "benchmark"
CONNECTIONS, SECONDS, ROUNDS = 16, 4, 3
REPLY = b'{"card_no":"11000000001234","status":"valid","list":"1","made":"2026-11-01T08:00:00+08:00"}'


class Constant:
    """Reads the request and answers; nothing else."""

    async def __rsgi__(self, scope, protocol):
        await protocol()
        protocol.response_bytes(200, DONE, REPLY)


def constant() -> Constant:
    return Constant()


def request(path: str, numbers: list[str]) -> bytes:
    body = json.dumps({"card_no": numbers[0]} if len(numbers) == 1 else {"card_nos": numbers}).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def generate(port: int, seconds: float, connections: int, messages: list[bytes]) -> tuple[float, float]:
    """Requests a second, and the 99th percentile of their time in milliseconds."""
    selector = selectors.DefaultSelector()
    times: list[float] = []
    for _ in range(connections):
        link = socket.create_connection(("127.0.0.1", port))
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(link, selectors.EVENT_READ, [time.perf_counter(), b""])
        link.sendall(messages[0])
    begin = time.perf_counter()
    while (now := time.perf_counter()) < begin + seconds:
        for key, _ in selector.select(1):
            link, state = key.fileobj, key.data
            state[1] += link.recv(1 << 20)
            head, end, body = state[1].partition(b"\r\n\r\n")
            size = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
            if not end or len(body) < int(size):
                continue
            if not head.startswith(b"HTTP/1.1 200"):
                raise RuntimeError(head.decode())
            now = time.perf_counter()
            times.append(now - state[0])
            state[:] = [now, b""]
            link.sendall(messages[len(times) % len(messages)])
    return len(times) / (now - begin), 1000 * statistics.quantiles(times, n=100)[98]


@contextlib.contextmanager
def serving(target: str, environment: dict[str, str]):
    """granian with one worker on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--interface", "rsgi", "--factory", "--no-ws", "--port", str(port), "--log-level", "error", target]
    server = subprocess.Popen([sys.executable, "-m", "granian", *words], env={**os.environ, **environment})
    try:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            time.sleep(0.05)
        yield port
    finally:
        server.terminate()
        server.wait()


def measure(held: Path, numbers: list[str]) -> None:
    """Print both servers' figures and the medians of their ratios, rounds taken in turn."""
    with tempfile.TemporaryDirectory() as folder:
        clients = Path(folder, "clients.toml")
        token = digest(TOKEN.encode()).hex()
        clients.write_text(f'[[client]]\nname = "b"\ntoken_sm3 = "{token}"\nper_minute = 1000000000\n')
        environment = {LIST: str(held), CLIENTS: str(clients)}
        with (
            serving("benchmarks.hotlist.load:constant", {}) as plain,
            serving("samkeeper.hotlist.server:make", environment) as ours,
        ):
            for path, count in (("/status", 1), ("/statuses", 10_000)):
                compare(path, count, plain, ours, numbers, Path(folder, "numbers.json"))


def compare(path: str, count: int, plain: int, ours: int, numbers: list[str], asked: Path) -> None:
    groups = [numbers[at : at + count] for at in range(0, min(len(numbers), count * 50), count)]
    asked.write_text(json.dumps(groups))
    connections = CONNECTIONS if count == 1 else 2
    rounds = [[drive(port, connections, path, asked) for port in (plain, ours)] for _ in range(ROUNDS)]
    rate = statistics.median(ours_[0] / plain_[0] for plain_, ours_ in rounds)
    tail = statistics.median(plain_[1] / ours_[1] for plain_, ours_ in rounds)
    (plain_rate, plain_tail), (our_rate, our_tail) = rounds[-1]
    print(
        f"{path} {count:,} a request: {our_rate:,.0f} requests/s ({our_rate * count:,.0f} numbers/s), "
        f"p99 {our_tail:.2f} ms; constant handler {plain_rate:,.0f}/s, p99 {plain_tail:.2f} ms; "
        f"medians of {ROUNDS}: rate {rate:.2f}x, p99 {tail:.2f}x"
    )


def drive(port: int, connections: int, path: str, asked: Path) -> tuple[float, float]:
    """The generator in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.hotlist.load", port, SECONDS, connections, path, asked]
    out = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout
    rate, tail = out.split()
    return float(rate), float(tail)


def main(words: list[str]) -> None:
    port, seconds, connections, path, asked = words
    messages = [request(path, group) for group in json.loads(Path(asked).read_text())]
    print(*generate(int(port), float(seconds), int(connections), messages))


if __name__ == "__main__":
    main(sys.argv[1:])
