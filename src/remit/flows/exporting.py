"""A policy chosen to be exported or attached: a guardrail of the library with values, or a file somebody wrote."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from remit.flows.insights import PolicyInsights
from remit.flows.library import GuardrailLibrary
from remit.model.errors import PolicyError
from remit.rooms.guardrails.exports.forms import FORMS, export
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy
from remit.rooms.guardrails.insights.lint import text_of
from remit.rooms.iam import Document, check_kind, parse_document

Json = dict[str, Any]
SUFFIXES: Final[Mapping[str, str]] = {
    "json": ".json",
    "terraform": ".tf",
    "cloudformation": ".yaml",
    "cdk-typescript": ".ts",
    "cdk-python": ".py",
}
"""Form of export -> how a file of it usually ends."""


class Exporter:
    """Policies by name or by text, in every form. Answers are JSON-able.

    Nothing leaves that AWS would refuse: insights of severity error are errors here. ``target_ids`` makes ids of the
    targets' names, where the organization is known.
    """

    def __init__(
        self,
        library: GuardrailLibrary,
        insights: PolicyInsights,
        target_ids: Callable[[Sequence[str]], Sequence[str]] = tuple,
    ) -> None:
        self._target_ids = target_ids
        self._library = library
        self._insights = insights

    def guardrail(
        self, named: str, values: Mapping[str, Any], targets: Sequence[str] = (), name: str = ""
    ) -> OrganizationPolicy:
        """A guardrail of the library with values, called by its id unless it is given another name.

        :raises PolicyError: when these values make a policy that AWS would refuse.
        """
        made = self._library.render(named, values)
        self._refuse_errors(text_of(made["document"]), made["type"], f"{made['id']} with these values")
        title = str(made["title"])
        return organization_policy(name or made["id"], made["type"], made["document"], title, self._target_ids(targets))

    def written(
        self, text: str | bytes, file: str, kind: str = "", targets: Sequence[str] = (), name: str = ""
    ) -> OrganizationPolicy:
        """A policy from a file's text. Without a kind it is an RCP when its statements name principals, which a
        service control policy cannot, and an SCP otherwise.

        :raises PolicyError: with its place, for what AWS would not take as a policy of its type.
        """
        read = parse_document(text, file)
        kind = kind.upper() or ("RCP" if any(each.principals is not None for each in read.statements) else "SCP")
        check_kind(read, kind.lower())
        self._refuse_errors(read.source.text if read.source and read.source.text else text_of(_value(read)), kind, file)
        plain = re.sub(r"\.[A-Za-z0-9]+$", "", re.split(r"[\\/]", file)[-1]).strip("-")
        return organization_policy(name or plain or "policy", kind, _value(read), "", self._target_ids(targets))

    def _refuse_errors(self, text: str, kind: str, name: str) -> None:
        errors = self._insights.errors(text, kind, name)
        if errors:
            first, others = errors[0], len(errors) - 1
            more = f" (and {others} more)" if others else ""
            raise PolicyError(
                f"This {kind} is not exported, for it has errors: {first.what}{more}",
                name=name,
                pointer=first.pointer,
                line=first.line,
                column=first.column,
                remedy=first.remedy,
            )

    def wanted(self, source: Mapping[str, Any], kind: str = "", targets: Sequence[str] = (), name: str = "") -> Json:
        """A policy as whoever attaches it takes it, from ``{named, values}`` of the library or ``{text, name}``: see
        ``as_wanted``."""
        if "text" in source:
            policy = self.written(source["text"], str(source.get("name") or "policy"), kind, targets, name)
            return as_wanted(policy, {"subject": policy.name, "values": {}, "written": True})
        values = dict(source.get("values") or {})
        policy = self.guardrail(source["named"], values, targets, name)
        return as_wanted(policy, {"subject": source["named"], "values": values})

    def export_guardrail(
        self, named: str, values: Mapping[str, Any], form: str, targets: Sequence[str] = (), name: str = ""
    ) -> Json:
        """``export`` of a guardrail of the library with values."""
        return self.export(self.guardrail(named, values, targets, name), form)

    def export_text(
        self, text: str, form: str, kind: str = "", targets: Sequence[str] = (), name: str = "policy"
    ) -> Json:
        """``export`` of a policy that somebody wrote."""
        return self.export(self.written(text, name, kind, targets), form)

    def export(self, policy: OrganizationPolicy, form: str) -> Json:
        """``{form, name, type, text, suffix}``; ``text`` is all of the file."""
        text = export(policy, form)
        return {"form": form, "name": policy.name, "type": policy.kind, "text": text, "suffix": SUFFIXES[form]}

    def grave(self, policy: OrganizationPolicy) -> Sequence[str]:
        """The codes of its findings of high severity, which keep nothing from being exported."""
        found = self._insights.lint(text_of(policy.document), policy.kind.lower(), list(policy.targets) or None)
        return tuple(dict.fromkeys(each["code"] for each in found["findings"] if each["severity"] == "high"))

    def forms(self) -> Sequence[str]:
        """The forms there are."""
        return tuple(FORMS)


def as_wanted(policy: OrganizationPolicy, origin: Mapping[str, Any]) -> Json:
    """``{name, kind, document, description, targets, origin}``, JSON-able; ``origin`` says what it was made of."""
    return {
        "name": policy.name,
        "kind": policy.kind,
        "document": policy.document,
        "description": policy.description,
        "targets": list(policy.targets),
        "origin": dict(origin),
    }


def _value(read: Document) -> Mapping[str, Any]:
    """What was read, as plain JSON."""
    if read.source is None or not isinstance(read.source.value, Mapping):
        raise PolicyError("A policy is one object", name=read.name)
    found: Mapping[str, Any] = _plain(read.source.value)
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value
