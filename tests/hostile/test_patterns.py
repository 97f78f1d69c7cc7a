"""No pattern that meets outside text takes more time than in step with its length."""

from __future__ import annotations

import time

import pytest

from remit.app.packaged import load_rules
from remit.model.errors import ConfigError
from remit.rooms.attribution.atoms import AtomTable
from remit.rooms.attribution.registry import parse_registry
from remit.rooms.events.denials.aws import explain_aws

SIZE = 100_000
SEEDS = ("a", " ", "a/b ", "m/A,", "gcloud/", "gcloud/1 ", "agent-name/", "(", "app/x ", "-", "a.", "\n", "exec-env/")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_user_agent_of_100_kb_is_judged_quickly(seed: str) -> None:
    atoms = AtomTable(load_rules().signals)
    began = time.process_time()
    atoms.masks({"user_agent": [(seed * SIZE)[:SIZE]]}, 1)
    assert time.process_time() - began < 0.5


def test_a_user_agent_that_gcloud_writes_still_tells_its_agent() -> None:
    rules = load_rules()
    atoms = AtomTable(rules.signals)
    wanted = atoms.mask_of(rules.by_id["gcp.gcloud.agent.claude-code"].when)
    said = "google-cloud-sdk gcloud/550.0.0 agent-name/claude_code command/gcloud.run invocation-id/1"
    assert atoms.masks({"user_agent": [said]}, 1)[0] & wanted


@pytest.mark.parametrize(
    "seed", ["because no ", "User: a is not authorized to perform: s3:x on ", "with an explicit deny in a "]
)
def test_a_denial_of_any_length_is_explained_quickly(seed: str) -> None:
    messages = ["User: a is not authorized to perform: s3:Get " + seed * 700 + str(at) for at in range(20)]
    began = time.process_time()
    for message in messages:
        explain_aws("AccessDenied", message, "s3", "GetObject")
    assert time.process_time() - began < 0.3


def test_a_new_user_agent_costs_a_fifth_of_a_millisecond_at_most() -> None:
    atoms = AtomTable(load_rules().signals)
    agents = [f"aws-cli/2.{at} md/prompt#off m/A,B os/linux#6.1 lang/python#3.12 x{at}" for at in range(1000)]
    began = time.process_time()
    atoms.masks({"user_agent": agents}, len(agents))
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize(
    "content",
    [
        '[[agent]]\nname="x"\nmatch=5',
        '[[agent]]\nname="x"\nmatch=true',
        '[[agent]]\nname="x"\nmatch=1979-05-27',
        '[[agent]]\nname="x"\nmatch={a=1}',
        "agent=[1]",
        "account=[1]",
        "a=" + "[" * 5000 + "]" * 5000,
    ],
)
def test_a_registry_of_any_shape_is_refused_in_words(content: str) -> None:
    with pytest.raises(ConfigError):
        parse_registry(content)


def test_brackets_in_a_pattern_are_themselves() -> None:
    registry = parse_registry('[[agent]]\nname="x"\nmatch=["dependabot[bot]*"]')
    assert registry.find("dependabot[bot]@users.noreply.github.com") == 0
    assert registry.find("dependabotb") is None


def test_a_glob_built_to_explode_does_not() -> None:
    registry = parse_registry('[[agent]]\nname="x"\nmatch=["' + "*a" * 50 + '*b"]')
    began = time.process_time()
    assert registry.find("a" * SIZE) is None
    assert time.process_time() - began < 0.5
