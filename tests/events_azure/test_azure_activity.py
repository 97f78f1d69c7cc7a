"""Azure Activity Log records become events that say what happened."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.model.columns import FACTS
from remit.model.vocabulary import ACTION_KINDS, OUTCOMES, POLICY_TYPES
from remit.rooms.events.azure import claims, decode
from remit.rooms.events.azure.operation import action_kind
from remit.rooms.events.azure.resource import resource
from remit.rooms.events.azure.spelling import canonical
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.redaction import redact, redact_text

SHARED = Path(__file__).parents[3] / "shared/data/audit/azure"
SUBSCRIPTION = "0b1f6471-1bf0-4dda-aec3-cb9272f09590"
VM = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/Shop/providers/Microsoft.Compute/virtualMachines/web-1"
OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"
UPN = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/upn"
SCOPE = "http://schemas.microsoft.com/identity/claims/scope"
AZURE_CLI = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
PERSON = {"appid": AZURE_CLI, "appidacr": "0", UPN: "ada@acme.test", OID: "oid-ada", SCOPE: "user_impersonation"}
APP = {"appid": "app-1", "appidacr": "2", "idtyp": "app", OID: "3f0e2c1a-1111-2222-3333-444455556666"}


def rest(**more: Any) -> dict[str, Any]:
    """The REST and portal shape."""
    return {
        "authorization": {"action": "Microsoft.Compute/virtualMachines/write", "scope": VM},
        "caller": "ada@acme.test",
        "claims": PERSON,
        "category": {"value": "Administrative", "localizedValue": "Administrative"},
        "correlationId": "corr-1",
        "operationId": "op-1",
        "eventDataId": "event-1",
        "eventName": {"value": "EndRequest"},
        "eventTimestamp": "2026-05-04T10:11:12.1234567Z",
        "httpRequest": {"clientRequestId": "client-1", "clientIpAddress": "203.0.113.9", "method": "PUT"},
        "level": "Informational",
        "operationName": {"value": "Microsoft.Compute/virtualMachines/write", "localizedValue": "Create or Update VM"},
        "resourceId": VM,
        "status": {"value": "Succeeded"},
        "subStatus": {"value": "Created", "localizedValue": "Created (HTTP Status Code: 201)"},
        "subscriptionId": SUBSCRIPTION,
        "properties": {"statusCode": "Created", "eventCategory": "Administrative"},
        **more,
    }


def diagnostic(**more: Any) -> dict[str, Any]:
    """The diagnostic-settings shape, as Event Hub and storage have it."""
    return {
        "time": "2026-05-04T10:11:12.1234567Z",
        "resourceId": VM.upper(),
        "operationName": "MICROSOFT.COMPUTE/VIRTUALMACHINES/WRITE",
        "category": "Administrative",
        "resultType": "Success",
        "resultSignature": "Succeeded.Created",
        "callerIpAddress": "203.0.113.9:28915",
        "correlationId": "corr-1",
        "identity": {"claims": PERSON, "authorization": {"action": "x", "evidence": {"role": "Owner"}}},
        "level": "Information",
        "location": "West Europe",
        **more,
    }


def snake(value: Any) -> Any:
    """The same record as the Python SDK spells it."""
    if not isinstance(value, dict):
        return value
    spelled = {"".join(f"_{c.lower()}" if c.isupper() else c for c in key): inner for key, inner in value.items()}
    return {key: inner if key == "claims" else snake(inner) for key, inner in spelled.items()}


def decoded(*records: Any) -> Decoded:
    return decode([record if isinstance(record, bytes) else json.dumps(record).encode() for record in records], "feed")


def event(record: Any) -> dict[str, Any]:
    result = decoded(record)
    assert not result.rejects, result.rejects
    return {name: values[0] for name, values in result.columns.items()}


def failed(code: str | None = None, message: str = "", http: str = "Forbidden", **more: Any) -> dict[str, Any]:
    said = {"error": {"code": code, "message": message}} if code else None
    properties = {"statusCode": http, "statusMessage": json.dumps(said) if said else None}
    return event(rest(status={"value": "Failed"}, subStatus={"value": http}, properties=properties, **more))


def test_a_record_fills_the_columns_an_engineer_looks_at() -> None:
    record = rest()
    row = event(record)
    expected = {
        "time": 1777889472123456,
        "provider": "azure",
        "data_source": "azure-activity",
        "provider_id": "event-1",
        "feed": "feed",
        "account": SUBSCRIPTION,
        "service": "Microsoft.Compute",
        "operation": "Microsoft.Compute/virtualMachines/write",
        "action_kind": "create",
        "permissions": ["Microsoft.Compute/virtualMachines/write"],
        "resource_types": ["Microsoft.Compute/virtualMachines"],
        "resource_ids": ["web-1"],
        "resource_arns": [VM.lower()],
        "outcome": "success",
        "denied": False,
        "principal": "ada@acme.test",
        "principal_type": "user",
        "principal_id": "oid-ada",
        "app_id": AZURE_CLI,
        "delegator": None,
        "source_ip": "203.0.113.9",
        "user_agent": None,
        "request_id": "client-1",
        "event_type": "Administrative",
        "link_offers": [f"same:az:op-1:microsoft.compute/virtualmachines/write:{VM}".lower()],
        "raw": redact(json.dumps(record).encode()),
    }
    assert {name: row[name] for name in expected} == expected
    assert {"appidacr=0", "scp=user_impersonation", "stage=end", "status=Succeeded"} <= set(row["markers"])


def test_the_sdk_shape_is_the_same_event_as_the_rest_shape() -> None:
    one, other = event(rest()), event(snake(rest()))
    assert "raw" in one
    assert {k: v for k, v in one.items() if k != "raw"} == {k: v for k, v in other.items() if k != "raw"}
    assert claims(snake(rest()))


def test_the_diagnostic_shape_says_the_same_in_usual_spelling() -> None:
    row = event(diagnostic())
    assert row["operation"] == "Microsoft.Compute/virtualMachines/write"
    assert row["service"] == "Microsoft.Compute"
    assert row["resource_types"] == ["Microsoft.Compute/virtualMachines"]
    assert row["resource_arns"] == [VM.lower()]
    assert row["account"] == SUBSCRIPTION
    assert (row["region"], row["source_ip"]) == ("westeurope", "203.0.113.9")
    assert (row["action_kind"], row["principal"], row["request_id"]) == ("create", "ada@acme.test", "corr-1")


def test_the_role_a_call_relied_on_is_no_credential() -> None:
    assert "role=Owner" in event(diagnostic())["markers"]
    linked = event(rest(authorization={"action": "a/b/write", "scope": "/s"}, resourceId=None, claims={}))
    assert linked["resource_arns"] == ["/s"]


def test_records_without_an_event_id_are_told_apart_by_what_they_say() -> None:
    one = diagnostic(properties={"message": "a", "entity": "b"})
    same_in_another_layout = json.dumps(dict(reversed(one.items())), indent=2).encode()
    other = diagnostic(properties={"message": "c", "entity": "b"})
    first, again, second = decoded(one, same_in_another_layout, other).columns["event_id"]
    assert first == again
    assert first != second


def test_the_records_of_one_operation_share_a_key_and_say_which_stage_they_are() -> None:
    begun = rest(status={"value": "Started"}, subStatus={"value": ""}, properties={}, eventDataId="e0")
    going = rest(status={"value": "Accepted"}, eventDataId="e1")
    rows = [event(begun), event(going), event(rest(resourceId=VM.upper()))]
    assert len({row["link_offers"][0] for row in rows}) == 1
    assert [[mark for mark in row["markers"] if mark.startswith("stage=")] for row in rows] == [
        ["stage=begin"],
        ["stage=progress"],
        ["stage=end"],
    ]
    assert len({row["event_id"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("record", "reason", "says"),
    [
        (b"{", "not-json", "Not valid JSON"),
        (b'"text"', "not-an-object", "string"),
        (b"[" * 200_000, "too-deep", "nested"),
        (b'{"a":' * 200_000, "too-deep", "nested"),
        (diagnostic(category="SignInLogs", operationName="Sign-in activity"), "not-an-event", "sign-in"),
        (diagnostic(category="NonInteractiveUserSignInLogs"), "not-an-event", "sign-in"),
        (diagnostic(category="AuditLogs", operationName="Add user"), "not-an-event", "Entra audit"),
        (diagnostic(category="kube-audit"), "not-an-event", "Kubernetes"),
        (diagnostic(category="StorageRead", operationName="GetBlob"), "not-an-event", "storage data-plane"),
        (
            diagnostic(
                category="Policy", operationName="Authentication Methods Policy Update", resourceId="/tenants/t/x"
            ),
            "not-an-event",
            "Entra audit",
        ),
        ({"protoPayload": {}}, "not-an-event", "Google Cloud"),
        ({"eventSource": "ec2.amazonaws.com"}, "not-an-event", "CloudTrail"),
        ({}, "not-an-event", "something else"),
        (diagnostic(category="\u202eevil"), "not-an-event", "\\u202e"),
        (diagnostic(time=None), "time-missing", "no time"),
        (diagnostic(time="1969-12-31T00:00:00Z"), "time-absurd", "1969"),
        (diagnostic(time="yesterday"), "time-absurd", "yesterday"),
    ],
)
def test_what_is_no_activity_record_is_rejected_with_its_reason(record: Any, reason: str, says: str) -> None:
    result = decoded(diagnostic(), record)
    assert result.rows == [0]
    (reject,) = result.rejects
    assert (reject.index, reject.reason) == (1, reason)
    assert says in reject.detail
    assert len(reject.detail) <= 300


@pytest.mark.parametrize(
    ("operation", "created", "kind"),
    [
        ("Microsoft.Compute/virtualMachines/write", True, "create"),
        ("Microsoft.Compute/virtualMachines/write", False, "update"),
        ("Microsoft.Compute/virtualMachines/delete", False, "delete"),
        ("Microsoft.Compute/virtualMachines/read", False, "read"),
        ("Microsoft.Compute/virtualMachines/restart/action", False, "update"),
        ("Microsoft.Compute/virtualMachines/runCommand/action", False, "update"),
        ("Microsoft.Compute/disks/beginGetAccess/action", False, "permission"),
        ("MICROSOFT.STORAGE/STORAGEACCOUNTS/LISTKEYS/ACTION", False, "read"),
        ("Microsoft.Storage/storageAccounts/regenerateKey/action", False, "permission"),
        ("Microsoft.KeyVault/vaults/keys/purge/action", False, "delete"),
        ("Microsoft.KeyVault/vaults/accessPolicies/write", False, "permission"),
        ("Microsoft.Authorization/roleAssignments/write", True, "permission"),
        ("Microsoft.Authorization/roleAssignments/delete", False, "permission"),
        ("Microsoft.Authorization/policyAssignments/write", False, "permission"),
        ("Microsoft.Authorization/locks/delete", False, "permission"),
        ("Microsoft.Authorization/elevateAccess/action", False, "permission"),
        ("Microsoft.Authorization/roleAssignments/read", False, "read"),
        ("Microsoft.Authorization/policies/deployIfNotExists/action", False, "other"),
        ("Microsoft.Resources/deployments/validate/action", False, "read"),
    ],
)
def test_the_last_segment_says_what_kind_of_action_it_is(operation: str, created: bool, kind: str) -> None:
    assert action_kind(operation, "Administrative", created) == kind


def test_what_azure_noticed_is_not_a_change() -> None:
    assert action_kind("Microsoft.Advisor/recommendations/available/action", "Recommendation", False) == "other"


def test_a_lock_on_a_storage_account_is_a_lock() -> None:
    host = f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/s"
    lock = resource(f"{host}/providers/Microsoft.Authorization/locks/DoNotDelete")
    assert (lock.type, lock.id, lock.subscription) == ("Microsoft.Authorization/locks", "DoNotDelete", SUBSCRIPTION)
    group = resource(f"/subscriptions/{SUBSCRIPTION}/resourceGroups/g")
    assert (group.type, group.id) == ("Microsoft.Resources/subscriptions/resourceGroups", "g")
    assert resource(f"/subscriptions/{SUBSCRIPTION}").type == "Microsoft.Resources/subscriptions"
    for odd in ("/", "", "/providers", "/subscriptions/a/providers", "providers/providers"):
        assert resource(odd).arn == odd


def test_names_in_one_case_take_the_usual_spelling_or_the_resources() -> None:
    assert canonical("MICROSOFT.COMPUTE/GALLERIES/WRITE") == "Microsoft.Compute/galleries/write"
    assert canonical("MICROSOFT.ODD/BIGTHINGS/WRITE", "Microsoft.Odd/bigThings") == "Microsoft.Odd/bigThings/write"
    assert canonical("Microsoft.SQL/servers") == "Microsoft.Sql/servers"
    assert canonical("Microsoft.Odd/bigThings/write") == "Microsoft.Odd/bigThings/write"


@pytest.mark.parametrize(
    ("token", "caller", "expected"),
    [
        (PERSON, "ada@acme.test", ("user", "ada@acme.test", "oid-ada", AZURE_CLI)),
        (APP, APP[OID], ("app", "app-1", APP[OID], "app-1")),
        ({}, APP[OID], ("app", APP[OID], None, None)),
        ({"name": "ada@acme.test"}, None, ("user", "ada@acme.test", None, None)),
        ({"name": "Ada"}, None, (None, None, None, None)),
        ({"appid": "app-1"}, None, (None, "app-1", None, "app-1")),
        ({**APP, "xms_mirid": "/subscriptions/s/x/bot"}, APP[OID], ("managed-identity", "app-1", APP[OID], "app-1")),
    ],
)
def test_claims_say_who_called(token: dict[str, str], caller: str | None, expected: tuple[str | None, ...]) -> None:
    row = event(rest(claims=token, caller=caller))
    assert (row["principal_type"], row["principal"], row["principal_id"], row["app_id"]) == expected


def test_the_tenant_that_issued_a_token_stands_behind_nobody_in_particular() -> None:
    row = event(rest(claims={**PERSON, "iss": "https://sts.windows.net/7e1c/"}))
    assert row["issuer"] is None
    assert "iss=https://sts.windows.net/7e1c/" in row["markers"]


def test_a_managed_identity_names_its_resource() -> None:
    row = event(rest(claims={**APP, "xms_mirid": "/subscriptions/s/userAssignedIdentities/deployer"}))
    assert row["issuer"] == "/subscriptions/s/userAssignedIdentities/deployer"
    assert row["principal_name"] == "deployer"
    assert "xms_mirid=/subscriptions/s/userAssignedIdentities/deployer" in row["markers"]


def test_an_agent_identity_acting_for_a_person_names_the_person() -> None:
    agent = {**PERSON, "appid": "agent-1", "idtyp": "user", "xms_par_app_azp": "blueprint", "xms_act_fct": "3 9 11"}
    row = event(rest(claims=agent))
    assert (row["delegator"], row["app_id"]) == ("ada@acme.test", "agent-1")
    assert {"xms_act_fct=11", "xms_act_fct=3", "xms_par_app_azp=blueprint", "idtyp=user"} <= set(row["markers"])
    assert event(rest(claims={**agent, "xms_sub_fct": "13"}))["delegator"] is None
    assert event(rest(claims={**PERSON, "idtyp": "user", "xms_act_fct": "111"}))["delegator"] is None
    assert event(rest(claims={**APP, "xms_act_fct": "11", "xms_sub_fct": "11"}))["delegator"] is None


def test_a_missing_role_is_an_implicit_rbac_denial() -> None:
    message = (
        "The client 'bot' with object id 'o' does not have authorization to perform action "
        "'Microsoft.Compute/virtualMachines/write' over scope '/subscriptions/s' or the scope is invalid."
    )
    row = failed("AuthorizationFailed", message)
    assert (row["outcome"], row["denied"], row["error_code"]) == ("denied", True, "AuthorizationFailed")
    assert row["error_message"] == redact_text(message)
    assert (row["deny_policy_type"], row["deny_implicit"]) == ("azure_rbac", True)
    assert row["deny_rule"] == "AuthorizationFailed"
    assert row["deny_action"] == "Microsoft.Compute/virtualMachines/write"
    assert row["deny_resource"] == "/subscriptions/s"
    linked = failed("LinkedAuthorizationFailed", "no permission on the linked scope(s) '/subscriptions/t/x'")
    assert (linked["deny_policy_type"], linked["deny_resource"]) == ("azure_rbac", "/subscriptions/t/x")


def test_a_deny_assignment_is_explicit_and_named() -> None:
    message = (
        "The client 'bot' has permission to perform action 'Microsoft.Compute/virtualMachines/write'; however, the "
        "access is denied because of the deny assignment with name 'stack' and Id '77' at scope '/subscriptions/s'."
    )
    row = failed("DenyAssignmentAuthorizationFailed", message)
    assert (row["deny_policy_type"], row["deny_implicit"], row["deny_policy_arn"]) == ("azure_rbac", False, "77")
    assert row["deny_action"] == "Microsoft.Compute/virtualMachines/write"


def test_a_policy_denies_explicitly_with_its_assignment() -> None:
    assignment = "/subscriptions/s/providers/Microsoft.Authorization/policyAssignments/no-public"
    identifiers = json.dumps([{"policyAssignment": {"name": "no-public", "id": assignment}}])
    row = failed(
        "RequestDisallowedByPolicy", f"Resource 'x' was disallowed by policy. Policy identifiers: '{identifiers}'."
    )
    assert (row["deny_policy_type"], row["deny_implicit"]) == ("azure_policy", False)
    assert row["deny_policy_arn"] == assignment
    info = {"type": "PolicyViolation", "info": {"policyAssignmentId": assignment}}
    error = {"error": {"code": "RequestDisallowedByPolicy", "message": "no", "additionalInfo": [info]}}
    properties = {"statusCode": "Forbidden", "statusMessage": error}
    assert event(rest(status={"value": "Failed"}, properties=properties))["deny_policy_arn"] == assignment


def test_the_reason_inside_a_failed_deployment_is_found() -> None:
    inner = json.dumps({"error": {"code": "AuthorizationFailed", "message": "The client does not have authorization"}})
    outer = {
        "code": "DeploymentFailed",
        "message": "See details.",
        "details": [{"code": "Forbidden", "message": inner}],
    }
    properties = {"statusCode": "Conflict", "statusMessage": json.dumps({"status": "Failed", "error": outer})}
    row = event(rest(status={"value": "Failed"}, properties=properties))
    assert (row["deny_policy_type"], row["error_code"]) == ("azure_rbac", "AuthorizationFailed")


def test_a_policys_own_record_of_a_denied_call_is_a_denial_and_a_compliance_check_is_not() -> None:
    policies = json.dumps(
        [{"policyDefinitionId": "/d/1", "policyAssignmentId": "/a/1", "policyDefinitionEffect": "Deny"}]
    )

    def deny(check: str) -> dict[str, Any]:
        return event(
            diagnostic(
                category="Policy",
                operationName="MICROSOFT.AUTHORIZATION/POLICIES/DENY/ACTION",
                resultType="Failed",
                resultSignature="",
                properties={"isComplianceCheck": check, "policies": policies},
            )
        )

    assert (deny("False")["deny_policy_type"], deny("False")["deny_policy_arn"]) == ("azure_policy", "/a/1")
    assert deny("False")["operation"] == "Microsoft.Authorization/policies/deny/action"
    assert (deny("True")["denied"], deny("True")["outcome"]) == (False, "failure")


def test_forbidden_without_a_reason_is_denied_by_an_unknown_policy() -> None:
    row = event(diagnostic(resultType="Failed", resultSignature="403"))
    assert (row["denied"], row["deny_policy_type"], row["deny_implicit"]) == (True, "unknown", None)
    assert (row["deny_rule"], row["error_code"]) == ("HTTP 403", "403")


@pytest.mark.parametrize(
    ("code", "http"),
    [
        ("ScopeLocked", "Conflict"),
        ("ScopeLocked", "Forbidden"),
        ("TooManyRequests", "429"),
        ("ResourceNotFound", "NotFound"),
        ("QuotaExceeded", "Forbidden"),
        ("Conflict", "409"),
        ("ExpiredAuthenticationToken", "Unauthorized"),
    ],
)
def test_other_failures_are_no_denials(code: str, http: str) -> None:
    row = failed(code, "words", http)
    assert (row["outcome"], row["denied"], row["deny_policy_type"], row["error_code"]) == ("failure", False, None, code)


def test_a_success_that_mentions_an_error_is_a_success() -> None:
    properties = {"statusMessage": json.dumps({"error": {"code": "AuthorizationFailed", "message": "x"}})}
    row = event(rest(subStatus={"value": "OK"}, properties=properties))
    assert (row["outcome"], row["denied"], row["error_code"]) == ("success", False, None)


def test_a_record_that_does_not_say_how_it_ended_has_no_outcome() -> None:
    assert event(diagnostic(resultType=None, resultSignature=None))["outcome"] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
REST_KEYS = st.sampled_from(sorted(rest()))
DIAGNOSTIC_KEYS = st.sampled_from([*sorted(diagnostic()), "properties"])
CLAIMS = st.dictionaries(st.sampled_from([*PERSON, "idtyp", "xms_mirid", "xms_act_fct", "name"]), JSON, max_size=4)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_the_decoder_raise(record: bytes) -> None:
    result = decode([record], "feed")
    assert len(result.rows) + len(result.rejects) == 1


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(REST_KEYS, JSON, max_size=4), st.dictionaries(DIAGNOSTIC_KEYS, JSON, max_size=4), CLAIMS)
def test_fields_of_any_type_give_whole_columns_or_a_reason(one: Any, other: Any, token: Any) -> None:
    status = {"status": {"value": "Failed"}, "properties": {"statusMessage": one, "policies": other}}
    result = decoded(rest(**one), diagnostic(**other), rest(claims=token), rest(**status))
    assert len(result.rows) + len(result.rejects) == 4
    assert_well_formed(result)


def assert_well_formed(result: Decoded) -> None:
    kinds = {column.name: column.kind for column in FACTS} | {"raw": "string"}
    types = {"string": str, "time": int, "bool": bool, "float": float}
    for name, values in result.columns.items():
        assert len(values) == len(result.rows)
        for value in values:
            if kinds[name] == "strings":
                assert all(isinstance(item, str) for item in value), (name, value)
            else:
                assert value is None or (isinstance(value, types[kinds[name]]) and value != ""), (name, value)
    columns = result.columns
    assert all(kind in ACTION_KINDS for kind in columns.get("action_kind", []))
    assert all(outcome in (*OUTCOMES, None) for outcome in columns.get("outcome", []))
    assert all(kind in (*POLICY_TYPES, None) for kind in columns.get("deny_policy_type", []))


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"SKIPPED LOUDLY: the shared logs are not at {SHARED}")
@pytest.mark.parametrize(
    ("name", "rows", "denied"),
    [
        ("panther-azure-activity-rule-tests", 97, 2),
        ("panther-azure-entra-aks-storage-rule-tests", 0, 0),
        ("plaso-azure-activity", 4, 0),
    ],
)
def test_the_shared_logs_read_whole(name: str, rows: int, denied: int) -> None:
    records = gzip.decompress((SHARED / f"{name}.jsonl.gz").read_bytes()).splitlines()
    result = decode(records, "feed")
    assert (len(result.rows), sum(result.columns.get("denied", []))) == (rows, denied)
    assert len(result.rows) + len(result.rejects) == len(records)
    assert len(set(result.columns.get("event_id", []))) == rows
    assert_well_formed(result)
    assert not [operation for operation in result.columns.get("operation", []) if operation == operation.upper()]


def test_a_credential_reaches_no_column_and_does_not_change_the_id() -> None:
    secret = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P"
    records = [
        rest(
            status={"value": "Failed"},
            eventDataId=None,
            properties={"statusMessage": json.dumps({"error": {"code": "Bad", "message": f"token {text}"}})},
        )
        for text in (secret, secret[::-1])
    ]
    result = decoded(*records)
    assert result.columns["error_message"][0] is not None
    assert secret not in json.dumps(result.columns)
    assert len(set(result.columns["event_id"])) == 2


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"properties": {"hardwareProfile": {"vmSize": "Standard_D4s_v5"}}}, "Standard_D4s_v5"),
        (json.dumps({"sku": {"name": "P1v3"}}), "P1v3"),
        ({"sku": "P1"}, None),
        ("{broken", None),
        (None, None),
    ],
)
def test_the_size_a_request_asks_for_is_kept_where_the_record_has_its_body(body: Any, said: str | None) -> None:
    marks = event(rest(properties={"requestbody": body}))["markers"]
    assert [each for each in marks if each.startswith("instance_class=")] == (
        [f"instance_class={said}"] if said else []
    )
