"""A local repository's commits as JSON records, one ``{"git_commit": {...}}`` a line, newest first.

The repository is not trusted: its configuration may name programs to run. git is started without a shell, without
hooks,
monitors, pagers, external diffs, text conversion or transports, and is asked for nothing that would verify
signatures (that
runs a program the repository may name).
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import msgspec

from remit.model.errors import FeedError

from .chunks import ByteReader, Done, Interrupted, Skipped, Source, legible

SCHEME = "git:"
MAX_MESSAGE = 64 * 1024
_BLOCK = 256 * 1024
_TRAILERS = "%(trailers:only,unfold,separator=%x1e,key_value_separator=%x1f)"
_FIELDS = ("%H", "%T", "%P", "%an", "%ae", "%aI", "%cn", "%ce", "%cI", _TRAILERS, "%B")
_SAFE = (
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.attributesFile=/dev/null",
    "core.alternateRefsCommand=false",
    "protocol.allow=never",
    "credential.helper=",
    "diff.external=",
    "log.showSignature=false",
    "gpg.program=false",
    "gpg.ssh.program=false",
    "gpg.x509.program=false",
)
_REMOTE = re.compile(r"^(?:[a-z+]+://[^/]+/|[^/:]+:)(?P<path>.+?)(?:\.git)?/?$")


def is_repository_target(target: str) -> bool:
    """Does ``target`` ask for a history: ``git:PATH``, a checkout's root, a ``.git`` or bare ``name.git`` folder?"""
    return (
        target.startswith(SCHEME)
        or (target.rstrip("/").endswith(".git") and os.path.isdir(target))
        or is_checkout(target)
    )


def is_checkout(target: str) -> bool:
    """Is this the root of a repository's work tree?"""
    return os.path.exists(os.path.join(target, ".git"))


def discover(target: str, *, done: Done | None = None, skipped: Skipped | None = None) -> Iterator[Source]:
    """The repository's history as one source; its fingerprint covers every branch and tag.

    Raises ``FeedError`` when git is missing or this is no repository that it will read.
    """
    folder = os.path.abspath(target.removeprefix(SCHEME))
    heads = _ask(folder, "for-each-ref", "--format=%(objectname) %(refname)")
    fingerprint = _digest(heads)
    place = f"{SCHEME}{legible(folder)}"
    if done is not None and done(place, fingerprint):
        if skipped is not None:
            skipped["already-done"] += 1
        return
    name = repository_name(folder)
    yield Source(place, None, fingerprint, lambda: _History(folder, name))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def repository_name(folder: str) -> str:
    """``owner/name`` from the remote ``origin``, without host or credentials; else the folder's name."""
    try:
        remote = _ask(folder, "config", "--get", "remote.origin.url").strip()
    except FeedError:
        remote = ""
    match = _REMOTE.match(remote)
    parts = match["path"].split("/") if match else []
    if len(parts) >= 2:
        return "/".join(parts)
    path = Path(folder)
    return path.parent.name if path.name == ".git" else path.name.removesuffix(".git")


def _command(folder: str, *arguments: str) -> list[str]:
    settings = [word for setting in _SAFE for word in ("-c", setting)]
    return ["git", "--no-pager", "--no-optional-locks", *settings, "-C", folder, *arguments]


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    return kept | {
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_ALLOW_PROTOCOL": "none",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "LC_ALL": "C.UTF-8",
    }


def _ask(folder: str, *arguments: str) -> str:
    try:
        answer = subprocess.run(
            _command(folder, *arguments),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=True,
        )
    except FileNotFoundError as error:
        raise FeedError("git is not installed", where=legible(folder), remedy="Install git.") from error
    except subprocess.TimeoutExpired as error:
        raise FeedError("git did not answer within 60 seconds", where=legible(folder)) from error
    except subprocess.CalledProcessError as error:
        said = legible(error.stderr.decode("utf-8", "replace").strip(), 300) or "no reason given"
        remedy = "Name a repository's folder."
        raise FeedError(f"git cannot read this: {said}", where=legible(folder), remedy=remedy) from error
    return answer.stdout.decode("utf-8", "surrogateescape")


class _History:
    """The commits as a stream of JSON lines, made while they are read."""

    def __init__(self, folder: str, name: str) -> None:
        form = "%x00".join(_FIELDS) + "%x00"
        log = ["log", "--no-color", "--no-notes", "--no-patch", "--no-ext-diff", "--no-textconv", "--no-show-signature"]
        self._process = subprocess.Popen(
            _command(
                folder, *log, "--encoding=UTF-8", f"--format=tformat:{form}", "--exclude=refs/stash", "--all", "--"
            ),
            env=_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._lines = self._commits(name)
        self._ready = b""

    def read(self, size: int, /) -> bytes:
        parts, held = [self._ready], len(self._ready)
        while held < size and (line := next(self._lines, b"")):
            parts.append(line)
            held += len(line)
        ready = b"".join(parts)
        self._ready = ready[size:]
        return ready[:size]

    def close(self) -> None:
        """Stop git, whether or not it has finished."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _commits(self, name: str) -> Iterator[bytes]:
        fields: list[bytes] = []
        for field in self._fields():
            fields.append(field)
            if len(fields) == len(_FIELDS):
                yield commit_record(fields, name) + b"\n"
                fields = []
        if self._process.wait() != 0:
            raise Interrupted("unreadable", f"git log stopped with status {self._process.returncode}")

    def _fields(self) -> Iterator[bytes]:
        stdout = self._process.stdout
        tail = b""
        while stdout is not None and (block := stdout.read(_BLOCK)):
            first, *others = block.split(b"\0")
            tail = _bounded(tail + first)
            for piece in others:
                yield tail
                tail = _bounded(piece)


def _bounded(field: bytes) -> bytes:
    return field[: MAX_MESSAGE + 1]


def commit_record(fields: list[bytes], repository: str) -> bytes:
    """One commit as JSON, from the fields git printed in the order of the format."""
    text = [field.decode("utf-8", "replace") for field in fields]
    sha, tree, parents, *people, trailers, message = text
    commit: dict[str, object] = {
        "sha": sha.strip(),
        "tree": tree,
        "parents": parents.split(),
        "author": dict(zip(("name", "email", "date"), people[:3], strict=True)),
        "committer": dict(zip(("name", "email", "date"), people[3:], strict=True)),
        "message": message[:MAX_MESSAGE].rstrip("\n"),
        "trailers": [pair.split("\x1f", 1) for pair in trailers.split("\x1e") if "\x1f" in pair],
        "repository": repository,
    }
    if len(fields[-1]) > MAX_MESSAGE:
        commit["message_truncated"] = True
    return msgspec.json.encode({"git_commit": commit})


__all__ = ["ByteReader", "commit_record", "discover", "is_repository_target", "repository_name"]
