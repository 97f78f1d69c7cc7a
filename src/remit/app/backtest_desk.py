"""The desk of backtests: a policy from a file, the library or the organization, tried on the calls of one store."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from remit.app.organization_file import FILE_NAME, OrganizationFile
from remit.flows.backtest.ports import ContextStore
from remit.flows.backtest.trial import Trial, backtest
from remit.flows.insights import PolicyInsights
from remit.flows.library import GuardrailLibrary
from remit.flows.questions.ports import EventIndex
from remit.flows.questions.search import nothing_found
from remit.flows.questions.window import plural
from remit.model.errors import NotFound, PolicyError, UsageError
from remit.model.event_json import rfc3339
from remit.reference.aws import AwsReference
from remit.rooms.guardrails.callers import Membership
from remit.rooms.guardrails.exports.digest import digest
from remit.rooms.guardrails.limits import LONGEST, TYPES, size_of
from remit.rooms.guardrails.requests import Translation
from remit.rooms.guardrails.verdicts import Scope
from remit.rooms.iam import CompiledPolicy, Document, parse_document
from remit.rooms.iam.document import Source
from remit.rooms.organization import Organization, parse_organization
from remit.rooms.query import read_query
from remit.rooms.query.predicate import EVERYTHING
from remit.rooms.query.ranged import ranged

Json = dict[str, Any]
_DRAFT: Final = 4
"""How many times its limit a policy that is tried may be long."""
Record = Callable[[str, str, Sequence[str], str, str, Mapping[str, Any]], str]
"""(digest, kind, targets, at, who, facts) -> the id that a backtest is remembered by."""


class BacktestDesk:
    """``policy`` and ``against`` are ``{"text", "name"}``, or ``{"named", "values"}`` for a guardrail's id or for a
    policy of the organization by its id or name."""

    def __init__(
        self,
        store: ContextStore,
        index: EventIndex,
        reference: AwsReference,
        library: GuardrailLibrary,
        insights: PolicyInsights,
        organization: OrganizationFile,
        record: Record | None = None,
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
    ) -> None:
        self._store = store
        self._index = index
        self._reference = reference
        self._library = library
        self._insights = insights
        self._organization = organization
        self._record = record
        self._clock = clock

    def run(
        self,
        policy: Json,
        kind: str = "",
        targets: Sequence[str] = (),
        since: str = "30d",
        until: str = "",
        query: str = "",
        against: Json | None = None,
        organization: str | None = None,
        organization_name: str = "",
        remember: bool = True,
        who: str = "local",
    ) -> Json:
        """What the policy would have denied; ``organization`` is the text of another organization file, and
        ``organization_name`` what errors call it. With ``remember`` it counts for whoever attaches the
        policy, as run by ``who``."""
        given = None if organization is None else parse_organization(organization, organization_name or FILE_NAME)
        known = given or self._organization.organization()
        document, own = self._document(policy, known)
        kind = _kind(kind, own, document)
        _triable(document, kind)
        other = self._document(against, known)[0] if against else None
        if other is not None:
            _triable(other, kind)
        accounts = _accounts(targets, known)
        asked = ranged(query, since, until)
        trial = Trial(
            CompiledPolicy(document, kind.lower()),
            Scope(kind, accounts),
            read_query(asked, self._clock()),
            CompiledPolicy(other, kind.lower()) if other else None,
        )
        answer = backtest(self._store, trial, Translation(self._reference, _membership(known)))
        answer |= {"query": asked, "targets": list(targets), "organization": known.id if known else None}
        answer["nothing"] = None if answer["figures"]["considered"] else self._nothing(answer)
        answer["notes"] += [*self._errors(policy, kind), *self._notes(known)]
        counts = remember and not query and organization is None
        return {**answer, "recorded": self._remember(answer, document, kind, targets, known, who) if counts else None}

    def _remember(
        self,
        answer: Json,
        document: Document,
        kind: str,
        targets: Sequence[str],
        known: Organization | None,
        who: str,
    ) -> str | None:
        """Keep that this document was tried, for whoever attaches it; only a backtest of all events counts. It is as
        old as the end of its window: calls of long ago say nothing of today's."""
        if self._record is None or document.source is None:
            return None
        plain = _plain(document.source)
        now, ended = datetime.fromtimestamp(self._clock() / 1_000_000, UTC), answer["window"]["high"]
        at = (min(now, datetime.fromisoformat(ended)) if ended else now).isoformat(timespec="seconds")
        facts = {"figures": answer["figures"], "window": answer["window"]}
        named = [known.target(each) for each in targets] if known else targets
        return self._record(digest(plain), kind, named, at, who, facts)

    def _errors(self, policy: Mapping[str, Any], kind: str) -> list[str]:
        """What AWS would refuse in a written text. A draft may be tried with it, and is not taken for finished."""
        if "text" not in policy:
            return []
        errors = self._insights.errors(str(policy["text"]), kind, str(policy.get("name") or "policy"))
        more = f", and {len(errors) - 1} more" if len(errors) > 1 else ""
        return [
            f"This {kind} has errors and could not be exported or attached: {each.what} ({each.where}){more}. "
            "It was tried as it reads."
            for each in errors[:1]
        ]

    def _nothing(self, answer: Json) -> Json:
        """Why no call was considered, and whether the store has events of before the time that was asked for:
        ``{why, older}``."""
        total, low = answer["left_out"]["total"], answer["window"]["low"]
        first = rfc3339(self._index.tally(EVERYTHING)["first"])
        older = bool(low and first and datetime.fromisoformat(first) < datetime.fromisoformat(low))
        seen = f"None of the {plural(total, 'record')} that match is a call it could be tried on."
        return {"why": seen if total else nothing_found(self._index), "older": older}

    def _notes(self, known: Organization | None) -> list[str]:
        notes = []
        if known is None:
            notes.append(
                "No organization is known: no account counts as the management account, and keys such as "
                "aws:PrincipalOrgID are unknown. Bring it in with `remit organization import`."
            )
        return notes

    def _document(self, source: Mapping[str, Any], known: Organization | None) -> tuple[Document, str]:
        """The document, and its kind where that is known."""
        if "text" in source:
            return parse_document(str(source["text"]), str(source.get("name") or "policy")), ""
        named, values = str(source.get("named") or ""), source.get("values") or {}
        for policy in known.policies.values() if known and not values else ():
            if named in (policy.id, policy.name):
                return parse_document(policy.versions[-1].document, policy.name), policy.kind
        try:
            made = self._library.render(named, values)
        except NotFound as error:
            remedy = f"{error.remedy} A file is named by its path; the organization's policies by name or id."
            raise NotFound(error.what, where=error.where, remedy=remedy.strip()) from error
        return parse_document(made["document"], made["id"]), made["type"]


