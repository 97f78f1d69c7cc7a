"""The resources a call touched: from the record's own list, else from the names in its request and response."""

from __future__ import annotations

import re
from typing import Any, Final

from remit.reference.aws import AwsReference
from remit.rooms.events.aws.arns import Arns, Place, Resource
from remit.rooms.events.aws.meanings import Meanings
from remit.rooms.events.aws.plans import Member, Plan, Plans
from remit.rooms.events.aws.resource_names import EC2_PREFIXES, IAM_WORDS

MOST: Final = 100
"""Most resources kept of one record; the rest is said in a marker."""
_ACCOUNT: Final = re.compile(r"\d{12}", re.ASCII)
_DEEPEST: Final = 6
_LONGEST: Final = 2048
_HIDDEN: Final = ("HIDDEN_DUE_TO", "[redacted:")
_BEGINS_OTHERWISE: Final = "a*H["
"""How texts begin that may be no name."""
Members = dict[str, Any]


class ResourceNames:
    """Reads resources by plan, for one reference."""

    def __init__(self, reference: AwsReference) -> None:
        self._arns = Arns(reference)
        self._plans = Plans(Meanings(reference))
        self.from_arn = self._arns.read

    def from_refusal(self, service: str | None, named: str) -> Resource | None:
        """The resource that a refusal names: by ARN, in IAM also by a word and a name. A pattern of all is none."""
        if named.startswith("arn:"):
            resource = self.from_arn(named)
            return None if resource.id == "*" or named.endswith("/") else resource
        word, _, name = named.rpartition(" ")
        if service == "iam" and word in IAM_WORDS and name not in ("", "*"):
            return Resource(f"iam:{IAM_WORDS[word]}", name, "")
        return None

    def from_list(self, entries: Any) -> list[Resource]:
        """The record's ``resources`` list."""
        found = []
        for entry in entries if isinstance(entries, list) else ():
            if not isinstance(entry, dict):
                continue
            arn = entry.get("ARN") or entry.get("arn")
            if isinstance(arn, str) and arn.startswith("arn:"):
                found.append(self.from_arn(arn))
        return sorted(dict.fromkeys(found), key=lambda resource: resource.kind == "s3:bucket")

    def owner_in_list(self, entries: Any) -> str | None:
        """The account that the record's ``resources`` list gives for ARNs that name none, such as a bucket's; None when
        it gives none, or several."""
        accounts = {
            _account_of(entry.get("accountId"))
            for entry in (entries if isinstance(entries, list) else ())
            if isinstance(entry, dict) and _without_account(entry.get("ARN") or entry.get("arn"))
        }
        return accounts.pop() if len(accounts) == 1 else None

    def from_request(self, service: str, operation: str, request: Members, place: Place) -> list[Resource]:
        """Every resource a request names, the one the operation is about first."""
        found: list[Resource] = []
        plan = self._plans.plan(service, operation)
        self._object(plan, request, place, found, 0)
        if len(found) < 2:
            return found
        found.sort(key=lambda resource: resource.kind != plan.target)
        return _distinct(found)

    def from_response(self, service: str, operation: str, response: Members, place: Place) -> list[Resource]:
        """What a creating call made: only resources of the operation's own kind."""
        found: list[Resource] = []
        plan = self._plans.plan(service, operation)
        self._object(plan, response, place, found, 0)
        return _distinct([resource for resource in found if resource.kind == plan.target])

    def _object(self, plan: Plan, members: Members, place: Place, found: list[Resource], depth: int) -> None:
        for name, value in members.items():
            kind = type(value)
            if kind is str:
                member = plan[name]
                if not member.mute:
                    self._text(member, value, members, place, found)
            elif kind is dict:
                if value and depth < _DEEPEST:
                    self._object(plan[name].inside or plan.under(name), value, place, found, depth + 1)
            elif kind is list and value:
                self._member_list(plan, name, value, members, place, found, depth)

    def _member_list(
        self, plan: Plan, name: str, items: list[Any], beside: Members, place: Place, found: list[Resource], depth: int
    ) -> None:
        if type(items[0]) is str and all(type(item) is str for item in items):
            member = plan[name]
            if not member.mute:
                for item in items[: MOST + 1]:
                    self._text(member, item, beside, place, found)
        elif depth < _DEEPEST:
            self._list(plan[name].inside or plan.under(name), items, place, found, depth + 1)

    def _list(self, plan: Plan, items: list[Any], place: Place, found: list[Resource], depth: int) -> None:
        if depth >= _DEEPEST:
            return
        for item in items[: MOST + 1]:
            if type(item) is dict:
                self._object(plan, item, place, found, depth + 1)
            elif type(item) is list:
                self._list(plan, item, place, found, depth + 1)

    def _text(self, member: Member, value: str, beside: Members, place: Place, found: list[Resource]) -> None:
        """The resource that a text names, if it names one."""
        if not 0 < len(value) <= _LONGEST:
            return
        kind = member.kind or (EC2_PREFIXES.get(value.rpartition("-")[0], "") if member.by_prefix else "")
        if value[0] in _BEGINS_OTHERWISE:
            if value.startswith("arn:"):
                if member.holds_arns:
                    found.append(self.from_arn(value))
                return
            if value == "*" or value.startswith(_HIDDEN):
                return
        if not kind:
            return
        if member.is_path:
            value = value.rpartition("/")[2]
        if member.named_within:
            within = beside.get(member.named_within)
            if isinstance(within, str):
                within = within if kind.startswith("s3:") else within.rpartition("/")[2]
                value = f"{within}/{value}" if within else value
        found.append(Resource(kind, value, self._arns.built(kind, value, place)))


def _account_of(value: Any) -> str | None:
    """An account's id; None for anything else, which a hostile record may hold there."""
    return value if isinstance(value, str) and _ACCOUNT.fullmatch(value) else None


def _without_account(arn: Any) -> bool:
    return isinstance(arn, str) and arn.startswith("arn:") and arn.split(":", 5)[4:5] == [""]


def _distinct(found: list[Resource]) -> list[Resource]:
    """Each once, the one with an ARN before the one without."""
    if len({(kind, name) for kind, name, _ in found}) == len(found):
        return found
    kept: dict[tuple[str, str], Resource] = {}
    for resource in found:
        key = (resource.kind, resource.id)
        if key not in kept or (resource.arn and not kept[key].arn):
            kept[key] = resource
    return list(kept.values())
