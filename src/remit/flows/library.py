"""The library of guardrails, asked: lists, one guardrail with all that is known of it, and its policy document."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from remit.rooms.guardrails.cases import Case
from remit.rooms.guardrails.catalogue import Catalogue, Guardrail
from remit.rooms.guardrails.limits import LIMITS_AS_OF, LONGEST, size_of
from remit.rooms.guardrails.parameters import Parameter, faults
from remit.rooms.guardrails.rendering import example_values, render

Json = dict[str, Any]
OURS: Final = (
    "Framework mappings are this project's own reading of the controls: a help for finding policies, "
    "no statement of an assessor, and no proof of compliance."
)
_REACH: Final[Mapping[str, str]] = {
    "SCP": "A service control policy bounds the principals of member accounts, root users included. It bounds neither "
    "the management account, nor service-linked roles, nor principals of other organizations, and it grants nothing.",
    "RCP": "A resource control policy bounds access to resources of member accounts, whoever asks, for the services "
    "AWS supports. It bounds neither the management account's resources, nor service-linked roles, and it grants "
    "nothing.",
}
_EXEMPT: Final = "exempt_principal_arns"


class GuardrailLibrary:
    """The calls on the library; answers are JSON-able."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue: Final = catalogue

    def list(self, text: str = "", frameworks: Sequence[str] = (), service: str = "", type: str = "") -> Json:
        """``{items, total, of, note}``: the guardrails that match, best first, and how many there are at all."""
        found = self.catalogue.search(text, frameworks, service, type)
        items = [_summary(each) for each in found]
        return {"items": items, "total": len(items), "of": len(self.catalogue.guardrails), "note": OURS}

    def frameworks(self) -> Json:
        """``{items, note}``: each framework with how many guardrails are mapped to it."""
        counts: dict[str, int] = {}
        for guardrail in self.catalogue.guardrails:
            for name in {name for name, _ in guardrail.frameworks}:
                counts[name] = counts.get(name, 0) + 1
        items = [
            {"name": each.name, "title": each.title, "family": each.family, "guardrails": counts.get(each.name, 0)}
            for each in self.catalogue.frameworks
        ]
        return {"items": items, "note": OURS}

    def show(self, named: str) -> Json:
        """One guardrail: all that its file says, the document with example values, its size, and its cases."""
        guardrail = self.catalogue.guardrail(named)
        values = example_values(guardrail)
        document = render(guardrail, values)
        return {
            **_summary(guardrail),
            "protects_against": guardrail.protects_against,
            "side_effects": [*guardrail.side_effects, *_exemptions(guardrail)],
            "reach": _REACH[guardrail.type],
            "attach_to": guardrail.attach_to,
            "parameters": [_parameter(each) for each in guardrail.parameters],
            "note": OURS,
            "example_values": {name: list(each) for name, each in values.items()},
            "example": document,
            "size": _size(guardrail, document),
            "cases": [_case(each) for each in guardrail.cases],
        }

    def faults(self, named: str, values: Mapping[str, Any]) -> Json:
        """``{items}``: what is wrong with values, each ``{parameter, what, remedy}``; none when they can be used."""
        found = faults(self.catalogue.guardrail(named).parameters, values)
        return {"items": [{"parameter": each.parameter, "what": each.what, "remedy": each.remedy} for each in found]}

    def render(self, named: str, values: Mapping[str, Any]) -> Json:
        """``{id, type, document, size}`` of the policy with these values."""
        guardrail = self.catalogue.guardrail(named)
        document = render(guardrail, values)
        return {
            "id": guardrail.id,
            "title": guardrail.title,
            "type": guardrail.type,
            "document": document,
            "size": _size(guardrail, document),
        }


def _summary(guardrail: Guardrail) -> Json:
    return {
        "id": guardrail.id,
        "title": guardrail.title,
        "type": guardrail.type,
        "theme": guardrail.theme,
        "services": list(guardrail.services),
        "intent": guardrail.intent,
        "frameworks": [f"{name}:{control}" if control else name for name, control in guardrail.frameworks],
        "required": [each.name for each in guardrail.parameters if each.required],
    }


def _exemptions(guardrail: Guardrail) -> Sequence[str]:
    """What holds of every policy that can exempt principals."""
    if not any(each.name == _EXEMPT and each.optional for each in guardrail.parameters):
        return ()
    return (f"Without {_EXEMPT} nobody is exempt; whoever can assume or create an exempt role is not bound by this.",)


def _parameter(parameter: Parameter) -> Json:
    kind = parameter.kind
    return {
        "name": parameter.name,
        "type": parameter.type,
        "about": parameter.about,
        "takes": kind.words,
        "many": kind.many,
        "required": parameter.required,
        "default": list(parameter.default),
        "example": list(parameter.example),
        "choices": list(parameter.choices),
        "minimum": parameter.minimum,
        "maximum": parameter.maximum,
        "source": parameter.source,
    }


def _size(guardrail: Guardrail, document: Json) -> Json:
    return {"characters": size_of(document), "longest": LONGEST[guardrail.type], "limit_as_of": LIMITS_AS_OF}


def _case(case: Case) -> Json:
    return {"name": case.name, "expect": case.expect, "values": case.values, "request": case.request}
