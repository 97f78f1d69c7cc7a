"""The configuration from its file and the environment, and secrets from the places it names.

The environment wins over the file, and the command line over both. Relative paths in the file belong to its folder.
"""

from __future__ import annotations

import dataclasses
import os
import re
import stat
import time
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from urllib.parse import urlsplit

from remit.app.config.parsing import PREFIX, from_variable, leaves, parse, unknown_variable, variable
from remit.app.config.schema import Configuration
from remit.flows.retention import horizon
from remit.model.errors import ConfigError, UsageError

T = TypeVar("T")
FILE_NAME: Final = "remit.toml"
_OTHERS: Final = frozenset({"REMIT_DATA", "REMIT_CONFIG", "REMIT_TOKEN"})
_LINKS: Final = re.compile(r"REMIT_(?:SERVICE_(?:HOST|PORT\w*)|PORT(?:_\d+_(?:TCP|UDP)\w*)?)")
"""What Kubernetes gives every container beside a service named ``remit``; never settings of ours."""
_SECRET_BYTES: Final = 1 << 16


def load_configuration(
    folder: Path, given: Path | None = None, environ: Mapping[str, str] = os.environ
) -> Configuration:
    """The configuration of a data folder: its ``remit.toml``, ``REMIT_CONFIG`` or the file ``given``; then ``REMIT_*``.

    :raises ConfigError: for a file that cannot be read, an unknown key or variable, or a value that cannot be used.
    """
    named = given or (Path(environ["REMIT_CONFIG"]) if environ.get("REMIT_CONFIG") else None)
    path = named or folder / FILE_NAME
    table = _file(path, required=named is not None)
    try:
        filed = parse(Configuration, table)
        _refuse_written_password(filed.state.url)
        configured = parse(Configuration, _overlaid(table, environ))
        _refuse_unknown(environ, configured)
        _refuse_unusable(configured)
    except ConfigError as error:
        raise ConfigError(error.what, where=error.where or str(path), remedy=error.remedy) from None
    return _anchored(configured, filed, path.parent)


def read_secret(file: Path | None, env: str, what: str, environ: Mapping[str, str] = os.environ) -> str:
    """A secret from the file or the environment variable that the configuration names, without its last newline.

    ``what`` names the settings, as ``auth.oidc.client_secret``. Empty when neither place is named.

    :raises ConfigError: if both are named, or the place has no secret, or every user of the machine may read the file.
    """
    if file and env:
        raise ConfigError(f"{what}_file and {what}_env are both given", remedy="Keep one of them.")
    if env:
        if not (found := environ.get(env, "").rstrip("\r\n")):
            raise ConfigError(f"{what}_env names {env}, which is not set", remedy=f"Set {env} for this process.")
        return found
    return _secret_file(file, what) if file else ""


def _secret_file(file: Path, what: str) -> str:
    try:
        with file.open("rb") as opened:
            mode = os.fstat(opened.fileno()).st_mode
            content = opened.read(_SECRET_BYTES)
        secret = content.decode().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        said = error.strerror if isinstance(error, OSError) else "it is not text"
        raise ConfigError(f"{what}_file cannot be read: {said}", where=str(file)) from error
    if mode & stat.S_IRWXO:
        raise ConfigError(
            f"{what}_file is open to every user of this machine", where=str(file), remedy=f"chmod 600 {file}"
        )
    if not secret:
        raise ConfigError(f"{what}_file is empty", where=str(file))
    return secret


def _file(path: Path, *, required: bool) -> dict[str, Any]:
    try:
        with path.open("rb") as opened:
            if os.fstat(opened.fileno()).st_mode & stat.S_IWOTH:
                raise ConfigError("Every user of this machine may change the configuration", where=str(path))
            return tomllib.load(opened)
    except FileNotFoundError:
        if required:
            raise ConfigError("There is no such configuration file", where=str(path)) from None
        return {}
    except OSError as error:
        raise ConfigError(f"The configuration cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:  # a number of thousands of digits is a plain ValueError
        said = str(error).partition(";")[0]
        raise ConfigError(f"The configuration is not TOML: {said}", where=str(path)) from error


def _overlaid(table: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """The file's tables with what the environment says put into them."""
    laid: dict[str, Any] = dict(table)
    for path, hint in leaves(Configuration):
        text = environ.get(variable(path))
        if text is None:
            continue
        inner = laid
        for name in path[:-1]:
            inner[name] = inner = dict(inner.get(name, {}))
        inner[path[-1]] = from_variable(hint, text, variable(path))
    return laid


def _refuse_unknown(environ: Mapping[str, str], configured: Configuration) -> None:
    """A mistyped variable would be a setting that silently does nothing."""
    known = {variable(path) for path, _ in leaves(Configuration)} | _OTHERS
    known |= {str(_at(configured, path)) for path, _ in leaves(Configuration) if path[-1].endswith("_env")}
    for name in environ:
        if name.startswith(f"{PREFIX}_") and name not in known and not _LINKS.fullmatch(name):
            raise unknown_variable(name, sorted(known))


def _refuse_written_password(url: str) -> None:
    """Files are copied, shown and kept in repositories."""
    address = urlsplit(url)
    if address.password or "password=" in address.query:
        raise ConfigError(
            "state.url has a password in it",
            remedy="Take it out, replace it, and name the new one with state.password_file or state.password_env.",
        )


def _refuse_unusable(configured: Configuration) -> None:
    """A time to keep that cannot be told would let everything in, and stop the removal of what is old."""
    if not configured.retention.keep:
        return
    try:
        horizon(configured.retention.keep, time.time_ns() // 1000)
    except UsageError as error:
        raise ConfigError(f"retention.keep cannot be used: {error.what}", remedy=error.remedy) from error


def _at(configured: Any, path: tuple[str, ...]) -> Any:
    for name in path:
        configured = getattr(configured, name)
    return configured


def _anchored(configured: T, filed: T, folder: Path) -> T:
    """Relative paths that the file gave, from the file's folder; those of the environment stay as they are."""
    changed: dict[str, Any] = {}
    for each in dataclasses.fields(cast("Any", configured)):
        value, written = getattr(configured, each.name), getattr(filed, each.name)
        if dataclasses.is_dataclass(value):
            changed[each.name] = _anchored(value, written, folder)
        elif isinstance(value, Path) and value == written:
            changed[each.name] = folder / value
    return cast("T", dataclasses.replace(cast("Any", configured), **changed))
