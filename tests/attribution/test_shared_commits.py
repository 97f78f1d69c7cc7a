"""The agents of a real history of 4,224 commits, counted here from the raw file and there by the product."""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from remit.app.packaged import load_formats, load_rules
from remit.rooms.attribution.judge import Judge
from remit.rooms.attribution.registry import Registry

FILE = Path(__file__).parents[3] / "shared/data/audit/github/git-commits-agent-and-human.jsonl.gz"
ADDRESSES = {
    "noreply@anthropic.com": "Claude Code",
    "209825114+claude[bot]@users.noreply.github.com": "Claude Code",
    "41898282+claude[bot]@users.noreply.github.com": "Claude Code",
    "198982749+Copilot@users.noreply.github.com": "GitHub Copilot coding agent",
    "223556219+Copilot@users.noreply.github.com": "GitHub Copilot",
    "175728472+Copilot@users.noreply.github.com": "GitHub Copilot",
    "copilot@github.com": "GitHub Copilot",
    "223894421+github-code-quality[bot]@users.noreply.github.com": "GitHub Copilot Autofix",
    "cursoragent@cursor.com": "Cursor",
    "158243242+devin-ai-integration[bot]@users.noreply.github.com": "Devin",
    "161369871+google-labs-jules[bot]@users.noreply.github.com": "Jules",
    "noreply@opencode.ai": "OpenCode",
    "65095814+ellipsis-dev[bot]@users.noreply.github.com": "Ellipsis",
    "136622811+coderabbitai[bot]@users.noreply.github.com": "CodeRabbit",
}
TRAILERS = {
    "claude-session": "Claude Code",
    "agent-logs-url": "GitHub Copilot coding agent",
    "made-with": "Cursor",
    "assisted-by": "Kiro",
}


def products_of(record: dict[str, Any]) -> set[str]:
    """Every product the raw record names, by whole addresses, telling trailers and its robot line."""
    found = {ADDRESSES.get(record["author"]["email"])}
    for trailer in record["trailers"]:
        key, address = trailer["key"].lower(), re.search(r"<([^>]+)>", trailer["value"])
        found.add(ADDRESSES.get(address.group(1)) if key == "co-authored-by" and address else TRAILERS.get(key))
    for line in record["agent_lines"]:
        if re.match(r"\W*Generated with \[?Claude Code", line):
            found.add("Claude Code")
        if re.match(r"\W*Generated with \[?Codex", line):
            found.add("Codex")
    return {product for product in found if product}


@pytest.fixture(scope="module")
def judged() -> list[tuple[dict[str, Any], dict[str, Any]]]:
    if not FILE.exists():
        pytest.skip(f"{FILE.name} is not beside this checkout: real commits are NOT checked")
    lines = gzip.decompress(FILE.read_bytes()).splitlines()
    batch = load_formats()["git"].decode(lines, "shared")
    assert len(batch.rows) == len(lines)
    found = Judge(load_rules(), Registry()).judge(batch.columns)
    return [(json.loads(lines[row]), {name: found[name][at] for name in found}) for at, row in enumerate(batch.rows)]


def test_a_commit_is_an_agents_exactly_when_its_record_names_one(judged: list[Any]) -> None:
    wrong = [raw["sha"] for raw, event in judged if bool(products_of(raw)) != (event["actor_kind"] == "agent")]
    assert wrong == []
    assert sum(event["actor_kind"] == "agent" for _, event in judged) > 1_300


def test_every_agent_has_a_product_its_record_names_and_the_authors_first(judged: list[Any]) -> None:
    for raw, event in judged:
        if event["actor_kind"] == "agent":
            author = ADDRESSES.get(raw["author"]["email"])
            assert event["agent"] in ({author} if author else products_of(raw)), raw["sha"]


def test_counts_by_product_agree_where_a_commit_names_one_product_only(judged: list[Any]) -> None:
    single = [(products_of(raw), event) for raw, event in judged if len(products_of(raw)) == 1]
    raw_counts = Counter(product for products, _ in single for product in products)
    assert Counter(event["agent"] for _, event in single) == raw_counts
    assert raw_counts["Claude Code"] > 600
    assert raw_counts["GitHub Copilot"] > 500


def test_a_person_with_an_agent_as_co_author_is_the_one_it_acted_for(judged: list[Any]) -> None:
    for raw, event in judged:
        email = raw["author"]["email"]
        by_person = email not in ADDRESSES and not re.search(r"\[bot\]@|^github-actions@|^noreply@github\.com$", email)
        if event["actor_kind"] == "agent" and by_person:
            assert event["on_behalf_of"] == raw["author"]["name"], raw["sha"]


def test_no_automation_of_the_history_is_an_agent_by_itself(judged: list[Any]) -> None:
    by_author = {
        "49699333+dependabot[bot]@users.noreply.github.com": "service",
        "41898282+github-actions[bot]@users.noreply.github.com": "pipeline",
        "github-actions@cloudcopilot.io": "pipeline",
        "191533747+azure-sdk-automation[bot]@users.noreply.github.com": "pipeline",
    }
    for raw, event in judged:
        kind = by_author.get(raw["author"]["email"])
        if kind and not products_of(raw):
            assert event["actor_kind"] == kind, raw["sha"]
            assert event["agent"] is None
