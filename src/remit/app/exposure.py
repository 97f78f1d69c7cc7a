"""Whom a server can be reached by: its address, names, TLS and way of signing in, decided before it listens.

Off loopback nothing is assumed: both who is let in and where TLS ends have to be said, or the server does not start.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from remit.app.config.schema import Configuration, Server
from remit.model.errors import ConfigError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_PORTS: Final = {"http": 80, "https": 443}
_WILD: Final = ("0.0.0.0", "::")  # noqa: S104 - recognised, not listened on


@dataclass(frozen=True, slots=True)
class Exposure:
    """``mode`` is none, token or oidc; ``tls`` empty, here or proxy; ``public_url`` empty, or ``https://name[:port]``.
    ``allowed_hosts`` are names answered besides the address listened on."""

    host: str
    mode: str
    tls: str
    public_url: str
    allowed_hosts: frozenset[str]
    certificate: tuple[Path, Path] | None = None
    proxies: tuple[Network, ...] = ()

    @property
    def secure(self) -> bool:
        """Whether browsers reach this server by HTTPS alone."""
        return bool(self.tls)

    def address(self, port: int) -> str:
        """Where people open the server that listens on ``port``."""
        scheme = "https" if self.tls == "here" else "http"
        plain = port == _PORTS[scheme]
        return self.public_url or f"{scheme}://{self._spelled}{'' if plain else f':{port}'}"

    def names(self, port: int) -> set[str]:
        """The ``Host`` headers answered: the address listened on, names of the configuration, on loopback its own."""
        own = ("localhost", "127.0.0.1", "[::1]") if loopback(self.host) else ()
        names = {f"{name}:{port}" for name in (self._spelled, *own)} | self.allowed_hosts
        return names | ({self._spelled, *own} if port in _PORTS.values() else set())

    def cookie(self, port: int) -> str:
        """The name of the sign-in's cookie. Cookies know no ports, so two servers of one machine differ by name."""
        return "__Host-remit" if self.secure else f"remit-{port}"

    @property
    def _spelled(self) -> str:
        return f"[{self.host}]" if ":" in self.host else self.host


def exposure(configured: Configuration, host: str) -> Exposure:
    """How a server on ``host`` is reached.

    :raises ConfigError: if it could be reached from elsewhere without a sign-in or without TLS, or a part is missing.
    """
    server = configured.server
    tls = server.tls or ("here" if server.tls_cert or server.tls_key else "")
    public = _public_url(server.public_url, secure=bool(tls))
    names = frozenset(server.allowed_hosts) | ({urlsplit(public).netloc} if public else frozenset())
    mode = _mode(configured.auth.mode, host, elsewhere=bool(tls == "proxy" or public or server.allowed_hosts))
    if not tls and not loopback(host):
        raise ConfigError(
            f"{host} is not a loopback address, and it is not said where TLS ends",
            remedy='Set [server] tls = "here" with tls_cert and tls_key, or tls = "proxy" with proxy_addresses.',
        )
    if host in _WILD and not public:
        raise ConfigError(
            f"{host} is every address of this machine, and no name of it is known",
            remedy="Set [server] public_url to the address people type, as https://remit.example.com.",
        )
    certificate = _certificate(server) if tls == "here" else None
    return Exposure(host, mode, tls, public, names, certificate, _proxies(server, public) if tls == "proxy" else ())


def loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _mode(said: str, host: str, *, elsewhere: bool) -> str:
    if said in ("token", "oidc"):
        return said
    if not loopback(host):
        raise ConfigError(
            f"{host} is not a loopback address, and nobody would have to sign in",
            remedy='Set [auth] mode = "oidc" or "token", or use 127.0.0.1 through an SSH tunnel.',
        )
    if elsewhere and not said:
        raise ConfigError(
            "The server is given a name that others can use, and it is not said who is let in",
            remedy='Set [auth] mode = "oidc" or "token"; "none" if whatever is in front lets in administrators alone.',
        )
    return "none"


def _public_url(text: str, *, secure: bool) -> str:
    """``scheme://name[:port]`` in lower case.

    :raises ConfigError: if it is anything else, or plain HTTP where there is TLS.
    """
    if not text:
        return ""
    try:
        parts = urlsplit(text.lower().rstrip("/"))
        fine = parts.hostname and (parts.port is None or parts.port) and "@" not in parts.netloc
    except ValueError:
        parts, fine = urlsplit(""), None
    if not fine or parts.scheme not in ("http", "https") or parts.path or parts.query or parts.fragment:
        raise ConfigError(f"server.public_url cannot be used: {text!r}", remedy="Write it as https://remit.example.com")
    if secure != (parts.scheme == "https"):
        remedy = "Write it with https://" if secure else "Set [server] tls, or write it with http://"
        raise ConfigError(f"server.public_url and server.tls do not agree: {text!r}", remedy=remedy)
    plain = _PORTS[parts.scheme] == parts.port
    return f"{parts.scheme}://{parts.netloc.removesuffix(f':{parts.port}') if plain else parts.netloc}"


def _certificate(server: Server) -> tuple[Path, Path]:
    """The two files, tried: a server that listens and cannot be spoken to would help nobody."""
    if not server.tls_cert or not server.tls_key:
        raise ConfigError('server.tls = "here" needs server.tls_cert and server.tls_key')
    try:
        mode = server.tls_key.stat().st_mode
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(server.tls_cert, server.tls_key, password=_no_password)
    except (OSError, ValueError) as error:  # SSLError is an OSError
        said = getattr(error, "reason", None) or getattr(error, "strerror", None) or error
        raise ConfigError(
            f"The certificate and its key cannot be used: {said}", where=f"{server.tls_cert}, {server.tls_key}"
        ) from error
    if mode & 0o007:
        remedy = f"chmod 600 {server.tls_key}"
        raise ConfigError(
            "The private key is open to every user of this machine", where=str(server.tls_key), remedy=remedy
        )
    return server.tls_cert, server.tls_key


def _no_password() -> str:
    raise ValueError("the key is encrypted, and nobody is there to type its password")


def _proxies(server: Server, public: str) -> tuple[Network, ...]:
    if not server.proxy_addresses or not public:
        raise ConfigError(
            'server.tls = "proxy" needs server.proxy_addresses and server.public_url',
            remedy='As proxy_addresses = ["10.0.0.7"] and public_url = "https://remit.example.com".',
        )
    try:
        return tuple(ipaddress.ip_network(text) for text in server.proxy_addresses)
    except ValueError as error:
        raise ConfigError(f"server.proxy_addresses cannot be used: {error}") from error
