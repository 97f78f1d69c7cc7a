"""What agents of the demonstration can do and would need, over a real store of their calls."""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.console.asgi import get
from tests.console.conftest import console_of
from tests.console.page_reader import Page
from tests.estate_store import END_US, fill, share

from remit.adapters.store.index.contexts import Contexts
from remit.adapters.store.index.remembered import Remembered
from remit.adapters.store.store import Store
from remit.app.authorization_files import AuthorizationFiles
from remit.app.keeping import open_desks
from remit.app.organization_file import OrganizationFile
from remit.app.packaged import load_reference
from remit.app.permissions_desk import PermissionsDesk
from remit.faces.cli.permissions import draw_finding
from remit.flows.permissions import regions
from remit.flows.permissions.narrow import FIELDS
from remit.flows.permissions.principals import calls_of
from remit.flows.questions.window import read_window
from remit.model.errors import NotFound
from remit.model.event_json import rfc3339
from remit.rooms.authorization.reach import region_of
from remit.rooms.estate import authorization_json, organization_json
from remit.rooms.guardrails.requests import Translation
from remit.rooms.iam import parse_document
from remit.rooms.iam.reference_evaluator import reference_denies
from remit.rooms.query.predicate import EVERYTHING

ROLES = (b"release-bot", b"break-glass-deploy", b"support-agent-runtime")
Desk = Callable[[bool], PermissionsDesk]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("agents")
    (made / "authorization").mkdir()
    for name, text in authorization_json().items():
        (made / "authorization" / name).write_text(text)
    (made / "organization.json").write_text(organization_json(END_US))
    return made


@pytest.fixture(scope="module")
def contexts(folder: Path) -> Iterator[Contexts]:
    with Store.open(folder / "data", "test") as store:
        calls = share(1, cloudtrail_alone=True)
        fill(store, folder / "data", (line for line in calls if any(role in line for role in ROLES)))
        yield Contexts(store.index)


@pytest.fixture
def desk(folder: Path, contexts: Contexts) -> Desk:
    def made(exported: bool) -> PermissionsDesk:
        files = AuthorizationFiles(folder / ("authorization" if exported else "nowhere"))
        organization = OrganizationFile(folder / "organization.json")
        return PermissionsDesk(contexts, load_reference, files, organization, lambda: END_US)

    return made


def topic(answer: dict[str, Any], name: str) -> dict[str, Any]:
    return next(each for each in answer["topics"] if each["topic"] == name)


def test_an_agent_can_what_its_roles_policies_say_and_the_statement_is_named(desk: Desk) -> None:
    found = desk(True).can("release-bot", "40d")
    assert [each["in_export"] for each in found["principals"]] == [True]
    deletion = topic(found["answers"][0], "delete")
    grants = {each["statements"][0]["sid"]: each for each in deletion["findings"] if each["decision"] == "allowed"}
    assert grants["Versions"]["sample"] == ["ssm:DeleteParameter"]
    assert grants["Versions"]["statements"][0]["attached"] == "inline policy «release-bot-policy»"
    assert grants["Versions"]["resources"] == ["arn:aws:ssm:*:777788889999:parameter/shared/*"]
    assert (
        sum(deletion["counts"][word] for word in ("allowed", "not_settled", "denied", "not_granted"))
        == (deletion["counts"]["actions"])
    )


def test_a_region_guardrail_shows_in_the_regions_and_a_boundary_in_what_it_keeps_out(desk: Desk) -> None:
    found = desk(True).can("support-agent", "40d")
    answer = found["answers"][0]
    by_region = {each["region"]: each for each in topic(answer, "delete")["regions"]}
    assert by_region["eu-west-1"]["allowed"] > 0
    assert by_region["sa-east-1"]["allowed"] == 0
    kinds = {one["kind"] for each in topic(answer, "permissions")["findings"] for one in each["statements"]}
    assert "boundary" in kinds
    assert answer["escape"]["boundary"] == "support-agent-boundary"
    assert [each["spared"] for each in answer["escape"]["guardrails"]].count(False) == len(
        answer["escape"]["guardrails"]
    )


