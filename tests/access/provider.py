"""A real OpenID Connect provider on loopback, and ways to have it lie."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jws
from joserfc.jwk import RSAKey
from werkzeug.serving import make_server

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oidc_provider_mock import User, app

Claims = dict[str, Any]
Sign = Callable[[Claims], str]
PEOPLE = (
    ("ana", {"email": "ana@example.com", "email_verified": True, "groups": ["sre", "sre-leads"]}),
    ("bo", {"email": "bo@example.com", "email_verified": False, "preferred_username": "local", "groups": ["sre"]}),
    ("cy", {"email": "cy@example.com", "email_verified": True, "groups": ["everybody"]}),
    ("di", {"email": "di@example.com", "email_verified": True, "groups": ["finance"]}),
    ("eve", {"email": "eve@example.com", "email_verified": True, "groups": {"admin": True}}),
    ("<b>fay</b>\u202e", {"name": '<script>alert("fay")</script>\u202e', "groups": ["everybody"]}),
)


@dataclass
class Lies:
    """What the provider does besides its duty. ``sign`` makes the ID token of its claims; ``keys`` are what its JWKS
    has then; ``broken`` are paths answered with 500; ``said`` replaces members of its metadata."""

    sign: Sign | None = None
    keys: list[Any] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    said: dict[str, Any] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    challenges: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RunningProvider:
    """A provider at ``issuer``."""

    issuer: str
    lies: Lies

    def consent(self, url: str, subject: str, action: str = "") -> str:
        """Sign in there as ``subject`` and agree; returns where the provider sends the browser back to."""
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)
        try:
            form = urlencode({"sub": subject, **({"action": action} if action else {})})
            sent = {"Content-Type": "application/x-www-form-urlencoded"}
            connection.request("POST", f"{parts.path}?{parts.query}", form, sent)
            answer = connection.getresponse()
            answer.read()
            assert answer.status in (302, 303), answer.status
            return str(answer.headers["Location"])
        finally:
            connection.close()


@contextmanager
def provider(port: int = 0) -> Iterator[RunningProvider]:
    """A provider that knows ``PEOPLE``, until the end of the block."""
    lies = Lies()
    people = [User(sub=subject, claims=claims) for subject, claims in PEOPLE]
    server = make_server("localhost", port, _Liar(app(user_claims=people, require_nonce=True), lies), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield RunningProvider(f"http://localhost:{server.server_port}", lies)
    finally:
        server.shutdown()
        thread.join(5)
        server.server_close()


class _Liar:
    """WSGI around the provider: notes what it is asked, holds PKCE, which it does not, and lies as told."""

    def __init__(self, inner: Any, lies: Lies) -> None:
        self._inner = inner
        self._lies = lies

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self._lies.asked.append((path, {**query, **form, "_auth": environ.get("HTTP_AUTHORIZATION", "")}))
        if path in self._lies.broken:
            return _json(start_response, {"error": "server_error"}, "500 Oh")
        if path == "/oauth2/token" and not self._proven(form):
            return _json(start_response, {"error": "invalid_grant"}, "400 Bad Request")
        if path == "/jwks" and self._lies.keys:
            return _json(start_response, {"keys": [key.as_dict(private=False) for key in self._lies.keys]})
        said: list[Any] = []
        answer = b"".join(self._inner(environ, lambda status, headers, *_: said.extend((status, headers))))
        status, headers = said
        if path == "/oauth2/authorize" and environ["REQUEST_METHOD"] == "POST":
            self._note(query, dict(headers).get("Location", ""))
        if path == "/oauth2/token" and self._lies.sign and status.startswith("200"):
            granted = json.loads(answer)
            return _json(start_response, {**granted, "id_token": self._lies.sign(payload_of(granted["id_token"]))})
        if path.endswith("/openid-configuration") and self._lies.said:
            return _json(start_response, {**json.loads(answer), **self._lies.said})
        start_response(status, headers)
        return [answer]

    def _note(self, query: dict[str, str], location: str) -> None:
        code = parse_qs(urlsplit(location).query).get("code", [""])[0]
        if code and query.get("code_challenge_method") == "S256":
            self._lies.challenges[code] = query["code_challenge"]

    def _proven(self, form: dict[str, str]) -> bool:
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        return self._lies.challenges.get(form.get("code", "")) == challenge


def _json(start_response: Any, body: Any, status: str = "200 OK") -> list[bytes]:
    start_response(status, [("Content-Type", "application/json")])
    return [json.dumps(body).encode()]


def payload_of(token: str) -> Claims:
    """The claims of a JWT, unverified."""
    body = token.split(".")[1]
    claims: Claims = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return claims


def signed(claims: Claims, key: Any, algorithm: str = "RS256", **header: Any) -> str:
    """A JWT of these claims by this key."""
    registry = jws.JWSRegistry(algorithms=[algorithm])
    return str(jws.serialize_compact({"alg": algorithm, **header}, json.dumps(claims).encode(), key, registry=registry))


def unsigned(claims: Claims) -> str:
    """A JWT that says it needs no signature."""
    parts = ({"alg": "none"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts) + "."


def new_key(kid: str | None = None) -> Any:
    """A key of the provider's kind."""
    return RSAKey.generate_key(2048, {"kid": kid} if kid else None, auto_kid=False)


def in_seconds(seconds: float) -> int:
    """A time from now as a JWT has it."""
    return int(time.time() + seconds)
