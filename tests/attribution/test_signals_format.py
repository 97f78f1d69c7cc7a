"""The signals that ship are readable, sourced and distinct; misspelt ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from remit.model.errors import ConfigError
from remit.rooms.attribution.fields import role_name, role_path, ua_exec_envs, ua_features, ua_products
from remit.rooms.attribution.signals import parse_rules

FOLDER = Path(__file__).parents[2] / "src/remit/rooms/attribution/signals"
GOOD = """
[[signal]]
id = "x.y"
when = [{ field = "user_agent", contains = "abc" }]
strength = "declared"
says = { path = "cli" }
fact = "f"
source = "https://example.com"
"""


def test_every_signal_that_ships_can_be_read_and_names_its_source() -> None:
    rules = parse_rules({path.name: path.read_bytes() for path in FOLDER.glob("*.toml")})
    assert len(rules.signals) > 50
    assert all(signal.source and signal.fact for signal in rules.signals)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('field = "user_agent"', 'field = "user_agnt"', "Did you mean user_agent"),
        ("contains", "contians", "one operator"),
        ('"declared"', '"declard"', "Did you mean declared"),
        ('path = "cli"', 'path = "clii"', "Did you mean cli"),
        ('path = "cli"', 'pth = "cli"', "Did you mean path"),
        ('contains = "abc"', 'regex = "("', "Not a regular expression"),
        ('fact = "f"', "", "needs 'fact'"),
    ],
)
def test_a_misspelt_signal_is_refused_with_a_suggestion(old: str, new: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_rules({"bad.toml": GOOD.replace(old, new).encode()})
    assert says in str(caught.value)


def test_the_version_changes_with_the_rules_and_with_nothing_else() -> None:
    same = parse_rules({"a.toml": GOOD.encode()}).version
    assert parse_rules({"a.toml": GOOD.encode()}).version == same
    assert parse_rules({"a.toml": GOOD.replace("abc", "abd").encode()}).version != same


def test_feature_ids_are_split_at_commas_and_nothing_else() -> None:
    assert ua_features("aws-cli/2.31 m/A,AC,b md/x lang/m/Z app/m") == ["A", "AC", "b"]
    assert ua_features("[aws-cli/2.31 m/AX]") == ["AX"]


def test_parts_of_a_user_agent_and_of_a_role() -> None:
    assert "terraform" in ua_products("APN/1.0 HashiCorp/1.0 Terraform/1.9.0 (+https://www.terraform.io)")
    assert ua_exec_envs("[aws-cli/2.1 exec-env/CloudShell x]") == ["CloudShell"]
    arn = "arn:aws:iam::1:role/aws-service-role/x.amazonaws.com/AWSServiceRoleForX"
    assert (role_path(arn), role_name(arn)) == (["/aws-service-role/x.amazonaws.com/"], ["AWSServiceRoleForX"])
    assert role_path("arn:aws:iam::1:role/deploy") == ["/"]
    assert role_path("arn:aws:iam::1:user/deploy") == []
