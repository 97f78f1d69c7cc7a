"""Proposals over HTTP: who is signed in agrees, and nobody else's word about themselves counts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.guardrails.documents import PLAIN

from remit.adapters.store.state.proposals import BacktestTable, ProposalTable
from remit.adapters.store.state.state import State
from remit.adapters.store.state.tokens import StoredTokens
from remit.app.attach_desk import AttachDesk
from remit.app.catalogue import load_guardrails
from remit.app.findings import make_insights
from remit.faces.web.caller import LOCAL, ROLES, Caller
from remit.flows.access.tokens import Tokens
from remit.flows.attaching.attaching import Attaching
from remit.flows.attaching.persons import SIGNED_IN, Person
from remit.flows.exporting import Exporter
from remit.flows.library import GuardrailLibrary
from remit.rooms.guardrails.exports.digest import digest

from .conftest import Client, questions_over, site_of

MAYA = Caller("maya@example.com", "person", ROLES["admin"], "admin")
SAM = Caller("sam@example.com", "person", ROLES["admin"], "admin")
OPERATOR = Caller("olga@example.com", "person", ROLES["operator"], "operator")
POLICY = {
    "name": "deny-regions",
    "kind": "SCP",
    "document": PLAIN,
    "description": "",
    "targets": ["123456789012"],
    "origin": {"subject": "deny-regions", "values": {}},
}


@dataclass
class Stood:
    """A policy that is there."""

    id: str
    content: str
    targets: tuple[str, ...]
    managed: bool = False


class Memory:
    """An organization that remembers what it is told."""

    def __init__(self) -> None:
        self.stood: Stood | None = None

    def organization_id(self) -> str:
        return "o-exampleorgid"

    def enabled_types(self) -> frozenset[str]:
        return frozenset({"SERVICE_CONTROL_POLICY"})

    def target_name(self, target: str) -> str:
        return f"name of {target}"

    def named(self, name: str, aws_type: str) -> Stood | None:
        return self.stood

    def standing(self, policy_id: str) -> Stood:
        assert self.stood
        return self.stood

    def create(self, name: str, aws_type: str, content: str, description: str) -> str:
        self.stood = Stood("p-12345678", content, ())
        return self.stood.id

    def update(self, policy_id: str, content: str, description: str) -> None:
        raise AssertionError("nothing stood before")

    def attach(self, policy_id: str, target: str) -> None:
        assert self.stood
        self.stood.targets += (target,)


@dataclass
class Stand:
    """The API over proposals, with one that Maya made."""

    site: Any
    desk: AttachDesk
    tokens: Tokens
    proposal: str
    findings: list[dict[str, Any]]
    backtest: Callable[[Any], object]

    def post(self, step: str, caller: Caller) -> Any:
        return Client(self.site, caller)(f"/guardrails/proposals/{self.proposal}/{step}", method="POST")


@pytest.fixture
def stand(tmp_path: Path) -> Iterator[Stand]:
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    backtests, tokens, memory = BacktestTable(state), Tokens(StoredTokens(state), state), Memory()
    findings: list[dict[str, Any]] = []

    def backtest(document: Any) -> object:
        at = datetime.now(UTC).isoformat(timespec="seconds")
        return backtests.record(digest(document), "SCP", ["123456789012"], at, "maya", {"considered": 1})

    backtest(PLAIN)
    attaching = Attaching(
        ProposalTable(state), lambda policy: findings, backtests, lambda: datetime.now(UTC), iter(("p1", "p2")).__next__
    )
    desk = AttachDesk(attaching, tokens, lambda profile, address: memory)
    made = desk.as_person(Person(SIGNED_IN, MAYA.name)).attach(POLICY)
    site = site_of({"questions": questions_over([]), "attaching": desk})
    yield Stand(site, desk, tokens, made["id"], findings, backtest)
    state.close()


def test_another_signed_in_person_agrees_and_it_is_attached(stand: Stand) -> None:
    shown = Client(stand.site, SAM).json(f"/guardrails/proposals/{stand.proposal}")
    assert shown["document"] == PLAIN
    assert shown["proposed"]["by"] == MAYA.name
    assert stand.post("attach", SAM).status == 409
    agreed = stand.post("approve", SAM)
    assert agreed.status == 200
    assert json.loads(agreed.body)["approved"]["proves"] == "The identity provider vouches for sam@example.com."
    done = stand.post("attach", MAYA)
    assert json.loads(done.body)["state"] == "attached"
    (listed,) = Client(stand.site, SAM).json("/guardrails/proposals")["proposals"]
    assert listed["outcome"]["policy_id"] == "p-12345678"
    assert stand.post("withdraw", SAM).status == 409


def test_who_proposed_cannot_agree_and_who_may_not_is_refused(stand: Stand) -> None:
    own = stand.post("approve", MAYA)
    assert own.status == 409
    assert json.loads(own.body)["code"] == "not_ready"
    assert stand.post("approve", OPERATOR).status == 403
    assert Client(stand.site, SAM)("/guardrails/proposals/nothing/approve", method="POST").status == 404
    assert stand.desk.show(stand.proposal)["state"] == "proposed"


def test_a_token_of_the_proposer_is_the_proposer(stand: Stand) -> None:
    stand.tokens.create("mine", ["admin"], by=MAYA.name)
    mine = Caller("token:mine", "token", ROLES["admin"])
    assert stand.post("approve", mine).status == 409
    assert stand.post("approve", Caller("token:gone", "token", ROLES["admin"])).status == 401


def test_who_is_at_this_machine_is_its_account(stand: Stand) -> None:
    agreed = json.loads(stand.post("approve", LOCAL).body)
    assert agreed["approved"]["by"].startswith("local:")
    assert json.loads(stand.post("withdraw", SAM).body)["state"] == "withdrawn"


def test_a_policy_is_proposed_with_all_that_lacks_said_at_once(stand: Stand) -> None:
    library = GuardrailLibrary(load_guardrails())
    stand.site = site_of(
        {"questions": questions_over([]), "attaching": stand.desk, "exports": Exporter(library, make_insights())}
    )
    said = {"policy": {"guardrail": "org-deny-leave"}, "targets": ["123456789012"], "name": "leave"}

    def ask(caller: Caller, **more: Any) -> tuple[int, Any]:
        sent = Client(stand.site, caller)("/guardrails/proposals", method="POST", json_body={**said, **more})
        return sent.status, json.loads(sent.body)

    assert ask(OPERATOR)[0] == 403
    stand.findings[:] = [{"code": "a", "severity": "low", "pointer": "", "message": "b"}]
    status, told = ask(MAYA)
    assert (status, told["code"]) == (409, "not_ready")
    assert [each["condition"] for each in told["lacking"]] == ["insights", "backtest"]
    assert [each["condition"] for each in told["afterwards"]] == ["second person"]
    stand.backtest(library.render("org-deny-leave", {})["document"])
    status, made = ask(MAYA, acknowledge=told["findings_digest"])
    assert (status, made["state"], made["proposed"]["by"]) == (201, "proposed", MAYA.name)
    assert ask(SAM)[0] == 200
    assert ask(MAYA, targets=["everywhere"])[0] == 400
    assert ask(MAYA, targets=[])[0] == 400
    assert ask(MAYA, policy={"guardrail": "none-such"})[0] == 404
