"""Where the state is kept: a file of SQLite, or a PostgreSQL server through pg8000. The engine, ready to be used.

``postgresql://user@host:5432/name`` with ``sslmode`` and ``sslrootcert`` as PostgreSQL's own tools take them, except
that a host other than this machine is verified unless something else is asked for.
"""

from __future__ import annotations

import importlib
import ipaddress
import socket
import ssl
from typing import Any, Final

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import ArgumentError

from remit.adapters.store.state.troubles import lost
from remit.model.errors import ConfigError

CONNECT_SECONDS: Final = 10
STATEMENT_SECONDS: Final = 60
LOCK_SECONDS: Final = 10
"""Longest wait for what another process holds; SQLite's is as long."""
POOLED: Final = 5
OVERFLOW: Final = 15
"""Connections kept open by a process, and how many more for a moment."""
_ANSWER_SECONDS: Final = STATEMENT_SECONDS + 15
"""A server that answers nothing for so long is gone, whatever the network says."""
_SCHEMES: Final = frozenset({"postgresql", "postgres", "postgresql+pg8000"})
_MODES: Final = ("disable", "require", "verify-ca", "verify-full")
_ASKED: Final = frozenset({"sslmode", "sslrootcert", "host"})
_PORT: Final = 5432
_SESSION: Final = (
    f"SET statement_timeout = '{STATEMENT_SECONDS}s'",
    f"SET lock_timeout = '{LOCK_SECONDS}s'",
    f"SET idle_in_transaction_session_timeout = '{2 * STATEMENT_SECONDS}s'",
    "SET default_transaction_isolation = 'read committed'",
    # A machine that vanishes without a word gives its locks back within a minute, not after two hours.
    "SET tcp_keepalives_idle = 15",
    "SET tcp_keepalives_interval = 5",
    "SET tcp_keepalives_count = 4",
    "SET tcp_user_timeout = 35000",
)


def open_engine(url: str, password: str = "") -> Engine:
    """An engine for ``sqlite:///path`` or ``postgresql://...``; nothing is connected yet.

    :raises ConfigError: for an address that cannot be used, and when the driver is missing.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the library's message repeats the address, and its password
        raise ConfigError("The state's address cannot be read", remedy=_FORM) from None
    if parsed.drivername == "sqlite":
        engine = create_engine(parsed)
        event.listen(engine, "connect", _durable_sqlite)
        return engine
    if parsed.drivername not in _SCHEMES:
        raise ConfigError(f"The state cannot be kept in {parsed.drivername}", remedy=_FORM)
    return _postgresql(parsed, password)


def shown(engine: Engine) -> str:
    """The address of a state as it may be shown: without its password and options."""
    url = engine.url
    if url.drivername == "sqlite":
        return url.render_as_string()
    return url._replace(password=None).set(drivername="postgresql", query={}).render_as_string()


def _postgresql(url: URL, password: str) -> Engine:
    try:
        driver = importlib.import_module("pg8000.legacy")
    except ImportError:
        raise ConfigError(
            "PostgreSQL needs a driver that is not installed", remedy='pip install "remit[postgresql]"'
        ) from None
    if unknown := url.query.keys() - _ASKED:
        raise ConfigError(
            f"The state's address has an option that is not known: {sorted(unknown)[0]}",
            remedy=f"Known: {', '.join(sorted(_ASKED))}.",
        )
    if not url.username or not url.database:
        raise ConfigError("The state's address names no user or no database", remedy=_FORM)
    options = {name: value for name, value in url.query.items() if isinstance(value, str)}
    directory = options.get("host", "")
    host, port = url.host or "localhost", url.port or _PORT
    plain = url.set(drivername="postgresql+pg8000", query={}, host=host, port=port)
    engine = create_engine(
        plain.set(password=password) if password else plain,
        pool_pre_ping=True,
        pool_size=POOLED,
        max_overflow=OVERFLOW,
        pool_timeout=CONNECT_SECONDS,
        pool_recycle=1800,
        connect_args={"application_name": "remit", "ssl_context": False if directory else _tls(host, options)},
    )

    @event.listens_for(engine, "do_connect")
    def connect(dialect: Any, record: Any, positional: Any, named: dict[str, Any]) -> Any:  # noqa: ARG001
        # The driver's own connect() takes no socket, and gives every wait the bound of the longest.
        return driver.Connection(**named, sock=_socket(f"{directory}/.s.PGSQL.{port}" if directory else "", host, port))

    event.listen(engine, "connect", _settled)
    event.listen(engine, "handle_error", _noticed)
    return engine


def _socket(path: str, host: str, port: int) -> socket.socket:
    """A connected socket with bounds of its own: the driver's one bound would be that of its slowest statement."""
    if path:
        connected = socket.socket(socket.AF_UNIX)
        connected.settimeout(CONNECT_SECONDS)
        try:
            connected.connect(path)
        except OSError:
            connected.close()
            raise
    else:
        connected = socket.create_connection((host, port), CONNECT_SECONDS)
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    connected.settimeout(_ANSWER_SECONDS)
    return connected


def _tls(host: str, options: dict[str, str]) -> Any:
    """False for none, else the context that verifies what ``sslmode`` says."""
    mode = options.get("sslmode") or ("disable" if _here(host) else "verify-full")
    if mode not in _MODES:
        raise ConfigError(f"sslmode cannot be {mode!r}", remedy=f"One of {', '.join(_MODES)}.")
    if mode == "disable":
        return False
    try:
        context = ssl.create_default_context(cafile=options.get("sslrootcert"))
    except (OSError, ssl.SSLError) as error:
        raise ConfigError(
            f"sslrootcert cannot be read: {error.strerror or error}", where=options.get("sslrootcert", "")
        ) from error
    context.check_hostname = mode == "verify-full"
    if mode == "require":
        context.verify_mode = ssl.CERT_NONE
    return context


def _here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _settled(connection: Any, _record: object) -> None:
    """Bounds that hold for every statement of a new connection."""
    cursor = connection.cursor()
    for statement in _SESSION:
        cursor.execute(statement)
    connection.commit()
    cursor.close()


def _noticed(context: ExceptionContext) -> None:
    """A connection that was ended from the other side is not used again; the library knows only some of the ways."""
    if lost(context.original_exception):
        context.is_disconnect = True


def _durable_sqlite(connection: Any, _record: object) -> None:
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "busy_timeout = 10000", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {pragma}")


_FORM: Final = (
    "Write postgresql://user@host:5432/database, and name the password with [state] password_file or password_env."
)
