"""The OpenAPI document: what FastAPI derives from the routes, with our errors, scopes and schemes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from remit.faces.api.asking import SCOPE
from remit.faces.api.schemas import Problem
from remit.faces.web.problems import MEDIA_TYPE

Json = dict[str, Any]
_PROBLEM: Final = {"$ref": "#/components/schemas/Problem"}
_REFUSED: Final = {
    400: "The request cannot be read: a broken query or cursor, an unknown parameter, a value out of range.",
    401: "Nobody is known to ask: no token, or one that is unknown, expired or revoked.",
    403: "This caller may not do that.",
    404: "There is no such thing in this store.",
    409: "It contradicts what is there, such as a name that is taken.",
    412: "Somebody else changed it in the meantime.",
    413: "More than is taken at once.",
    415: "The body is of a type that is not taken.",
    428: "The change does not say which version it is made to.",
    429: "Too much is asked at once.",
    500: "The server could not do this; its log says why.",
    503: "Something this needs does not answer, or there is no room for it now.",
}
_INTRODUCTION: Final = """\
Questions about who and what changes clouds and code, over HTTP. The same flows answer the console and the command line.

A query (`q`) is written in the language of docs/query.md: `source:AgentOps env:production since:24h`. Lists come in
pages: send `next` back as `cursor`, with the same query. Every error is a problem document (RFC 9457) with a stable
`type`, what happened in `detail` and what to do about it in `remedy`.

A caller sends a token of this server (`remit tokens create`), or is signed in. A server on loopback that was started
without sign-in answers whoever can reach it. `x-scope` names the scope an operation needs.
"""
_SCHEMES: Final = {
    "token": {"type": "http", "scheme": "bearer", "description": "A token of this server: `remit tokens create`."},
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Hub-Signature-256",
        "description": "GitHub's signature of a webhook, by the secret that this server has of it.",
    },
}

_CREDENTIALS: Final = ("x-hub-signature-256",)
"""Headers that are described as schemes, and so not as parameters."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: the problems it may answer with besides those that every operation may."""
    return {status: _problem(status) for status in statuses}


def describe(app: FastAPI, prefix: str) -> Json:
    """The OpenAPI 3.1 document of an application that is mounted at ``prefix``."""
    found = get_openapi(
        title=app.title, version=app.version, description=_INTRODUCTION, routes=app.routes, servers=[{"url": prefix}]
    )
    schemas = found["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    shape = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= {**shape.pop("$defs"), "Problem": shape}
    found["components"]["schemas"] = dict(sorted(schemas.items()))
    found["components"]["securitySchemes"] = dict(_SCHEMES)
    for operations in found["paths"].values():
        for method, operation in operations.items():
            _complete(operation, method)
    found["paths"] = _spelled_out(found["paths"])
    return found


def _spelled_out(paths: Json) -> Json:
    """A path whose variable has a closed set of values becomes one path for each: no document may have two paths that
    differ in the name of a variable alone, such as ``/events/{event_id}`` and ``/events/{format}``."""
    found: Json = {}
    for path, operations in paths.items():
        for method, operation in operations.items():
            for place, told in _each_value(path, operation):
                found.setdefault(place, {})[method] = told
    return found


def _each_value(path: str, operation: Json) -> Iterator[tuple[str, Json]]:
    for at, parameter in enumerate(operation.get("parameters", ())):
        if parameter["in"] == "path" and "enum" in parameter["schema"]:
            rest = operation["parameters"][:at] + operation["parameters"][at + 1 :]
            for value in parameter["schema"]["enum"]:
                name = f"{operation['operationId']}_{value.replace('-', '_')}"
                yield (
                    path.replace(f"{{{parameter['name']}}}", value),
                    {
                        **operation,
                        "operationId": name,
                        "parameters": rest,
                    },
                )
            return
    yield path, operation


def _complete(operation: Json, method: str) -> None:
    """Say what every operation has: its scope, and the problems that any may answer with."""
    scope = operation.setdefault(SCOPE, "read" if method == "get" else "operate")
    responses = operation["responses"]
    responses.pop("422", None)
    always = [400, 500, 503] + ([413] if "requestBody" in operation else [])
    if scope != "none":
        operation["security"] = [{"token": [scope]}]
        always += [401, 403]
    for status in always:
        responses.setdefault(str(status), _problem(status))
    operation["responses"] = dict(sorted(responses.items()))
    if "parameters" in operation:
        operation["parameters"] = [each for each in operation["parameters"] if each["name"].lower() not in _CREDENTIALS]
    for parameter in operation.get("parameters", ()):
        _simplify(parameter)


def _simplify(parameter: Json) -> None:
    """A parameter that is left out is not null; and If-Match has to be sent, though its absence has its own answer."""
    schema = parameter["schema"]
    kinds = [kind for kind in schema.get("anyOf", ()) if kind.get("type") != "null"]
    if len(kinds) == 1:
        del schema["anyOf"]
        schema |= kinds[0]
    if parameter["in"] == "header" and parameter["name"] == "If-Match":
        parameter["required"] = True


def _problem(status: int) -> Json:
    content: Mapping[str, Any] = {MEDIA_TYPE: {"schema": _PROBLEM}}
    return {"description": _REFUSED.get(status, HTTPStatus(status).phrase), "content": content}