def _kind(given: str, own: str, document: Document) -> str:
    """The type that was said, or its own; of a file an RCP when statements name principals, else an SCP."""
    kind = given.upper()
    if own and kind and kind != own:
        raise UsageError(f"This policy is an {own}, no {kind}")
    if kind and kind not in TYPES:
        raise UsageError(f"{given[:80]!r} is no type of policy", remedy="A policy is an scp or an rcp.")
    by_form = "RCP" if any(each.principals is not None for each in document.statements) else "SCP"
    return kind or own or by_form


def _plain(source: Source) -> Any:
    return json.loads(source.text) if source.text is not None else source.value


def _triable(document: Document, kind: str) -> None:
    """Refuse what says nothing, and what could never be attached and would be judged for minutes. A draft may be a few
    times too long."""
    if not document.statements:
        raise PolicyError(
            "The policy has no statement, so there is nothing to try",
            name=document.name,
            pointer="/Statement",
            remedy="AWS refuses it too. Give it at least one statement.",
        )
    if document.source is None:
        return
    size, limit = size_of(_plain(document.source)), LONGEST[kind]
    if size > _DRAFT * limit:
        raise UsageError(
            f"The policy has {size:,} characters without white space, AWS takes {limit:,} of an {kind}",
            where=document.name,
            remedy=f"Split it; a draft of at most {_DRAFT * limit:,} can be tried.",
        )


def _accounts(targets: Sequence[str], known: Organization | None) -> frozenset[str] | None:
    """The accounts at and under targets; without an organization, account ids are what they are."""
    if not targets:
        return None
    if known is None:
        if strange := [each for each in targets if not (each.isdigit() and len(each) == 12)]:
            raise UsageError(
                f"No organization is known, so «{strange[0]}» cannot be looked up",
                remedy="Give accounts by their ids, or bring the organization in with `remit organization import`.",
            )
        return frozenset(targets)
    found = [known.target(each) for each in targets]
    return frozenset().union(*({each} if each in known.accounts else known.members(each) for each in found))


def _membership(known: Organization | None) -> Membership | None:
    if known is None:
        return None
    return Membership(known.id, known.management_account, {each: known.path(each) for each in known.accounts})
