"""Style sheet, scripts and icons: read once, named by what they contain, so that browsers may keep them for good."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "json": "application/json",
}
FAVICON: Final = "mark.svg"
_FOREVER: Final = "public, max-age=31536000, immutable"


class Assets:
    """The package's static files, and ``made``: others by name that stay the same for as long as the program does."""

    def __init__(self, made: Mapping[str, bytes] = MappingProxyType({})) -> None:
        folder = files("remit.faces.console") / "static"
        found = {each.name: each.read_bytes() for each in folder.iterdir() if each.name[0] != "."}
        self._contents = {name: _tight(body) if name.endswith(".css") else body for name, body in found.items()}
        self._contents |= made
        digest = blake2b(digest_size=8)
        for name, content in sorted(self._contents.items()):
            digest.update(name.encode() + b"\0" + content)
        self.digest = digest.hexdigest()

    def url(self, name: str) -> str:
        """Where a file is, for as long as no file changes."""
        if name not in self._contents:
            raise LookupError(name)
        return f"/static/{self.digest}/{name}"

    def serve(self, request: Request) -> Response:
        """A file; one asked for by an older digest is the present one and is not to be kept."""
        name = request.path_params["name"]
        return self._response(name, request.path_params["digest"])

    def favicon(self, request: Request) -> Response:
        """The icon at the address browsers guess."""
        return self._response(FAVICON, request.query_params.get("v", ""))

    def _response(self, name: str, digest: str) -> Response:
        content = self._contents.get(name)
        kind = _TYPES.get(name.rpartition(".")[2])
        if content is None or kind is None:
            return PlainTextResponse("There is no such file.", 404)
        keep = _FOREVER if digest == self.digest else "no-cache"
        return Response(content, 200, {"Cache-Control": keep, "ETag": f'"{self.digest}"'}, kind)


def _tight(style: bytes) -> bytes:
    """A style sheet without the white space that is there for people; ours has none that counts inside strings."""
    text = re.sub(r"\s+", " ", style.decode())
    return re.sub(r" ?([{};]) ?", r"\1", text).replace(": ", ":").replace(";}", "}").strip().encode()
