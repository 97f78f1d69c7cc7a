"""Exports read back by tools that know nothing of us: python-hcl2, cfn-lint, Python's own parser, Node, Terraform."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hcl2
from cfnlint.decode.cfn_yaml import loads as template_of

NODE = shutil.which("node")
TERRAFORM = shutil.which("terraform")
_ESCAPE = re.compile(r"\\U[0-9a-fA-F]{8}|\$\$\{|%%\{")
_NUMBER = re.compile(r"\$\{(-?[0-9.]+e[-+]?[0-9]+)\}")
_CALL = re.compile(r"\$\{jsonencode\((.*)\)\}", re.DOTALL)
_CONTENT = re.compile(r"^  content = (jsonencode\(.*\))\n\}$", re.DOTALL | re.MULTILINE)


def by_hcl2(text: str) -> dict[str, Any]:
    """The two resources of an export as python-hcl2 reads them: ``{policy: attributes, attachment: attributes}``."""
    found: dict[str, Any] = {}
    for resource in hcl2.loads(text)["resource"]:
        for kind, named in resource.items():
            attributes = next(iter(named.values()))
            found[_plain(kind)] = {key: _plain(value) for key, value in attributes.items()}
    call = _CALL.fullmatch(found["aws_organizations_policy"]["content"])
    assert call, "the content is one call of jsonencode"
    found["aws_organizations_policy"]["content"] = _plain(hcl2.loads(f"v = {call[1]}")["v"])
    return found


def _plain(value: Any) -> Any:
    """python-hcl2 gives quoted texts as they are written, with the escapes of HCL."""
    if isinstance(value, dict):
        return {_plain(key): _plain(inner) for key, inner in value.items() if key != "__is_block__"}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and value[:1] == '"':
        return json.loads(_ESCAPE.sub(_unescaped, value))
    if isinstance(value, str) and (number := _NUMBER.fullmatch(value)):
        return float(number[1])
    return value


def _unescaped(found: re.Match[str]) -> str:
    word = found[0]
    return json.dumps(chr(int(word[2:], 16)))[1:-1] if word[0] == "\\" else word[1:]


def by_cfn_lint(text: str) -> dict[str, Any]:
    """The properties of the one resource of a template, as cfn-lint reads it."""
    template = template_of(text)
    (resource,) = template["Resources"].values()
    assert resource["Type"] == "AWS::Organizations::Policy"
    return json.loads(json.dumps(resource["Properties"]))


def by_python(text: str) -> dict[str, Any]:
    """The arguments of ``CfnPolicy`` in a Python app."""
    calls = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call)]
    (policy,) = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "CfnPolicy"]
    return {str(keyword.arg): ast.literal_eval(keyword.value) for keyword in policy.keywords}


_PROGRAM = """
const made = [];
const policy = class { constructor(stack, id, properties) { made.push(properties); } };
const app = class { synth() {} };
for (const text of JSON.parse(require('fs').readFileSync(0, 'utf8')))
  new Function('App', 'Stack', 'CfnPolicy', text.replace(/^import .*$/gm, ''))(app, class {}, policy);
process.stdout.write(JSON.stringify(made));
"""


def by_node(texts: Sequence[str]) -> list[dict[str, Any]]:
    """The properties that Node gives ``CfnPolicy`` when it runs these apps; their imports are stood in for."""
    assert NODE
    ran = subprocess.run(
        [NODE, "-e", _PROGRAM], input=json.dumps(list(texts)), capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, ran.stderr
    answer: list[dict[str, Any]] = json.loads(ran.stdout)
    return answer


def by_terraform(texts: Sequence[str], folder: Path) -> list[str]:
    """What Terraform makes of the content of each export."""
    assert TERRAFORM
    contents = [_CONTENT.search(text) for text in texts]
    lines = [f"  {found[1]},\n" for found in contents if found]
    assert len(lines) == len(texts)
    (folder / "main.tf").write_text(f'output "contents" {{\n  value = [\n{"".join(lines)}]\n}}\n', encoding="utf-8")
    for words in (["apply", "-auto-approve", "-input=false", "-no-color"], ["output", "-json", "contents"]):
        ran = subprocess.run([TERRAFORM, *words], cwd=folder, capture_output=True, text=True, timeout=120)
        assert ran.returncode == 0, ran.stderr
    answer: list[str] = json.loads(ran.stdout)
    return answer
