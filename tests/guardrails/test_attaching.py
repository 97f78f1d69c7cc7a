"""A guardrail reaches an organization by two persons and not otherwise; the organization is moto's, over HTTP."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from sqlalchemy import text
from tests.guardrails.conftest import House, Organization, house_over
from tests.guardrails.documents import PLAIN
from tests.s3server import Answering, Request, proxied

from remit.adapters.clouds.aws.policies import OrganizationPolicies
from remit.adapters.store.state.state import State
from remit.flows.attaching.conditions import findings_digest
from remit.flows.attaching.persons import ACCOUNT, LOCAL, SIGNED_IN, TOKEN, Person, token_person
from remit.model.errors import Conflict, IntegrityError, NotFound, NotReady, Unavailable, UsageError
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy
from remit.rooms.guardrails.limits import minified

ANN = Person(ACCOUNT, "local:ann")
BEN = Person(TOKEN, "token:ben", LOCAL, "2026-10-01T00:00:00+00:00")
CLEO = Person(SIGNED_IN, "cleo@example.com")
FINDING = {
    "code": "no-service-exemption",
    "severity": "medium",
    "pointer": "/Statement/0",
    "message": "AWS's own services are denied too",
}
ORIGIN = {"subject": "org-deny-regions", "values": {"regions": ["eu-west-1", "eu-central-1"], "note": "a b"}}


class Nobody(OrganizationPolicies):
    """An organization that no call reaches."""

    @property
    def _client(self) -> Any:
        raise EndpointConnectionError(endpoint_url="https://organizations.us-east-1.amazonaws.com")


def policy(organization: Organization, *targets: str, name: str = "", **document: Any) -> OrganizationPolicy:
    name = name or f"deny-regions-{organization.units[0]}"
    return organization_policy(name, "SCP", document or PLAIN, "Why.", targets or (organization.units[0],))


def propose(house: House, wanted: OrganizationPolicy, organization: Organization, acknowledged: str = "") -> Any:
    return house.attaching.attach(wanted, ORIGIN, acknowledged, ANN, organization.api())


def agreed(house: House, wanted: OrganizationPolicy, organization: Organization) -> str:
    """The id of a proposal that Ben agreed to."""
    house.backtest(wanted)
    proposal = str(propose(house, wanted, organization)["id"])
    house.attaching.approve(proposal, BEN)
    return proposal


def test_two_persons_attach_what_was_read_and_backtested(house: House, organization: Organization) -> None:
    wanted = policy(organization, *organization.units, organization.account)
    house.findings[:] = [FINDING]
    house.backtest(wanted)
    lacking = propose(house, wanted, organization)
    assert lacking["state"] == "lacking"
    proposed = propose(house, wanted, organization, lacking["findings_digest"])
    assert proposed["state"] == "proposed"
    assert proposed["findings"] == [FINDING]
    assert proposed["backtest"]["facts"]["would_deny"] == 3
    assert proposed["targets"][-1] == {"id": organization.account, "name": "shop"}
    assert organization.attached(organization.units[0]) == {}
    approved = house.attaching.approve(proposed["id"], BEN)
    assert "Somebody held the secret of token:ben" in approved["approved"]["proves"]
    done = propose(house, wanted, organization)
    assert done["state"] == "attached"
    assert done["outcome"]["steps"][0].startswith("created p-")
    for target in wanted.targets:
        assert organization.attached(target)[wanted.name] == minified(PLAIN)
    whats = [each["what"] for each in reversed(house.state.journalled())]
    assert whats == ["attach.proposed", "attach.approved", "attach.begun", "attach.attached"]
    assert {each["who"] for each in house.state.journalled()} == {"local:ann", "token:ben"}
    assert house.told("attach.approved")[0]["facts"]["digest"] == proposed["digest"]


def test_every_lack_is_told_with_the_command_that_mends_it(one_house: House, organization: Organization) -> None:
    one_house.findings[:] = [FINDING]
    lacking = propose(one_house, policy(organization), organization)
    assert {each["condition"]: each["command"] for each in lacking["lacking"]} == {
        "insights": "remit guardrails lint org-deny-regions --set regions=eu-west-1,eu-central-1 --set 'note=a b' "
        f"--type scp --target {organization.units[0]}, then add --acknowledge {findings_digest([FINDING])}",
        "backtest": "remit backtest org-deny-regions --set regions=eu-west-1,eu-central-1 --set 'note=a b' --type scp "
        f"--target {organization.units[0]}",
    }
    (second,) = lacking["afterwards"]
    assert "made before it was proposed" in second["why"]
    assert "remit tokens create NAME --scope admin, before you propose" in second["command"]
    assert one_house.attaching.proposals() == {"proposals": []}


def test_acknowledging_other_findings_is_not_enough(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    one_house.findings[:] = [FINDING]
    old = findings_digest([FINDING])
    one_house.findings.append({**FINDING, "pointer": "/Statement/1"})
    for acknowledged in (old, "", "a", old[:7]):
        assert propose(one_house, wanted, organization, acknowledged)["state"] == "lacking"
    now = findings_digest(list(reversed(one_house.findings)))
    assert propose(one_house, wanted, organization, now[:8])["state"] == "proposed"


def test_a_finding_that_is_an_error_cannot_be_acknowledged_away(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    one_house.findings[:] = [{**FINDING, "severity": "error"}]
    lacking = propose(one_house, wanted, organization, findings_digest(one_house.findings))
    assert [each["condition"] for each in lacking["lacking"]] == ["findings"]


@pytest.mark.parametrize("days", [7, 7.01, 30])
def test_a_backtest_counts_for_seven_days(one_house: House, organization: Organization, days: float) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    one_house.later(days=days)
    assert propose(one_house, wanted, organization)["state"] == ("proposed" if days == 7 else "lacking")


def test_a_backtest_of_anything_else_does_not_count(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(policy(organization, Version="2012-10-17", Statement=[]))
    one_house.backtest(policy(organization, organization.units[1]))
    one_house.backtest(policy(organization, *organization.units))
    one_house.backtest(OrganizationPolicy(wanted.name, "RCP", wanted.document, "", wanted.targets))
    assert [each["condition"] for each in propose(one_house, wanted, organization)["lacking"]] == ["backtest"]


@pytest.mark.parametrize(
    ("proposer", "approver", "counts"),
    [
        (ANN, ANN, False),
        (ANN, BEN, True),
        (BEN, ANN, True),
        (BEN, BEN, False),
        (CLEO, CLEO, False),
        (CLEO, Person(TOKEN, "token:x", "cleo@example.com", "2026-10-01T00:00:00+00:00"), False),
        (Person(TOKEN, "token:x", "cleo@example.com", "2026-10-01T00:00:00+00:00"), CLEO, False),
        (
            Person(TOKEN, "token:x", "cleo@example.com", "2026-10-01T00:00:00+00:00"),
            Person(TOKEN, "token:y", "cleo@example.com", "2026-10-01T00:00:00+00:00"),
            False,
        ),
        (ANN, Person(TOKEN, "token:new", LOCAL, "2026-11-02T09:00:00+00:00"), False),
        (ANN, CLEO, True),
    ],
)
def test_a_yes_is_a_second_persons(
    one_house: House, organization: Organization, proposer: Person, approver: Person, counts: bool
) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    proposal = one_house.attaching.attach(wanted, ORIGIN, "", proposer, organization.api())["id"]
    one_house.later(hours=1)
    if counts:
        assert one_house.attaching.approve(proposal, approver)["state"] == "approved"
        return
    with pytest.raises(NotReady, match="another person"):
        one_house.attaching.approve(proposal, approver)
    assert one_house.told("attach.refused")[0]["who"] == approver.name
    with pytest.raises(NotReady, match="not approved"):
        one_house.attaching.execute(proposal, proposer, organization.api())
    assert organization.attached(organization.units[0]) == {}


def test_where_people_sign_in_only_they_can_agree(tmp_path: Path, organization: Organization) -> None:
    state = State.open(f"sqlite:///{tmp_path / 'state.db'}")
    house = house_over(state, signed_in_only=True)
    wanted = policy(organization)
    house.backtest(wanted)
    proposal = propose(house, wanted, organization)["id"]
    with pytest.raises(NotReady, match="did not"):
        house.attaching.approve(proposal, BEN)
    assert house.attaching.approve(proposal, CLEO)["state"] == "approved"
    state.close()


def test_a_yes_is_used_once(one_house: House, organization: Organization) -> None:
    proposal = agreed(one_house, policy(organization), organization)
    assert one_house.attaching.execute(proposal, ANN, organization.api())["state"] == "attached"
    with pytest.raises(NotReady, match="is attached"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    assert len(one_house.told("attach.begun")) == 1


def test_of_two_who_attach_at_once_one_does(house: House, organization: Organization) -> None:
    proposal = agreed(house, policy(organization), organization)
    ended: list[str] = []

    def run() -> None:
        try:
            ended.append(house.attaching.execute(proposal, ANN, organization.api())["state"])
        except (Conflict, NotReady) as error:
            ended.append(type(error).__name__)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(ended) == 4
    assert len(house.told("attach.begun")) == 1
    assert house.attaching.show(proposal)["state"] == "attached"
    named = [
        each["Name"]
        for each in organization.client.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        if each["Name"] == policy(organization).name
    ]
    assert len(named) == 1


def test_an_approval_ends_after_a_day_and_a_proposal_after_a_week(one_house: House, organization: Organization) -> None:
    proposal = agreed(one_house, policy(organization), organization)
    one_house.later(hours=24)
    with pytest.raises(NotReady, match="expired"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    wanted = policy(organization, name="another")
    one_house.backtest(wanted)
    second = propose(one_house, wanted, organization)["id"]
    assert second != proposal
    one_house.later(days=7)
    with pytest.raises(NotReady, match="expired"):
        one_house.attaching.approve(second, BEN)


def test_a_backtest_that_grows_old_before_the_end_stops_it(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    one_house.later(days=6.5)
    proposal = propose(one_house, wanted, organization)["id"]
    one_house.later(hours=6)
    one_house.attaching.approve(proposal, BEN)
    one_house.later(hours=12)
    with pytest.raises(NotReady, match="remit backtest"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    assert organization.attached(organization.units[0]) == {}
    one_house.backtest(wanted)
    assert one_house.attaching.execute(proposal, ANN, organization.api())["state"] == "attached"


def test_findings_that_nobody_read_stop_it(one_house: House, organization: Organization) -> None:
    proposal = agreed(one_house, policy(organization), organization)
    one_house.findings.append(FINDING)
    with pytest.raises(NotReady, match=r"1 finding is another .* withdraw it \(remit guardrails withdraw p1\)"):
        one_house.attaching.execute(proposal, ANN, organization.api())


def test_an_organization_that_changed_since_is_left_alone(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)
    organization.client.create_policy(
        Name=wanted.name, Type=wanted.aws_type, Content=minified({"Statement": []}), Description="somebody else's"
    )
    with pytest.raises(Conflict, match="not as it was"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    assert organization.attached(organization.units[0]) == {}


def test_a_policy_that_reaches_further_is_not_changed_there_unasked(
    one_house: House, organization: Organization
) -> None:
    here, there = organization.units
    first = policy(organization, *organization.units)
    one_house.attaching.execute(agreed(one_house, first, organization), ANN, organization.api())
    narrower = policy(organization, here, Version="2012-10-17", Statement=[])
    one_house.backtest(narrower)
    (lack,) = propose(one_house, narrower, organization)["lacking"]
    assert lack["condition"] == "reach"
    assert there in lack["command"]
    assert organization.attached(there)[first.name] == minified(PLAIN)


def test_a_change_of_a_standing_policy_is_an_update_of_it(one_house: House, organization: Organization) -> None:
    first = policy(organization)
    one = one_house.attaching.execute(agreed(one_house, first, organization), ANN, organization.api())
    assert propose(one_house, first, organization)["state"] == "in place"
    changed = policy(organization, *organization.units, Version="2012-10-17", Statement=[])
    two = one_house.attaching.execute(agreed(one_house, changed, organization), ANN, organization.api())
    assert two["outcome"]["policy_id"] == one["outcome"]["policy_id"]
    assert two["outcome"]["steps"] == [
        f"updated {two['outcome']['policy_id']}",
        f"attached to {organization.units[1]}",
    ]
    assert organization.attached(organization.units[1]) == {first.name: minified(changed.document)}


def test_a_type_that_is_not_enabled_is_told(one_house: House, organization: Organization) -> None:
    kind = "RESOURCE_CONTROL_POLICY"
    organization.client.disable_policy_type(RootId=organization.root, PolicyType=kind)
    try:
        wanted = organization_policy("rcp", "RCP", PLAIN, "", (organization.units[0],))
        one_house.backtest(wanted)
        (lack,) = propose(one_house, wanted, organization)["lacking"]
        assert "enable-policy-type" in lack["command"]
    finally:
        organization.client.enable_policy_type(RootId=organization.root, PolicyType=kind)


@pytest.mark.parametrize("target", ["ou-ab12-cdefgh34", "999999999999", "r-zzzz"])
def test_a_target_that_is_not_there_is_refused(one_house: House, organization: Organization, target: str) -> None:
    wanted = policy(organization, target, organization.units[0])
    one_house.backtest(wanted)
    (lack,) = propose(one_house, wanted, organization)["lacking"]
    assert (lack["condition"], target in lack["why"]) == ("target", True)
    assert one_house.attaching.proposals() == {"proposals": []}


def test_nothing_is_attached_without_a_target(one_house: House, organization: Organization) -> None:
    wanted = organization_policy("nowhere", "SCP", PLAIN)
    with pytest.raises(UsageError, match="--target"):
        propose(one_house, wanted, organization)


def test_an_organization_that_does_not_answer_gets_no_proposal(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(lambda answering, request: answering.refuse(400, "AccessDeniedException"))
        api = OrganizationPolicies(endpoint_url=proxy.endpoint)
        (lack,) = one_house.attaching.attach(wanted, ORIGIN, "", ANN, api)["lacking"]
    assert lack["condition"] == "organization"
    assert "AccessDeniedException" in lack["why"]
    assert one_house.attaching.proposals() == {"proposals": []}


def test_all_that_lacks_is_told_at_once(one_house: House, organization: Organization) -> None:
    one_house.findings[:] = [FINDING]
    wanted = policy(organization)
    nowhere = Nobody()
    told = one_house.attaching.attach(wanted, ORIGIN, "", ANN, nowhere)
    assert [each["condition"] for each in told["lacking"]] == ["insights", "backtest", "organization"]
    assert [each["condition"] for each in told["afterwards"]] == ["second person"]
    gone = policy(organization, "ou-ab12-cdefgh34", "999999999999", organization.units[0])
    lacking = one_house.attaching.attach(gone, ORIGIN, "", ANN, organization.api())["lacking"]
    assert [each["condition"] for each in lacking] == ["insights", "backtest", "target", "target"]
    one_house.findings.clear()
    one_house.backtest(wanted)
    proposal = propose(one_house, wanted, organization)["id"]
    one_house.findings[:] = [FINDING]
    one_house.later(days=6.9)
    with pytest.raises(NotReady, match=r"no second person agreed yet; 1 finding is another .*cannot be read"):
        one_house.attaching.execute(proposal, ANN, nowhere)


def test_a_proposal_asked_for_again_tells_what_it_lacks_by_now(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    one_house.backtest(wanted)
    first = propose(one_house, wanted, organization)
    one_house.findings[:] = [FINDING]
    again = propose(one_house, wanted, organization)
    assert again["id"] == first["id"]
    assert [each["condition"] for each in again["lacking"]] == ["insights"]


def _attaches(request: Request) -> bool:
    body = json.loads(request.body or b"{}")
    return body.keys() == {"PolicyId", "TargetId"}


def test_a_step_that_fails_is_told_with_what_was_done_before(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)
    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(lambda answering, request: _attaches(request) and answering.refuse(400, "Denied"))
        done = one_house.attaching.execute(proposal, ANN, OrganizationPolicies(endpoint_url=proxy.endpoint))
    assert done["state"] == "failed"
    assert [step.split()[0] for step in done["outcome"]["steps"]] == ["created"]
    assert "AttachPolicy" in done["outcome"]["problem"]
    assert f"not attached to {organization.units[0]}" in done["outcome"]["problem"]
    one_house.later(hours=24)
    with pytest.raises(NotReady, match="is failed"):
        one_house.attaching.execute(proposal, ANN, organization.api())


def _creates(request: Request) -> bool:
    return json.loads(request.body or b"{}").keys() == {"Name", "Type", "Content", "Description"}


def _named(organization: Organization, wanted: OrganizationPolicy) -> list[str]:
    found = organization.client.list_policies(Filter=wanted.aws_type)["Policies"]
    return [each["Id"] for each in found if each["Name"] == wanted.name]


def test_what_failed_half_way_is_finished_and_not_doubled(house: House, organization: Organization) -> None:
    wanted = policy(organization, *organization.units)
    proposal = agreed(house, wanted, organization)
    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(lambda answering, request: _attaches(request) and answering.refuse(400, "Denied"))
        api = OrganizationPolicies(endpoint_url=proxy.endpoint)
        failed = house.attaching.execute(proposal, ANN, api)
    assert (failed["state"], failed["can_be_finished"]) == ("failed", True)
    organization.client.attach_policy(PolicyId=failed["outcome"]["policy_id"], TargetId=organization.units[0])
    done = propose(house, wanted, organization)
    assert (done["id"], done["state"], done["can_be_finished"]) == (proposal, "attached", False)
    assert [step.split()[0] for step in done["outcome"]["steps"]] == ["created", "attached"]
    assert _named(organization, wanted) == [done["outcome"]["policy_id"]]
    whats = [each["what"] for each in reversed(house.state.journalled())]
    assert whats[2:] == ["attach.begun", "attach.failed", "attach.begun", "attach.attached"]


def test_what_failed_half_way_and_was_changed_since_is_left_alone(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)
    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(lambda answering, request: _attaches(request) and answering.refuse(400, "Denied"))
        failed = one_house.attaching.execute(proposal, ANN, OrganizationPolicies(endpoint_url=proxy.endpoint))
    other = minified({"Version": "2012-10-17", "Statement": []})
    organization.client.update_policy(PolicyId=failed["outcome"]["policy_id"], Content=other)
    with pytest.raises(Conflict, match="not as it was"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    assert organization.attached(organization.units[0]) == {}
    assert one_house.attaching.withdraw(proposal, ANN)["state"] == "withdrawn"


@pytest.mark.parametrize("asks", [_creates, _attaches], ids=["create", "attach"])
def test_a_call_whose_answer_is_lost_is_made_once(
    one_house: House, organization: Organization, asks: Callable[[Request], bool]
) -> None:
    """boto3 asks again when the connection ends; AWS then says that there is one already, and it is ours."""
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)
    lost: list[Request] = []

    def loses(answering: Answering, request: Request) -> bool:
        if lost or not asks(request):
            if lost and asks is _attaches and _attaches(request):
                # moto attaches twice without a word; AWS says that it is attached.
                told = b'{"__type": "DuplicatePolicyAttachmentException", "message": "It is."}'
                answering.answer(400, [("Content-Type", "application/x-amz-json-1.1")], told)
                return True
            return False
        answering.forward(request)
        lost.append(request)
        answering.close_connection = True
        return True

    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(loses)
        done = one_house.attaching.execute(proposal, ANN, OrganizationPolicies(endpoint_url=proxy.endpoint))
    assert len(lost) == 1
    assert done["state"] == "attached", done["outcome"]
    assert _named(organization, wanted) == [done["outcome"]["policy_id"]]
    assert any("already" in step for step in done["outcome"]["steps"])


@pytest.mark.parametrize("asks", [_creates, _attaches], ids=["create", "attach"])
def test_where_nobody_answers_after_the_call_it_is_not_known_and_the_next_look_settles_it(
    one_house: House, organization: Organization, asks: Callable[[Request], bool]
) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)

    class Lost(OrganizationPolicies):
        """The call is sent, and from then on nothing comes back."""

        def create(self, *arguments: str) -> str:
            made = super().create(*arguments)
            return self._gone() if asks is _creates else made

        def attach(self, policy_id: str, target: str) -> None:
            super().attach(policy_id, target)
            self._gone()

        def _gone(self) -> str:
            self.__class__ = Nobody  # type: ignore[assignment]
            raise Unavailable("The connection ended before an answer came")

    begun = one_house.attaching.execute(proposal, ANN, Lost(endpoint_url=organization.endpoint))
    assert begun["state"] == "executing"
    assert begun["outcome"]["problem"].startswith("It is not known whether the policy was attached.")
    assert [each["what"] for each in one_house.state.journalled()[:2]] == ["attach.unknown", "attach.begun"]
    with pytest.raises(Unavailable):
        one_house.attaching.execute(proposal, ANN, Nobody())
    assert one_house.attaching.show(proposal)["state"] == "executing"
    settled = propose(one_house, wanted, organization)
    assert settled["id"] == proposal
    if asks is _attaches:
        assert settled["state"] == "attached"
    else:
        assert (settled["state"], settled["can_be_finished"]) == ("failed", True)
        assert one_house.attaching.execute(proposal, ANN, organization.api())["state"] == "attached"
    assert organization.attached(organization.units[0])[wanted.name] == minified(wanted.document)
    assert len(_named(organization, wanted)) == 1


def test_what_is_read_back_must_be_what_was_agreed_to(one_house: House, organization: Organization) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)

    def interferes(answering: Answering, request: Request) -> bool:
        if not _attaches(request):
            return False
        answering.answer(*answering.forward(request))
        policy_id = json.loads(request.body)["PolicyId"]
        organization.client.update_policy(PolicyId=policy_id, Content=minified({"Statement": []}))
        return True

    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(interferes)
        done = one_house.attaching.execute(proposal, ANN, OrganizationPolicies(endpoint_url=proxy.endpoint))
    assert done["state"] == "failed"
    assert "another one" in done["outcome"]["problem"]


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("attached", [True, False])
def test_what_was_interrupted_is_settled_by_reading_and_not_repeated(
    one_house: House, organization: Organization, attached: bool
) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)

    class Ending(OrganizationPolicies):
        def attach(self, policy_id: str, target: str) -> None:
            if attached:
                super().attach(policy_id, target)
            raise Killed

    with pytest.raises(Killed):
        one_house.attaching.execute(proposal, ANN, Ending(endpoint_url=organization.endpoint))
    assert one_house.attaching.show(proposal)["state"] == "executing"
    settled = one_house.attaching.execute(proposal, ANN, organization.api())
    assert settled["state"] == ("attached" if attached else "failed")
    assert bool(organization.attached(organization.units[0])) == attached


def test_what_is_being_attached_is_not_settled_by_somebody_else_meanwhile(
    one_house: House, organization: Organization
) -> None:
    wanted = policy(organization)
    proposal = agreed(one_house, wanted, organization)
    refused: list[Conflict] = []

    class Impatient(OrganizationPolicies):
        def create(self, name: str, aws_type: str, content: str, description: str) -> str:
            with pytest.raises(Conflict, match="being attached") as caught:
                one_house.attaching.execute(proposal, BEN, organization.api())
            refused.append(caught.value)
            return super().create(name, aws_type, content, description)

    done = one_house.attaching.execute(proposal, ANN, Impatient(endpoint_url=organization.endpoint))
    assert len(refused) == 1
    assert done["state"] == "attached"
    assert wanted.name in organization.attached(organization.units[0])


def test_a_proposal_whose_text_was_changed_in_the_state_is_not_attached(
    one_house: House, organization: Organization
) -> None:
    proposal = agreed(one_house, policy(organization), organization)
    with one_house.state.transaction() as connection:
        connection.execute(text("UPDATE attach_proposals SET content = '{\"Statement\":[]}'"))
    with pytest.raises(IntegrityError):
        one_house.attaching.execute(proposal, ANN, organization.api())


def test_nobody_becomes_two_by_a_token_that_makes_tokens() -> None:
    def token(name: str, by: str) -> dict[str, str]:
        return {"name": name, "created_by": by, "created": "2026-10-01T00:00:00+00:00"}

    every = [token("one", LOCAL), token("two", "token:one"), token("three", "token:two"), token("her", "cleo@a.b"),
             token("hers", "token:her"), token("odd", "token:even"), token("even", "token:odd")]  # fmt: skip
    counted = {each["name"]: token_person(each, every).counts_as for each in every}
    assert {counted[name] for name in ("one", "two", "three")} == {"token:one"}
    assert {counted[name] for name in ("her", "hers")} == {"cleo@a.b"}


def test_nobody_becomes_two_by_taking_the_name_of_a_token_that_was_revoked() -> None:
    def token(name: str, by: str, day: int) -> dict[str, str]:
        return {"name": name, "created_by": by, "created": f"2026-10-{day:02}T00:00:00+00:00"}

    hers, before, taken = token("her", "cleo@a.b", 1), token("old", LOCAL, 1), token("old", "token:her", 5)
    early, late = token("early", "token:old", 3), token("late", "token:old", 5)
    for every in ([hers, before, taken, early, late], [late, early, taken, before, hers]):
        assert token_person(late, every).counts_as == "cleo@a.b"
        assert token_person(early, every).counts_as == "token:old", "made when the name was still another's"
    first, child = token("old", "cleo@a.b", 1), token("child", "token:old", 2)
    again, last = token("old", "token:child", 3), token("last", "token:old", 4)
    assert token_person(last, [first, child, again, last]).counts_as == "cleo@a.b", "one name twice in the chain"
    circle = [token("a", "token:b", 1), token("b", "token:a", 1)]
    assert token_person(circle[0], circle).counts_as in ("token:a", "token:b"), "rows that nobody can have made"


def test_a_proposal_can_be_taken_back(one_house: House, organization: Organization) -> None:
    proposal = agreed(one_house, policy(organization), organization)
    assert one_house.attaching.withdraw(proposal, ANN)["state"] == "withdrawn"
    with pytest.raises(NotReady, match="withdrawn"):
        one_house.attaching.execute(proposal, ANN, organization.api())
    with pytest.raises(Conflict, match="withdrawn"):
        one_house.attaching.withdraw(proposal, ANN)
    with pytest.raises(NotFound):
        one_house.attaching.show("nobody")


def test_a_change_that_failed_half_way_is_finished_on_what_stands(one_house: House, organization: Organization) -> None:
    first = policy(organization)
    one_house.attaching.execute(agreed(one_house, first, organization), ANN, organization.api())
    changed = policy(organization, *organization.units, Version="2012-10-17", Statement=[])
    proposal = agreed(one_house, changed, organization)
    with proxied(organization.endpoint) as proxy:
        proxy.faults.append(lambda answering, request: _attaches(request) and answering.refuse(400, "Denied"))
        failed = one_house.attaching.execute(proposal, ANN, OrganizationPolicies(endpoint_url=proxy.endpoint))
    assert [step.split()[0] for step in failed["outcome"]["steps"]] == ["updated"]
    done = one_house.attaching.execute(proposal, ANN, organization.api())
    assert done["state"] == "attached"
    assert [step.split()[0] for step in done["outcome"]["steps"]] == ["updated", "attached"]
    for unit in organization.units:
        assert organization.attached(unit) == {first.name: minified(changed.document)}


@pytest.mark.parametrize(
    ("error", "helps"),
    [
        (ClientError({"Error": {"Code": "TooManyRequestsException"}}, "AttachPolicy"), "in a moment"),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "AttachPolicy"), "credentials"),
        (NoCredentialsError(), "credentials"),
        (ConnectTimeoutError(endpoint_url="https://x"), "reaches AWS"),
        (ReadTimeoutError(endpoint_url="https://x"), "reaches AWS"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_helps_against_an_answer_of_aws_is_said(error: Exception, helps: str) -> None:
    class Answering(OrganizationPolicies):
        @property
        def _client(self) -> Any:
            raise error

    with pytest.raises(Unavailable) as caught:
        Answering().attach("p-12345678", "123456789012")
    assert helps in caught.value.remedy
