"""A real HTTP server that speaks as much of the OpenAI protocol as a test asks for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Given the path and the body, gives a status and an answer: JSON, or raw bytes.
Answer = Callable[[str, dict[str, Any]], tuple[int, Any]]


@dataclass
class Running:
    port: int
    requests: list[tuple[str, dict[str, Any], dict[str, str]]] = field(default_factory=list)
    most_at_once: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"


@contextmanager
def serving(answer: Answer, headers: dict[str, str] | None = None) -> Iterator[Running]:
    lock = threading.Lock()
    now = 0

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: Any) -> None:
            pass

        def do_GET(self) -> None:
            self.respond({})

        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            self.respond(json.loads(self.rfile.read(length)))

        def respond(self, body: dict[str, Any]) -> None:
            nonlocal now
            with lock:
                now += 1
                running.most_at_once = max(running.most_at_once, now)
                running.requests.append((self.path, body, dict(self.headers)))
            try:
                status, said = answer(self.path, body)
            finally:
                with lock:
                    now -= 1
            data = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running = Running(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield running
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def until(condition: Callable[[], bool], seconds: float = 5.0) -> bool:
    """Wait for a condition, not for a time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.01)
    return condition()
