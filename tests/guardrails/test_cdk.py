"""Exports to the AWS CDK, synthesized by the real one: scripts/install_cdk.sh brings it, or says why not."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from tests.guardrails.documents import HOSTILE, PLAIN

from remit.rooms.guardrails.catalogue import Catalogue
from remit.rooms.guardrails.exports.forms import export
from remit.rooms.guardrails.exports.policy import OrganizationPolicy, organization_policy
from remit.rooms.guardrails.rendering import example_values, render

MODULES = Path(sys.prefix) / "cdk" / "node_modules"
EVERYTHING = {**HOSTILE, "Statement": [*PLAIN["Statement"], *HOSTILE["Statement"]]}
TARGETS = ("ou-ab12-cdefgh34", "123456789012")
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(
        not (MODULES / ".bin" / "cdk").exists(), reason="no AWS CDK here: scripts/install_cdk.sh says why"
    ),
]
needs_python_cdk = pytest.mark.skipif(not find_spec("aws_cdk"), reason="no aws-cdk-lib here: make test-all installs it")


def policy(document: dict[str, Any]) -> OrganizationPolicy:
    return organization_policy("Deny what (is) hostile", "RCP", document, 'Says "why" ${x} %{y}.', TARGETS)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """A folder where Node finds the CDK."""
    (tmp_path / "node_modules").symlink_to(MODULES)
    return tmp_path


def run(app: Path, *words: str) -> None:
    environment = {**os.environ, "HOME": str(app), "JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION": "1"}
    environment |= {"CDK_DISABLE_VERSION_CHECK": "1", "JSII_SILENCE_WARNING_UNTESTED_NODE_VERSION": "1"}
    ran = subprocess.run(words, cwd=app, env=environment, capture_output=True, text=True, timeout=150)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def synthesized(app: Path, command: str) -> dict[str, Any]:
    """The properties of the one resource in the template that ``cdk synth`` makes of an app."""
    quiet = ("--quiet", "--no-notices", "--no-version-reporting", "--no-path-metadata")
    run(app, str(MODULES / ".bin" / "cdk"), "synth", "--app", command, "--output", str(app / "out"), *quiet)
    (template,) = (app / "out").glob("*.template.json")
    (resource,) = [
        each
        for each in json.loads(template.read_text(encoding="utf-8"))["Resources"].values()
        if each["Type"] == "AWS::Organizations::Policy"
    ]
    properties: dict[str, Any] = resource["Properties"]
    return properties


def expected(made: OrganizationPolicy) -> dict[str, Any]:
    return {
        "Name": made.name,
        "Description": made.description,
        "Type": made.aws_type,
        "Content": made.document,
        "TargetIds": list(made.targets),
    }


def test_the_cdk_synthesizes_the_same_policy_from_typescript(app: Path) -> None:
    (app / "policy.ts").write_text(export(policy(EVERYTHING), "cdk-typescript"), encoding="utf-8")
    assert synthesized(app, "npx tsx policy.ts") == expected(policy(EVERYTHING))


@needs_python_cdk
def test_the_cdk_synthesizes_the_same_policy_from_python(app: Path) -> None:
    (app / "policy.py").write_text(export(policy(EVERYTHING), "cdk-python"), encoding="utf-8")
    assert synthesized(app, f"{sys.executable} policy.py") == expected(policy(EVERYTHING))


_EACH = """
import { readdirSync } from "node:fs";
(async () => {
  for (const name of readdirSync(".").filter((each) => each.startsWith("policy-"))) {
    process.env.CDK_OUTDIR = `out/${name}`;
    await import(`./${name}`);
  }
})();
"""


def test_the_cdk_makes_the_same_policy_of_each_of_the_library(app: Path, catalogue: Catalogue) -> None:
    made = {
        each.id: organization_policy(each.id, each.type, render(each, example_values(each)), each.title, TARGETS)
        for each in catalogue.guardrails
    }
    for name, policy in made.items():
        (app / f"policy-{name}.ts").write_text(export(policy, "cdk-typescript"), encoding="utf-8")
    (app / "each.ts").write_text(_EACH, encoding="utf-8")
    run(app, str(MODULES / ".bin" / "tsx"), "each.ts")
    for name, policy in made.items():
        (template,) = (app / "out" / f"policy-{name}.ts").glob("*.template.json")
        resources = json.loads(template.read_text(encoding="utf-8"))["Resources"]
        assert resources["Policy"]["Properties"] == expected(policy), name


def test_the_typescript_has_the_types_that_the_cdk_wants(app: Path) -> None:
    (app / "policy.ts").write_text(export(policy(EVERYTHING), "cdk-typescript"), encoding="utf-8")
    compiler = str(MODULES / ".bin" / "tsc")
    run(
        app,
        compiler,
        "--noEmit",
        "--strict",
        "--skipLibCheck",
        "--module",
        "nodenext",
        "--target",
        "es2022",
        "policy.ts",
    )