def test_what_is_decided_otherwise_in_other_regions_says_which(desk: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    found = desk(True).can("support-agent", "40d")
    by_region = [each for each in topic(found["answers"][0], "delete")["findings"] if each["decision"] != "allowed"]
    assert any(each["regions"] != by_region[0]["regions"] for each in by_region)
    for each in by_region:
        draw_finding(each)
        assert f"in {', '.join(each['regions'])}\n" in capsys.readouterr().out


def test_without_an_export_it_is_said_what_to_run(desk: Desk) -> None:
    found = desk(False).can("release-bot", "40d")
    assert found["answers"] == []
    assert found["how_to"]["commands"] == ["aws iam get-account-authorization-details > 777788889999.json"]
    panel = desk(False).panel("release-bot", "40d", whole=True)
    assert (panel["can"], panel["how_to"]["accounts"]) == (None, ["777788889999"])


def test_an_agent_without_calls_is_no_agent_that_can_nothing(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk(True).can("nobody", "40d")
    assert "nobody" in desk(True).panel("nobody", "40d", whole=True)["note"]


def test_an_agent_without_calls_is_told_apart_from_none_and_from_calls_at_another_time(desk: Desk) -> None:
    with pytest.raises(NotFound, match=r"No record names an agent 'nobody'.*Agents with AWS calls: .*release-bot"):
        desk(True).can("nobody", "40d")
    with pytest.raises(NotFound, match=r"No AWS call of the agent 'release-bot' is in this window.*are from 20\d\d-"):
        desk(True).narrow("release-bot", "2001-01-01..2001-01-02")


@pytest.fixture(scope="module")
def two_clouds(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """The calls of an agent in AWS, and of one in Google Cloud; no export of IAM."""
    made = tmp_path_factory.mktemp("clouds")
    with Store.open(made, "test") as store:
        fill(store, made, (line for line in share(1) if b"gemini" in line.lower() or b"release-bot" in line))
        yield store


def test_an_agent_of_another_cloud_is_told_to_have_no_calls_of_aws(two_clouds: Store) -> None:
    desk = open_desks(two_clouds)["permissions"]
    with pytest.raises(NotFound, match=r"'Gemini CLI' has no AWS call.*of gcp\. Agents with AWS calls: release-bot"):
        desk.can("Gemini CLI", f"2000-01-01..{rfc3339(END_US)}")


def test_the_page_of_an_agent_shows_the_policy_that_its_calls_justify_when_asked(two_clouds: Store) -> None:
    desks = open_desks(two_clouds)
    console = console_of([], desk=desks["questions"], desks=desks)
    window = f"2000-01-01..{rfc3339(END_US)}"
    offered = get(console, "/agents/release-bot?" + urlencode({"window": window})).text
    link = next(each for each in Page(offered).links if "narrow=1" in each)
    text = unescape(get(console, unescape(link).partition("#")[0]).text)
    proposed = desks["permissions"].narrow("release-bot", window)["proposals"]
    assert proposed
    for each in proposed:
        assert json.dumps(each["document"], indent=2) in text
    assert f"justified by {proposed[0]['backtest']['calls']} calls" in text
    assert json.dumps(proposed[0]["document"], indent=2) not in unescape(offered)


@pytest.mark.parametrize("agent", ["release-bot", "support-agent", "Claude Code"])
def test_the_proposed_policy_allows_every_call_that_went_through(desk: Desk, contexts: Contexts, agent: str) -> None:
    """By its own backtest, and by the reference evaluator call by call: turned into a Deny it denies each of them. (The
    decision itself hangs on other policies, too: a role's trust policy.)"""
    found = desk(True).narrow(agent, "40d")
    proposals = {each["principal"]: each for each in found["proposals"]}
    translation, tried = Translation(load_reference()), 0
    for row in contexts.distinct(calls_of(agent, read_window("40d", END_US)), FIELDS):
        values = dict(zip(FIELDS, row["values"], strict=True))
        proposal = proposals.get(str(values["issuer"]))
        if proposal is None or values["outcome"] == "denied":
            continue
        denying = parse_document(json.loads(json.dumps(proposal["document"]).replace("Allow", "Deny")), "turned")
        for asked in translation.asked(values):
            request = translation.request(values, asked, ())
            assert reference_denies(request, denying)[0] == "yes", (asked, proposal["document"])
            tried += row["count"]
    assert tried > 0
    for each in proposals.values():
        assert each["backtest"]["refused"] == 0
        assert each["backtest"]["calls"] + each["denied_calls"] == each["calls"]
        granted = each["granted"]
        assert granted["unused"] == granted["actions"] - granted["used"] > 0


def test_what_was_denied_is_not_proposed(desk: Desk) -> None:
    proposal = desk(True).narrow("support-agent", "40d")["proposals"][0]
    denied = {each["permission"] for each in proposal["denied"]}
    proposed = {action for one in proposal["document"]["Statement"] for action in one["Action"]}
    assert denied >= {"iam:CreateAccessKey", "s3:GetObject"}
    assert not denied & proposed


@dataclass
class Counted:
    """A memory that counts what it did not have."""

    kept: Remembered = field(default_factory=lambda: Remembered(lambda: None, 32))
    asked: int = 0

    def rows(self, question: Hashable, ask: Callable[[], list[Any]]) -> list[Any]:
        def anew() -> list[Any]:
            self.asked += 1
            return ask()

        return self.kept.rows(question, anew)


def test_what_an_agent_can_do_is_remembered_until_the_files_or_the_organization_change(
    tmp_path: Path, contexts: Contexts
) -> None:
    (tmp_path / "authorization").mkdir()
    exports = authorization_json()
    for name, text in exports.items():
        (tmp_path / "authorization" / name).write_text(text)
    (tmp_path / "organization.json").write_text(organization_json(END_US))
    memory = Counted()
    files = AuthorizationFiles(tmp_path / "authorization")
    organization = OrganizationFile(tmp_path / "organization.json")
    desk = PermissionsDesk(
        contexts, load_reference, files, organization, lambda: END_US, memory.rows, memory.kept.forget
    )
    first = desk.can("support-agent", "40d")
    assert memory.asked == 1
    assert desk.can("support-agent", "40d") == first
    assert memory.asked == 1
    changed = {name: text.replace("support-agent-boundary", "support-agent-fence") for name, text in exports.items()}
    for name, text in changed.items():
        (tmp_path / "authorization" / name).write_text(text)
    found = desk.can("support-agent", "40d")
    assert memory.asked == 2
    assert found["answers"][0]["escape"]["boundary"] == "support-agent-fence"
    (tmp_path / "organization.json").unlink()
    alone = desk.can("support-agent", "40d")
    assert memory.asked == 3
    assert not alone["answers"][0]["escape"]["known"]
    assert len(memory.kept._answers) == 1, "what was made from files that are gone is kept no longer"
    memory.kept.forget()
    assert desk.can("support-agent", "40d") == alone
    assert memory.asked == 4


def test_a_removal_lets_go_of_what_agents_can_do(tmp_path: Path) -> None:
    with Store.open(tmp_path / "data", "test") as store:
        memory = open_desks(store)["permissions"]._remember.__self__
        assert memory in store.index.memories
        assert memory.rows("asked", lambda: [{"answer": 1}]) == memory.rows("asked", lambda: [{"answer": 2}])
        store.index.rebuild(store.lake)
        assert memory.rows("asked", lambda: [{"answer": 3}]) == [{"answer": 3}]


def test_global_services_are_asked_where_their_requests_go(desk: Desk) -> None:
    found = desk(True).can("support-agent", "40d")
    assert {"us-east-1", "us-west-2"} <= set(found["regions"]["asked"])
    assert [region_of("globalaccelerator", each) for each in ("us-east-1", "us-west-2")] == [False, True]
    assert [region_of("iam", each) for each in ("us-east-1", "us-west-2")] == [True, False]
    assert all(region_of("ec2", each) for each in found["regions"]["asked"])


def test_global_services_are_asked_however_many_regions_have_calls(desk: Desk) -> None:
    class Everywhere:
        """Calls in twenty Regions, in no Region of a global service."""

        def distinct(self, *_asked: Any) -> list[dict[str, Any]]:
            return [{"values": (f"eu-north-{at}",), "count": at} for at in range(1, 21)]

    sources = replace(desk(True)._sources(()), calls=Everywhere())
    found = regions.asked(sources, ["111122223333"], EVERYTHING, [])
    assert {"us-east-1", "us-west-2", "eu-north-20"} <= set(found["asked"])
    assert len(found["asked"]) == regions.MOST
    assert not set(found["asked"]) & set(found["left_out"])


@pytest.mark.parametrize("wrong", ["{", "a policy that cannot be read"])
def test_an_agent_s_page_says_what_is_wrong_with_the_organization_and_is_there(
    tmp_path: Path, folder: Path, contexts: Contexts, wrong: str
) -> None:
    organization = json.loads(organization_json(END_US))
    for policy in organization["policies"]:
        for version in policy["versions"]:
            version["document"] = "no JSON"
    (tmp_path / "organization.json").write_text(wrong if wrong == "{" else json.dumps(organization))
    files, known = AuthorizationFiles(folder / "authorization"), OrganizationFile(tmp_path / "organization.json")
    panel = PermissionsDesk(contexts, load_reference, files, known, lambda: END_US).panel(
        "release-bot", "40d", whole=True
    )
    assert panel["can"] is None
    assert panel["note"]
