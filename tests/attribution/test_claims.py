"""How evidence is weighed."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from remit.model.vocabulary import ACTOR_KINDS, PATHS, STRENGTHS
from remit.rooms.attribution.claims import Claim, resolve


def test_a_weaker_claim_never_overrules_a_stronger_one_and_the_contradiction_is_shown() -> None:
    verdict = resolve([Claim("ua", "declared", kind="agent", agent="Codex"), Claim("aws", "stamped", kind="service")])
    assert verdict.kind == "service"
    assert verdict.runner_up == "agent Codex (declared: ua)"


def test_a_name_alone_never_makes_an_agent() -> None:
    verdict = resolve([Claim("role-name", "named", kind="agent", agent="Claude Code")])
    assert verdict.kind == "unknown"
    assert verdict.agent == ""
    assert verdict.runner_up == "agent Claude Code (named: role-name)"


def test_no_evidence_is_unknown_with_what_would_settle_it() -> None:
    verdict = resolve([])
    assert (verdict.kind, verdict.path, verdict.confidence) == ("unknown", "unknown", 0.0)
    assert verdict.runner_up is not None
    assert "identities.toml" in verdict.runner_up


def test_a_persons_credential_used_by_an_agent_is_the_agent_on_that_persons_behalf() -> None:
    person = Claim("sso", "stamped", credential="person", name_from="role_session")
    verdict = resolve([person, Claim("ua", "declared", kind="agent", agent="Kiro")])
    assert (verdict.kind, verdict.agent, verdict.behalf_from) == ("agent", "Kiro", "role_session")


def test_a_persons_credential_without_better_evidence_is_the_person() -> None:
    assert resolve([Claim("sso", "stamped", credential="person")]).kind == "person"


def test_equal_claims_that_disagree_fall_to_the_floor_of_their_strength() -> None:
    verdict = resolve([Claim("a", "declared", kind="workload"), Claim("b", "declared", kind="agent", agent="X")])
    assert (verdict.kind, verdict.confidence) == ("agent", 0.7)


claims = st.builds(
    Claim,
    evidence=st.sampled_from(["a", "b", "c", "d"]),
    strength=st.sampled_from(STRENGTHS),
    kind=st.sampled_from(("", *ACTOR_KINDS[:-1])),
    path=st.sampled_from(("", *PATHS[:-1])),
    agent=st.sampled_from(("", "Claude Code", "Codex")),
    credential=st.sampled_from(("", "person", "pipeline", "workload", "service")),
)


@given(st.lists(claims, max_size=6))
def test_confidence_stays_in_the_band_of_the_strongest_deciding_claim(given_claims: list[Claim]) -> None:
    verdict = resolve(given_claims)
    bands = {"stamped": (0.95, 0.99), "joined": (0.9, 0.94), "declared": (0.7, 0.89), "named": (0.4, 0.59)}
    if verdict.kind == "unknown":
        assert verdict.confidence == 0.0
    else:
        assert any(low <= verdict.confidence <= high for low, high in bands.values())
        strengths = [
            c.strength
            for c in given_claims
            if c.kind == verdict.kind or (not any(x.kind for x in given_claims) and c.credential == verdict.kind)
        ]
        if strengths:
            low, high = bands[min(strengths, key=STRENGTHS.index)]
            assert low <= verdict.confidence <= high


@given(st.lists(claims, max_size=6), st.randoms(use_true_random=False))
def test_kind_does_not_depend_on_the_order_of_claims(given_claims: list[Claim], rng: random.Random) -> None:
    shuffled = list(given_claims)
    rng.shuffle(shuffled)
    with_kind = [c for c in given_claims if c.kind]
    if with_kind or not given_claims:
        assert resolve(given_claims).kind == resolve(shuffled).kind


@given(st.lists(claims, max_size=6))
def test_an_agent_verdict_has_evidence_better_than_a_name(given_claims: list[Claim]) -> None:
    if resolve(given_claims).kind == "agent":
        assert any(c.kind == "agent" and c.strength != "named" for c in given_claims)
