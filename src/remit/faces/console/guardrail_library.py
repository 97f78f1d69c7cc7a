"""``/guardrails``: the library of preventive policies, searched and narrowed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from remit.faces.console.asking import address
from remit.faces.console.pages import Pages
from remit.faces.console.ports import Json

PATH: Final = "/guardrails"
DESK: Final = "guardrails"
_TYPES: Final = ("SCP", "RCP")
_FIRST: Final = 12
"""Values of a facet shown before the rest is folded away."""
_LABELS: Final = {"framework": "Framework", "type": "Type", "service": "Service"}


def library_page(pages: Pages, request: Request) -> Response:
    """``/guardrails?q=&framework=&type=&service=``."""
    asked = {name: request.query_params.get(name, "").strip() for name in ("q", *_LABELS)}
    found = _list(pages, asked)
    return pages.render(
        "guardrails.html",
        here="guardrails",
        asked=asked,
        found=found,
        rows=[{**each, "url": guardrail_url(each["id"]), "families": _families(each)} for each in found["items"]],
        facets=[_facet(pages, asked, name) for name in _LABELS],
        narrowed=[(_LABELS[name], asked[name], _without(asked, name)) for name in _LABELS if asked[name]],
        everything=PATH,
        without_text=_without(asked, "q"),
    )


def guardrail_url(named: str) -> str:
    """The address of a guardrail's page; ids are letters, digits and hyphens."""
    return f"{PATH}/{named}"


def _list(pages: Pages, asked: Mapping[str, str]) -> Json:
    frameworks = [asked["framework"]] if asked["framework"] else []
    found: Json = pages.desks[DESK].list(asked["q"], frameworks, asked["service"], asked["type"])
    return found


def _families(each: Json) -> list[tuple[str, str]]:
    """Each framework once, with its controls."""
    controls: dict[str, list[str]] = {}
    for tag in each["frameworks"]:
        name, _, control = tag.partition(":")
        controls.setdefault(name, []).extend([control] if control else [])
    return [(name, ", ".join(found)) for name, found in controls.items()]


def _facet(pages: Pages, asked: Mapping[str, str], name: str) -> Json:
    """The values of one field among what everything else asks for, each with its count and the address that picks
    it, or lets it go."""
    found = _list(pages, {**asked, name: ""})["items"]
    counts: Counter[str] = Counter()
    for each in found:
        counts.update(_values(each, name))
    values = [
        {
            "label": value,
            "count": count,
            "current": value.casefold() == asked[name].casefold(),
            "url": _without(asked, name) if value.casefold() == asked[name].casefold() else _with(asked, name, value),
        }
        for value, count in counts.most_common()
    ]
    return {"name": name, "label": _LABELS[name], "values": values[:_FIRST], "more": values[_FIRST:]}


def _values(each: Json, name: str) -> set[str]:
    if name == "framework":
        return {tag.partition(":")[0] for tag in each["frameworks"]}
    return {each["type"]} if name == "type" else set(each["services"]) - {"*"}


def _with(asked: Mapping[str, str], name: str, value: str) -> str:
    return address(PATH, **{key: said for key, said in {**asked, name: value}.items() if said})


def _without(asked: Mapping[str, str], name: str) -> str:
    return _with(asked, name, "")
