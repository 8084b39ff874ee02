"""In front of everything that the dashboard's server answers: the key, and where a page is from."""

from __future__ import annotations

import html
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlparse

import tornado.web
from tornado.httputil import HTTPMessageDelegate, HTTPServerRequest
from tornado.routing import Router

from llmops_workbench.faces.dashboards.key import Lock

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>LLMOps dashboard</title>
<meta name="viewport" content="width=device-width">
<style>
:root {{ color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }}
form {{ max-width: 24rem; margin: 20vh auto; padding: 0 1rem; display: grid; gap: .75rem; }}
input, button {{ font: inherit; padding: .4rem .6rem; }}
</style></head><body><form method="get" action="{action}">
<label for="key">{told}</label>
<input id="key" name="key" type="password" autocomplete="off" autofocus required>
<button>Open</button></form></body></html>"""


class Door(Router):
    """Lets in who has the key; everybody else gets the page that asks for it.

    Args:
        inside: The whole application.
        lock: Tells who is let in.
        hosts: The names by which the server may be called; a page elsewhere that has its name
            point here is none of them.
    """

    def __init__(self, inside: tornado.web.Application, lock: Lock, hosts: set[str]) -> None:
        self._inside, self._lock, self._hosts = inside, lock, hosts
        self._outside = tornado.web.Application(
            [(r"/.*", _AskHandler, {"lock": lock})], log_function=lambda handler: None
        )
        self._refused = tornado.web.Application(
            [(r"/.*", _RefusedHandler)], log_function=lambda handler: None
        )

    def find_handler(self, request: HTTPServerRequest, **kwargs: Any) -> HTTPMessageDelegate | None:
        """Choose who answers a request."""
        if not self._is_from_here(request):
            return self._refused.find_handler(request, **kwargs)
        cookie = request.cookies.get(self._lock.cookie)
        known = self._lock.knows(
            None if cookie is None else cookie.value, request.headers.get("Authorization")
        )
        shows_key = "key" in request.query_arguments
        app = self._inside if known and not shows_key else self._outside
        return app.find_handler(request, **kwargs)

    def _is_from_here(self, request: HTTPServerRequest) -> bool:
        origin = request.headers.get("Origin")
        return request.host.lower() in self._hosts and (
            origin is None or urlparse(origin).netloc.lower() in self._hosts
        )


class _AskHandler(tornado.web.RequestHandler):
    def initialize(self, lock: Lock) -> None:
        self._lock = lock

    def get(self) -> None:
        given = self.get_query_argument("key", "")
        if given and self._lock.opens(given):
            # Lax: a link in a mail is how most people come here.
            self.set_cookie(self._lock.cookie, self._lock.pass_, httponly=True, samesite="Lax")
            rest = [pair for pair in parse_qsl(self.request.query) if pair[0] != "key"]
            self.redirect(f"{self.request.path}?{urlencode(rest)}".rstrip("?"))
            return
        told = "That is not the key." if given else "The dashboard asks for its key:"
        self.set_status(401)
        self.set_header("Cache-Control", "no-store")
        self.finish(_PAGE.format(told=told, action=html.escape(self.request.path)))

    def _refuse(self) -> None:
        self.set_status(401)
        self.finish({"error": "the key is missing or wrong", "kind": "UntrustedError"})

    post = put = delete = patch = options = head = _refuse


class _RefusedHandler(tornado.web.RequestHandler):
    def prepare(self) -> None:
        self.set_status(403)
        self.finish({"error": "this page is not of the dashboard", "kind": "UntrustedError"})
