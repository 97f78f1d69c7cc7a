"""The desk of attaching: proposals to attach a policy to the organization, and the steps to it.

The calls that come over the control socket take no person: whoever calls is the holder of the token they show, or uses
the account that this process runs under. Faces that know who is signed in use ``as_person``.
"""

from __future__ import annotations

import os
import pwd
import socket
from collections.abc import Callable, Mapping
from typing import Any, Final

from remit.flows.access.tokens import Tokens
from remit.flows.attaching.attaching import Attaching
from remit.flows.attaching.persons import ACCOUNT, LOCAL, SIGNED_IN, Person, token_person
from remit.flows.attaching.ports import Organizations
from remit.model.errors import Forbidden, NotSignedIn
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy

Json = dict[str, Any]
Connect = Callable[[str, str], Organizations]
"""(profile, endpoint address) -> the organization, asked with the credentials of this process."""
ATTACH_CALLS: Final = frozenset({"attach", "approve", "execute", "withdraw", "proposals", "show"})
"""What may be asked over the control socket."""
_SCOPE: Final = "admin"


class AttachDesk:
    """Steps by whoever shows a token, or uses this process's account."""

    def __init__(self, attaching: Attaching, tokens: Tokens, connect: Connect) -> None:
        self._attaching = attaching
        self._tokens = tokens
        self._connect = connect

    def proposals(self) -> Json:
        """Every proposal, the newest first."""
        return self._attaching.proposals()

    def show(self, proposal: str) -> Json:
        """One proposal."""
        return self._attaching.show(proposal)

    def attach(self, policy: Json, acknowledged: str = "", token: str = "", aws: Json | None = None) -> Json:
        """Propose to attach a policy (``name, kind, document, description, targets, origin``), or attach it if that was
        agreed to."""
        return self.as_person(self._person(token)).attach(policy, acknowledged, aws)

    def approve(self, proposal: str, token: str = "") -> Json:
        """Agree to a proposal."""
        return self.as_person(self._person(token)).approve(proposal)

    def execute(self, proposal: str, token: str = "", aws: Json | None = None) -> Json:
        """Attach what was agreed to."""
        return self.as_person(self._person(token)).execute(proposal, aws)

    def withdraw(self, proposal: str, token: str = "") -> Json:
        """Take a proposal back."""
        return self.as_person(self._person(token)).withdraw(proposal)

    def draft(self, policy: Json, acknowledged: str = "") -> Json:
        """What is known of a policy before it is proposed; the organization is not asked."""
        return self._attaching.draft(_policy(policy), policy["origin"], acknowledged)

    def as_person(self, person: Person) -> Steps:
        """The steps of somebody who is known already: never to be called with what a caller says of themselves."""
        return Steps(self._attaching, self._connect, person)

    def caller(self, name: str, kind: str) -> Person:
        """Who a request to a server comes from, by its caller (see ``faces.web.caller``)."""
        if kind == "person":
            return Person(SIGNED_IN, name)
        if kind == LOCAL:
            return _account()
        held = name.removeprefix("token:")
        every = self._tokens.list()["tokens"]
        for token in every:
            if kind == "token" and token["name"] == held and token["state"] == "active":
                return token_person(token, every)
        raise NotSignedIn("Nobody is known to ask for this", remedy="Sign in, or send a token of this server.")

    def _person(self, secret: str) -> Person:
        if not secret:
            return _account()
        token = self._tokens.known(secret)
        if token is None:
            raise NotSignedIn("The token in REMIT_TOKEN is not one of this store", remedy="`remit tokens list`")
        if _SCOPE not in token["scopes"]:
            raise Forbidden(f"token:{token['name']} may not do this: it needs the scope {_SCOPE!r}")
        return token_person(token, self._tokens.list()["tokens"])


class Steps:
    """The steps of attaching, as one person."""

    def __init__(self, attaching: Attaching, connect: Connect, person: Person) -> None:
        self._attaching = attaching
        self._connect = connect
        self._person = person

    def attach(self, policy: Json, acknowledged: str = "", aws: Json | None = None) -> Json:
        """As ``AttachDesk.attach``."""
        return self._attaching.attach(
            _policy(policy), policy["origin"], acknowledged, self._person, self._organization(aws)
        )

    def propose(self, policy: Json, acknowledged: str = "", aws: Json | None = None) -> Json:
        """Propose to attach a policy, and attach nothing."""
        return self._attaching.propose(
            _policy(policy), policy["origin"], acknowledged, self._person, self._organization(aws)
        )

    def lacking(self, proposal: str) -> Json:
        """``{lacking}``: what forbids this person the next step of a proposal."""
        return {"lacking": self._attaching.lacking(proposal, self._person)}

    def approve(self, proposal: str) -> Json:
        """As ``AttachDesk.approve``."""
        return self._attaching.approve(proposal, self._person)

    def execute(self, proposal: str, aws: Json | None = None) -> Json:
        """As ``AttachDesk.execute``."""
        return self._attaching.execute(proposal, self._person, self._organization(aws))

    def withdraw(self, proposal: str) -> Json:
        """As ``AttachDesk.withdraw``."""
        return self._attaching.withdraw(proposal, self._person)

    def _organization(self, aws: Mapping[str, Any] | None) -> Organizations:
        given = aws or {}
        return self._connect(str(given.get("profile") or ""), str(given.get("endpoint_url") or ""))


def _policy(given: Mapping[str, Any]) -> OrganizationPolicy:
    return organization_policy(
        given["name"], given["kind"], given["document"], given.get("description", ""), given["targets"]
    )


def _account() -> Person:
    """Whoever uses the account of this process: the system's word for it, not the environment's."""
    try:
        login = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        login = f"user {os.getuid()}"
    return Person(ACCOUNT, f"local:{login}@{socket.gethostname()}")
