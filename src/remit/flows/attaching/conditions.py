"""What must be true before a policy is proposed, agreed to and attached; each lack with the command that mends it."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from remit.flows.attaching.persons import SIGNED_IN, TOKEN, Person
from remit.flows.attaching.ports import Json, Organizations
from remit.flows.attaching.proposals import PROPOSAL_DAYS
from remit.model.canonical import canonical_json
from remit.model.errors import NotFound, RemitError
from remit.rooms.guardrails.exports.policy import OrganizationPolicy

BACKTEST_DAYS: Final = 7
ORGANIZATION: Final = "organization"
"""The condition that the organization can be asked: credentials, and an answer."""
_TELLING: Final = ("code", "severity", "pointer")
_FATAL: Final = "error"
_ACKNOWLEDGED_LETTERS: Final = 8


@dataclass(frozen=True, slots=True)
class Lack:
    """A condition that does not hold: its name, why, and the command that provides it, or what to do."""

    condition: str
    why: str
    command: str

    def row(self) -> Json:
        """As an answer."""
        return {"condition": self.condition, "why": self.why, "command": self.command}


def findings_digest(findings: Sequence[Mapping[str, Any]]) -> str:
    """Sixteen hex digits that stand for these findings, whatever their order: naming them says which were read. The
    words of a message do not count, which may tell how long ago something was."""
    spelled = sorted(canonical_json([finding[name] for name in _TELLING]) for finding in findings)
    return hashlib.sha256(canonical_json(spelled).encode("utf-8", "backslashreplace")).hexdigest()[:16]


def unread(
    findings: Sequence[Mapping[str, Any]],
    acknowledged: str,
    policy: OrganizationPolicy,
    subject: str,
    proposal: str = "",
) -> Iterator[Lack]:
    """Findings that forbid the policy, and findings that nobody says they read; those of a ``proposal`` cannot be read
    anew, for its yes is to what was read."""
    fatal = [finding for finding in findings if finding["severity"] == _FATAL]
    lint = f"remit guardrails lint {subject} {_of_this(policy)}"
    if fatal:
        are = "1 finding is an error" if len(fatal) == 1 else f"{len(fatal)} findings are errors, the first"
        yield Lack("findings", f"{are}: {fatal[0]['message']}", lint)
    digest = findings_digest(findings)
    named = len(acknowledged) >= _ACKNOWLEDGED_LETTERS and digest.startswith(acknowledged)
    if findings and not named:
        one = len(findings) == 1
        said = f"{'was' if one else 'were'} not acknowledged"
        if acknowledged:
            said = "is another than what was acknowledged" if one else "are others than those acknowledged"
        what = f"{len(findings)} finding{'' if one else 's'}"
        anew = f"withdraw it (remit guardrails withdraw {proposal}) and propose it again"
        yield Lack("insights", f"{what} {said}", anew if proposal else f"{lint}, then add --acknowledge {digest}")


def _of_this(policy: OrganizationPolicy) -> str:
    """The type and the targets, as the commands take them."""
    return " ".join([f"--type {policy.kind.lower()}", *(f"--target {target}" for target in policy.targets)])


def untested(backtest: Json | None, policy: OrganizationPolicy, subject: str, now: datetime) -> Iterator[Lack]:
    """No backtest of this very document for these targets, or one that is too old."""
    command = f"remit backtest {subject} {_of_this(policy)}"
    if backtest is None:
        yield Lack("backtest", "this very document was never backtested for these targets", command)
        return
    age = now - datetime.fromisoformat(backtest["at"])
    if age > timedelta(days=BACKTEST_DAYS):
        yield Lack("backtest", f"the newest backtest is {age.days} days old; it counts for {BACKTEST_DAYS}", command)


def out_of_place(observed: Mapping[str, Any], policy: OrganizationPolicy) -> Iterator[Lack]:
    """A type that the organization has not enabled, and a policy of that name that reaches further than this one."""
    if policy.aws_type not in observed["enabled"]:
        enable = f"aws organizations enable-policy-type --root-id ROOT --policy-type {policy.aws_type}"
        yield Lack("policy type", f"{policy.aws_type} is not enabled in {observed['organization']}", enable)
    standing = observed["policy"]
    if standing is None:
        return
    if standing["managed"]:
        yield Lack("name", f"{policy.name} is a policy of AWS's own", "give another --name")
    elsewhere = [target for target in standing["targets"] if target not in policy.targets]
    if elsewhere:
        names = ", ".join(elsewhere)
        added = " ".join(f"--target {target}" for target in elsewhere)
        why = f"{policy.name} ({standing['id']}) is attached to {names} too, where it would change as well"
        yield Lack("reach", why, f"add {added}, or give another --name")


def surveyed(organization: Organizations, policy: OrganizationPolicy) -> tuple[Json | None, list[Lack]]:
    """What ``observe`` sees and what lacks of it, or why it cannot be seen: then nothing, and every target that is not
    there, or the one reason why nobody answers."""
    try:
        observed = observe(organization, policy)
    except NotFound as error:
        gone = list(_not_there(organization, policy.targets))
        return None, gone or [Lack(ORGANIZATION, f"it changed while it was read: {_told(error)}", "ask once more")]
    except RemitError as error:
        return None, [Lack(ORGANIZATION, f"it cannot be read: {_told(error)}", error.remedy)]
    return observed, list(out_of_place(observed, policy))


def _not_there(organization: Organizations, targets: Sequence[str]) -> Iterator[Lack]:
    for target in targets:
        try:
            organization.target_name(target)
        except NotFound as error:
            yield Lack("target", error.what, "name a root, unit or account of this organization")
        except RemitError as error:
            yield Lack(ORGANIZATION, f"{target} cannot be looked up: {_told(error)}", error.remedy)


def _told(error: RemitError) -> str:
    return f"{error.what} ({error.where})" if error.where else error.what


def afterwards(*, signed_in_only: bool) -> Lack:
    """What comes once nothing lacks: the other person, who can only agree to what was proposed."""
    within = f"within {PROPOSAL_DAYS} days"
    if signed_in_only:
        how = "signed in to this server and with the scope admin"
        return Lack("second person", f"another person agrees to what was proposed, {how}, {within}", _SIGNED_IN)
    how = "signed in with the scope admin, or with a token of their own that was made before it was proposed"
    return Lack(
        "second person",
        f"another person agrees to what was proposed, {how}, {within}",
        "remit tokens create NAME --scope admin, before you propose; "
        "afterwards NAME runs, with it in REMIT_TOKEN: remit guardrails approve ID",
    )


def nobody_agreed(proposal: str) -> Lack:
    """Of what is proposed and about to be attached without a yes."""
    why = f"{proposal} is proposed, not approved: no second person agreed yet"
    return Lack("second person", why, f"another person agrees with: remit guardrails approve {proposal}")


def no_second_person(
    proposer: Person, approver: Person, proposed: str, proposal: str, *, signed_in_only: bool
) -> Iterator[Lack]:
    """Why a yes to a proposal is not a second person's. ``proposed`` is when, in ISO 8601; ``signed_in_only`` where
    people sign in through a provider, whose word is then the only one that tells two of them apart."""
    if signed_in_only and approver.kind != SIGNED_IN:
        yield Lack(
            "second person",
            f"people sign in to this server, and {approver.name} did not",
            _SIGNED_IN,
        )
    elif approver.counts_as == proposer.counts_as:
        own = "made by whom it was proposed by" if approver.kind == TOKEN else "who proposed it"
        yield Lack("second person", f"{approver.name} is {own}", _ANOTHER)
    elif approver.kind == TOKEN and datetime.fromisoformat(approver.since) >= datetime.fromisoformat(proposed):
        yield Lack(
            "second person",
            f"{approver.name} was not made before the proposal (by {approver.made_by})",
            f"{_ANOTHER}; or withdraw it (remit guardrails withdraw {proposal}) and propose it again, now that the "
            "token is there",
        )


_ANOTHER: Final = (
    "let another person run it: signed in, or with a token of their own in REMIT_TOKEN that is older than the proposal"
)
_SIGNED_IN: Final = "sign in to this server and agree there (POST /api/v1/guardrails/proposals/ID/approve)"


def observe(organization: Organizations, policy: OrganizationPolicy) -> Json:
    """What the organization is like where the policy is to go: ``{organization, enabled, targets, policy}``.

    :raises Unavailable: if any of it cannot be read. :raises NotFound: for a target that does not exist.
    """
    standing = organization.named(policy.name, policy.aws_type)
    return {
        "organization": organization.organization_id(),
        "enabled": sorted(organization.enabled_types()),
        "targets": {target: organization.target_name(target) for target in policy.targets},
        "policy": None
        if standing is None
        else {
            "id": standing.id,
            "content": standing.content,
            "targets": sorted(standing.targets),
            "managed": standing.managed,
        },
    }


def subject_of(origin: Mapping[str, Any]) -> str:
    """The words that name the policy in a command, quoted for a shell. A text that was ``written`` in the console or
    sent to the API is no file of this machine yet."""
    if origin.get("written"):
        return "FILE"
    values = [f"--set {shlex.quote(f'{name}={_spelled(value)}')}" for name, value in origin.get("values", {}).items()]
    return " ".join([shlex.quote(str(origin["subject"])), *values])


def _spelled(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
