"""Google Cloud audit entries become events that say what happened."""

from __future__ import annotations

import base64
import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.model.columns import FACTS
from remit.model.vocabulary import ACTION_KINDS, OUTCOMES, POLICY_TYPES
from remit.rooms.events.decoded import Decoded
from remit.rooms.events.gcp import claims, decode
from remit.rooms.events.gcp.method import action_kind
from remit.rooms.events.gcp.principal import principal_type, repository
from remit.rooms.events.redaction import redact

SHARED = Path(__file__).parents[3] / "shared/data/audit/gcp"
LOG = "projects/acme-prod/logs/cloudaudit.googleapis.com%2Factivity"
POOL = "projects/77/locations/global/workloadIdentityPools/github"


def audit(**payload: Any) -> dict[str, Any]:
    return {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": "compute.googleapis.com",
        "methodName": "v1.compute.instances.insert",
        "resourceName": "projects/acme-prod/zones/europe-west1-b/instances/web-1",
        "authenticationInfo": {"principalEmail": "ada@acme.test", "principalSubject": "user:ada@acme.test"},
        "authorizationInfo": [{"permission": "compute.instances.create", "granted": True}],
        "requestMetadata": {"callerIp": "203.0.113.9", "callerSuppliedUserAgent": "google-cloud-sdk gcloud/560.0.0"},
        **payload,
    }


def log_entry(payload: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "insertId": "abc1",
        "logName": LOG,
        "timestamp": "2026-05-04T10:11:12.123456789Z",
        "resource": {"type": "gce_instance", "labels": {"project_id": "acme-prod", "zone": "europe-west1-b"}},
        "protoPayload": audit() if payload is None else payload,
        **more,
    }


def decoded(*records: Any) -> Decoded:
    return decode([record if isinstance(record, bytes) else json.dumps(record).encode() for record in records], "feed")


def event(record: Any) -> dict[str, Any]:
    result = decoded(record)
    assert not result.rejects, result.rejects
    return {name: values[0] for name, values in result.columns.items()}


def denied(code: int, message: str = "", **payload: Any) -> dict[str, Any]:
    status = {"code": code, "message": message, **payload.pop("status", {})}
    return event(log_entry(audit(status=status, **payload)))


def test_an_entry_fills_the_columns_an_engineer_looks_at() -> None:
    row = event(log_entry(severity="NOTICE"))
    assert row["event_id"]
    expected = {
        "time": 1777889472123456,
        "provider": "gcp",
        "data_source": "gcp-audit",
        "provider_id": "abc1",
        "feed": "feed",
        "account": "acme-prod",
        "region": "europe-west1-b",
        "service": "compute",
        "operation": "v1.compute.instances.insert",
        "action_kind": "create",
        "permissions": ["compute.instances.create"],
        "resource_types": ["compute.instances"],
        "resource_ids": ["web-1"],
        "resource_arns": ["//compute.googleapis.com/projects/acme-prod/zones/europe-west1-b/instances/web-1"],
        "outcome": "success",
        "denied": False,
        "principal": "ada@acme.test",
        "principal_type": "user",
        "principal_name": "ada",
        "source_ip": "203.0.113.9",
        "user_agent": "google-cloud-sdk gcloud/560.0.0",
        "event_type": "activity",
        "error_code": None,
        "link_offers": [],
    }
    assert {name: row[name] for name in expected} == expected
    assert "resource_type=gce_instance" in row["markers"]


def test_wrappers_and_key_spellings_change_neither_the_event_nor_its_id() -> None:
    record = log_entry()
    plain = event(record)
    text = json.dumps(record).encode()
    envelope = {"message": {"data": base64.b64encode(text).decode(), "messageId": "9"}, "subscription": "s"}
    as_string = {**record, "protoPayload": json.dumps(record["protoPayload"])}
    lowered = {key.lower(): value for key, value in record.items()}
    pulled = {"data": base64.urlsafe_b64encode(text).decode(), "messageId": "9"}
    for other in (envelope, pulled, as_string, lowered):
        row = event(other)
        assert row["event_id"] == plain["event_id"]
        assert row["permissions"] == ["compute.instances.create"]
        assert claims(other)
    assert event(envelope)["raw"] == redact(text)


def test_entries_without_an_insert_id_are_told_apart_by_what_they_say() -> None:
    one, other = log_entry(), log_entry(audit(request={"name": "other"}))
    del one["insertId"], other["insertId"]
    result = decoded(one, other, one)
    first, second, again = result.columns["event_id"]
    assert first == again
    assert first != second


@pytest.mark.parametrize(
    ("record", "reason", "says"),
    [
        (b"{", "not-json", "Not valid JSON"),
        (b"\xff\xfe", "not-json", "Not valid JSON"),
        (b"[1]", "not-an-object", "array"),
        (b"null", "not-an-object", "null"),
        (b"[" * 200_000, "too-deep", "nested"),
        (b'{"protoPayload":{"methodName":"x","a":' + b"[" * 200_000, "too-deep", "nested"),
        ({"insertId": "1", "jsonPayload": {"a": 1}}, "not-an-event", "JSON payload"),
        ({"insertId": "1", "textPayload": "hello"}, "not-an-event", "text payload"),
        ({"actor": {"id": 1}}, "not-an-event", "without protoPayload"),
        (
            log_entry({"@type": "type.googleapis.com/google.appengine.logging.v1.RequestLog"}),
            "not-an-event",
            "RequestLog",
        ),
        ({"protoPayload": audit()}, "time-missing", "no time"),
        (log_entry(timestamp="1999-01-01T00:00:00Z"), "time-absurd", "1999"),
        (log_entry(timestamp="2100-01-01T00:00:00Z"), "time-absurd", "2100"),
        (log_entry(timestamp="2026-02-30T00:00:00Z"), "time-absurd", "2026-02-30"),
        (log_entry(timestamp="\u202eyesterday"), "time-absurd", "\\u202e"),
        ({"message": {"data": base64.b64encode(b"nonsense").decode()}}, "not-json", "Not valid JSON"),
    ],
)
def test_what_is_no_audit_entry_is_rejected_with_its_reason(record: Any, reason: str, says: str) -> None:
    result = decoded(log_entry(), record)
    assert result.rows == [0]
    (reject,) = result.rejects
    assert (reject.index, reject.reason) == (1, reason)
    assert says in reject.detail
    assert len(reject.detail) <= 300


def test_an_entry_without_its_time_takes_the_requests_or_else_the_time_it_was_received() -> None:
    requested = log_entry(audit(requestMetadata={"requestAttributes": {"time": "2026-05-04T10:00:00Z"}}))
    received = log_entry(receiveTimestamp="2026-05-04T11:00:00+01:00")
    del requested["timestamp"], received["timestamp"]
    assert decoded(requested, received).columns["time"] == [1777888800000000] * 2


def test_the_entries_of_one_operation_share_a_key_and_say_which_stage_they_are() -> None:
    begun = event(log_entry(operation={"id": "operation-1", "first": True}))
    ended = event(log_entry(operation={"id": "operation-1", "last": True}, insertId="abc2"))
    single = event(log_entry(operation={"id": "operation-2", "first": True, "last": True}))
    assert begun["link_offers"] == ended["link_offers"] == ["same:gcp:operation-1"]
    assert {"stage=begin", "operation_first=true"} <= set(begun["markers"])
    assert {"stage=end", "operation_last=true"} <= set(ended["markers"])
    assert "stage=end" in single["markers"]
    assert begun["event_id"] != ended["event_id"]


@pytest.mark.parametrize(
    ("method", "service", "kind"),
    [
        ("v1.compute.instances.insert", "compute", "create"),
        ("beta.compute.instances.setMetadata", "compute", "update"),
        ("v1.compute.instances.aggregatedList", "compute", "read"),
        ("v1.compute.instances.bulkInsert", "compute", "create"),
        ("v1.compute.instances.stop", "compute", "update"),
        ("google.iam.admin.v1.CreateServiceAccount", "iam", "create"),
        ("google.iam.admin.v1.CreateServiceAccountKey", "iam", "permission"),
        ("google.iam.admin.v1.ListServiceAccountKeys", "iam", "read"),
        ("google.iam.admin.v1.UpdateRole", "iam", "permission"),
        ("google.iam.v1.WorkloadIdentityPools.UpdateWorkloadIdentityPoolProvider", "iam", "permission"),
        ("google.api.apikeys.v2.ApiKeys.CreateKey", "apikeys", "permission"),
        ("google.iam.credentials.v1.GenerateAccessToken", "iamcredentials", "login"),
        ("google.identity.sts.v1.SecurityTokenService.ExchangeToken", "sts", "login"),
        ("SetIamPolicy", "cloudresourcemanager", "permission"),
        ("storage.setIamPermissions", "storage", "permission"),
        ("storage.objects.delete", "storage", "delete"),
        ("storage.objects.testIamPermissions", "storage", "read"),
        ("io.k8s.core.v1.pods.exec.create", "k8s.io", "update"),
        ("io.k8s.authorization.rbac.v1.clusterrolebindings.create", "k8s.io", "permission"),
        ("io.k8s.core.v1.secrets.list", "k8s.io", "read"),
        ("io.k8s.core.v1.pods.deletecollection", "k8s.io", "delete"),
        ("google.admin.AdminService.inboundSsoProfileUpdated", "admin", "update"),
        ("google.admin.AdminService.addGroupMember", "admin", "permission"),
        ("google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion", "secretmanager", "read"),
        ("google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion", "secretmanager", "create"),
        ("Encrypt", "cloudkms", "other"),
        ("", "", "other"),
    ],
)
def test_the_last_verb_of_a_method_says_what_kind_of_action_it_is(method: str, service: str, kind: str) -> None:
    assert action_kind(method, service) == kind


def test_a_query_job_that_selects_is_a_read() -> None:
    job = {"jobConfig": {"type": "QUERY", "queryConfig": {"statementType": "SELECT"}}}
    method = "google.cloud.bigquery.v2.JobService.InsertJob"
    assert event(log_entry(audit(methodName=method, metadata={"jobChange": {"job": job}})))["action_kind"] == "read"
    assert event(log_entry(audit(methodName=method)))["action_kind"] == "create"


@pytest.mark.parametrize(
    ("name", "service", "kind", "own"),
    [
        ("projects/p/global/networks/n", "compute.googleapis.com", "compute.networks", "n"),
        ("projects/p/locations/global/keyRings/r/cryptoKeys/k", "cloudkms.googleapis.com", "cloudkms.cryptoKeys", "k"),
        ("projects/_/buckets/b/objects/a/b/c.txt", "storage.googleapis.com", "storage.objects", "a/b/c.txt"),
        ("projects/_/buckets/b", "storage.googleapis.com", "storage.buckets", "b"),
        ("core/v1/namespaces/default/pods/web/exec", "k8s.io", "k8s.io.pods/exec", "web"),
        ("core/v1/namespaces/default", "k8s.io", "k8s.io.namespaces", "default"),
        ("projects/acme-prod", "cloudresourcemanager.googleapis.com", "project", "acme-prod"),
        ("organizations/12", "cloudresourcemanager.googleapis.com", "organization", "12"),
        ("projects/p/datasets", "bigquery.googleapis.com", "bigquery.datasets", "p/datasets"),
    ],
)
def test_a_resource_name_gives_a_type_and_an_id(name: str, service: str, kind: str, own: str) -> None:
    row = event(log_entry(audit(resourceName=name, serviceName=service), resource={}))
    assert (row["resource_types"], row["resource_ids"]) == ([kind], [own])
    assert row["resource_arns"] == [f"//{service}/{name}"]


CREATED = [
    (
        "google.cloud.ml.v1.ModelService.CreateModel",
        "projects/p",
        {"model": {"name": "m"}},
        None,
        "projects/p/models/m",
    ),
    ("dataflow.jobs.create", "projects/p", {"job_name": "nightly", "job_id": "2026-1"}, None, "projects/p/jobs/2026-1"),
    (
        "google.iam.admin.v1.WorkforcePools.CreateWorkforcePool",
        "organizations/12",
        {"workforcePool": {"name": "locations/global/workforcePools/staff"}},
        None,
        "locations/global/workforcePools/staff",
    ),
    (
        "google.api.apikeys.v2.ApiKeys.CreateKey",
        "projects/7",
        {"parent": "projects/p/locations/global"},
        {"name": "projects/7/locations/global/keys/k1"},
        "projects/7/locations/global/keys/k1",
    ),
    ("google.devtools.cloudbuild.v1.CloudBuild.CreateBuild", "projects/p/builds", {"build": {}}, None, None),
    ("v1.compute.instances.delete", "projects/p", {"instanceId": "i"}, None, None),
]


@pytest.mark.parametrize(("method", "parent", "request_body", "response", "made"), CREATED)
def test_a_create_that_names_the_parent_touches_what_it_made(
    method: str, parent: str, request_body: Any, response: Any, made: str | None
) -> None:
    call = audit(methodName=method, resourceName=parent, serviceName="x.googleapis.com", request=request_body)
    row = event(log_entry({**call, "response": response}, resource={}))
    assert row["resource_arns"] == [f"//x.googleapis.com/{made or parent}"]
    if made:
        assert row["resource_ids"] == [made.rpartition("/")[2]]
        assert row["resource_types"] == [f"x.{made.split('/')[-2]}"]
    refused = event(log_entry({**call, "response": response, "status": {"code": 7}}, resource={}))
    assert refused["resource_arns"] == [f"//x.googleapis.com/{parent}"]


def test_an_old_dataset_entry_and_a_backup_name_what_they_are_about() -> None:
    logged = {"datasetInsertRequest": {"resource": {"datasetName": {"projectId": "p", "datasetId": "sales"}}}}
    row = event(
        log_entry(
            audit(
                methodName="datasetservice.insert",
                serviceName="bigquery.googleapis.com",
                resourceName="projects/p/datasets",
                serviceData=logged,
            ),
            resource={},
        )
    )
    assert (row["resource_types"], row["resource_ids"]) == (["bigquery.datasets"], ["sales"])
    label = {"type": "cloudsql_database", "labels": {"database_id": "p:orders", "project_id": "p"}}
    call = audit(
        methodName="cloudsql.backupRuns.create", serviceName="cloudsql.googleapis.com", resourceName="backupRuns/"
    )
    row = event(log_entry(call, resource=label))
    assert (row["resource_types"], row["resource_ids"]) == (["cloudsql.instances"], ["orders"])


def test_a_service_account_is_named_by_its_email_rather_than_its_number() -> None:
    resource = {"type": "service_account", "labels": {"unique_id": "1", "email_id": "ci@p.iam.gserviceaccount.com"}}
    row = event(log_entry(audit(resourceName="projects/-/serviceAccounts/1"), resource=resource))
    assert row["resource_ids"] == ["ci@p.iam.gserviceaccount.com"]
    assert row["account"] == "acme-prod"


@pytest.mark.parametrize(
    ("email", "subject", "kind"),
    [
        ("ada@acme.test", "user:ada@acme.test", "user"),
        ("ci@p.iam.gserviceaccount.com", None, "service-account"),
        ("12-compute@developer.gserviceaccount.com", None, "service-account"),
        ("12@cloudbuild.gserviceaccount.com", None, "service-account"),
        ("service-12@compute-system.iam.gserviceaccount.com", None, "service-agent"),
        ("service-12@gcp-sa-eventarc.iam.gserviceaccount.com", None, "service-agent"),
        ("12@cloudservices.gserviceaccount.com", None, "service-agent"),
        ("system:node:gke-pool-1", None, "service-agent"),
        ("system:serviceaccount:default:ci", None, "service-account"),
        (None, f"principal://iam.googleapis.com/{POOL}/subject/x", "federated"),
        (None, "serviceAccount:p.svc.id.goog[ns/sa]", "federated"),
        (None, "serviceAccount:ci@p.iam.gserviceaccount.com", "service-account"),
        (None, "user:ada@acme.test", "user"),
        ("who knows", None, "unknown"),
        (None, None, "unknown"),
    ],
)
def test_principals_are_of_the_type_their_name_says(email: str | None, subject: str | None, kind: str) -> None:
    assert principal_type(email, subject) == kind


def test_impersonation_names_the_account_and_whoever_stands_behind_it() -> None:
    caller = {
        "principalEmail": "deploy@p.iam.gserviceaccount.com",
        "serviceAccountDelegationInfo": [
            {"firstPartyPrincipal": {"principalEmail": "ada@acme.test"}},
            {"principalSubject": "serviceAccount:middle@p.iam.gserviceaccount.com"},
        ],
    }
    row = event(log_entry(audit(authenticationInfo=caller)))
    assert row["principal"] == row["issuer"] == "deploy@p.iam.gserviceaccount.com"
    assert row["delegator"] == "ada@acme.test"
    assert "delegation=middle@p.iam.gserviceaccount.com" in row["markers"]


@pytest.mark.parametrize(
    "subject",
    ["repo:acme/app:ref:refs/heads/main", "repo:acme@12/app@34:ref:refs/heads/main", "repo:acme/app:pull_request"],
)
def test_a_workflow_behind_a_pool_names_its_repository(subject: str) -> None:
    behind = {"principalSubject": f"principal://iam.googleapis.com/{POOL}/subject/{subject}"}
    caller = {"principalEmail": "deploy@p.iam.gserviceaccount.com", "serviceAccountDelegationInfo": [behind]}
    exchange = audit(
        serviceName="sts.googleapis.com",
        methodName="google.identity.sts.v1.SecurityTokenService.ExchangeToken",
        authenticationInfo={"principalSubject": subject},
        metadata={"mapped_principal": f"principal://iam.googleapis.com/{POOL}/subject/{subject}"},
    )
    for row in (event(log_entry(audit(authenticationInfo=caller))), event(log_entry(exchange))):
        assert (row["federation"], row["federation_subject"], row["repository"]) == (POOL, subject, "acme/app")
    assert event(log_entry(exchange))["principal_type"] == "federated"
    assert repository("attribute.repository/acme/app") == "acme/app"


def test_a_static_key_and_an_oauth_client_are_told() -> None:
    caller = {
        "principalEmail": "ci@p.iam.gserviceaccount.com",
        "serviceAccountKeyName": "//iam.googleapis.com/projects/p/serviceAccounts/ci@p/keys/0123abcd",
        "oauthInfo": {"oauthClientId": "77.apps.googleusercontent.com"},
    }
    row = event(log_entry(audit(authenticationInfo=caller)))
    assert row["access_key"] == "0123abcd"
    assert row["app_id"] == "77.apps.googleusercontent.com"
    assert "static_key=true" in row["markers"]


def test_a_managed_mcp_call_is_marked_and_keeps_its_service() -> None:
    row = event(log_entry(audit(serviceName="bigquery.googleapis.com/mcp", methodName="tools/call")))
    assert row["service"] == "bigquery"
    assert "mcp=bigquery.googleapis.com/mcp" in row["markers"]


def test_a_missing_permission_is_an_implicit_iam_denial() -> None:
    details = [
        {
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "IAM_PERMISSION_DENIED",
            "metadata": {"permission": "iam.serviceAccounts.create"},
        }
    ]
    checks = [{"resource": "projects/p", "permission": "iam.serviceAccounts.create", "resourceAttributes": {}}]
    row = denied(7, "Permission denied on resource", authorizationInfo=checks, status={"details": details})
    assert (row["outcome"], row["denied"], row["error_code"]) == ("denied", True, "PERMISSION_DENIED")
    assert (row["deny_policy_type"], row["deny_implicit"]) == ("gcp_iam", True)
    assert (row["deny_rule"], row["deny_action"]) == ("IAM_PERMISSION_DENIED", "iam.serviceAccounts.create")
    assert row["deny_resource"] == "projects/p"


def test_a_deny_policy_that_the_message_names_is_explicit() -> None:
    row = denied(7, "Access denied by IAM deny policy", authorizationInfo=[{"permission": "a.b.c", "granted": False}])
    assert (row["deny_policy_type"], row["deny_implicit"], row["deny_action"]) == ("gcp_iam", False, "a.b.c")


def test_a_refusal_that_names_nothing_is_unknown_rather_than_guessed() -> None:
    row = denied(7, "Forbidden")
    assert (row["denied"], row["deny_policy_type"], row["deny_implicit"]) == (True, "unknown", None)


def test_a_clusters_refusal_is_not_put_on_iam() -> None:
    checks = [{"permission": "io.k8s.core.v1.pods.create", "resource": "core/v1/namespaces/a/pods/b"}]
    message = 'pods is forbidden: User "ada" cannot create resource "pods"'
    row = denied(7, message, serviceName="k8s.io", authorizationInfo=checks)
    assert (row["denied"], row["deny_policy_type"], row["deny_implicit"]) == (True, "unknown", True)


def test_a_perimeter_denies_explicitly_with_its_unique_id() -> None:
    metadata = {
        "@type": "type.googleapis.com/google.cloud.audit.VpcServiceControlAuditMetadata",
        "violationReason": "NO_MATCHING_ACCESS_LEVEL",
        "vpcServiceControlsUniqueId": "uid-1",
        "ingressViolations": [{"servicePerimeter": "accessPolicies/9/servicePerimeters/prod"}],
    }
    message = "Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: uid-1"
    row = denied(7, message, metadata=metadata)
    assert (row["deny_policy_type"], row["deny_implicit"]) == ("gcp_vpc_sc", False)
    assert row["deny_rule"] == "NO_MATCHING_ACCESS_LEVEL:uid-1"
    assert row["deny_policy_arn"] == "accessPolicies/9/servicePerimeters/prod"
    assert denied(7, message)["deny_rule"] == "VPC_SERVICE_CONTROLS:uid-1"
    dry = denied(7, message, metadata={**metadata, "dryRun": True})
    assert (dry["denied"], dry["outcome"]) == (False, "success")
    assert "dry_run=true" in dry["markers"]


def test_an_organization_policy_denies_with_its_constraint() -> None:
    info = {"orgPolicyViolationInfo": {"violationInfo": [{"constraint": "constraints/compute.vmExternalIpAccess"}]}}
    by_field = denied(9, "Precondition", policyViolationInfo=info)
    by_text = denied(9, "Constraint constraints/compute.vmExternalIpAccess violated for projects/p. More.")
    for row in (by_field, by_text):
        assert (row["deny_policy_type"], row["deny_implicit"]) == ("gcp_org_policy", False)
        assert row["deny_policy_arn"] == "constraints/compute.vmExternalIpAccess"
    custom = denied(9, "Constraint: custom.noPublic violated for projects/p")
    assert custom["deny_policy_arn"] == "custom.noPublic"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (5, "not found"),
        (6, "already exists"),
        (8, "Quota exceeded"),
        (9, "key is not enabled, current state is: DISABLED."),
        (16, "Request had invalid authentication credentials"),
        (7, "Compute Engine API has not been used in project 1 before or it is disabled."),
        (7, "Quota exceeded for quota metric"),
    ],
)
def test_other_failures_are_no_denials(code: int, message: str) -> None:
    row = denied(code, message)
    assert (row["outcome"], row["denied"], row["deny_policy_type"]) == ("failure", False, None)
    assert row["error_message"] == message


def test_a_check_not_granted_in_a_call_that_did_not_fail_is_no_denial() -> None:
    checks = [{"permission": "a.b.c", "granted": True}, {"permission": "a.b.d"}]
    row = event(log_entry(audit(status={}, authorizationInfo=checks)))
    assert (row["outcome"], row["denied"]) == ("success", False)
    untold = event(log_entry(audit(authorizationInfo=[{"permission": "a.b.c", "granted": False}])))
    assert (untold["outcome"], untold["denied"]) == (None, False)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
AUDIT_KEYS = st.sampled_from(
    [
        "serviceName",
        "methodName",
        "resourceName",
        "authenticationInfo",
        "authorizationInfo",
        "requestMetadata",
        "status",
        "metadata",
        "policyViolationInfo",
        "resourceLocation",
        "@type",
    ]
)
ENTRY_KEYS = st.sampled_from(
    ["insertId", "logName", "timestamp", "resource", "operation", "severity", "message", "protoPayload"]
)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_make_the_decoder_raise(record: bytes) -> None:
    result = decode([record], "feed")
    assert len(result.rows) + len(result.rejects) == 1


@settings(max_examples=250, deadline=None)
@given(st.dictionaries(AUDIT_KEYS, JSON, max_size=6), st.dictionaries(ENTRY_KEYS, JSON, max_size=3))
def test_fields_of_any_type_give_whole_columns_or_a_reason(payload: dict[str, Any], top: dict[str, Any]) -> None:
    result = decoded(log_entry(audit(**payload)), {**log_entry(audit(**payload)), **top})
    assert len(result.rows) + len(result.rejects) == 2
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
    for arns, ids, types_ in zip(
        *(columns.get(f"resource_{part}", []) for part in ("arns", "ids", "types")), strict=True
    ):
        assert len(arns) == len(ids) == len(types_)


def test_a_credential_inside_an_envelope_or_a_payload_string_is_redacted() -> None:
    secret = "ya29.c0ASRK0GbXxXxXxXxXxXxXxXxXxXxXx"
    record = log_entry(audit(status={"code": 3, "message": f"bad {secret}"}, request={"accessToken": secret}))
    wrapped = {"message": {"data": base64.b64encode(json.dumps(record).encode()).decode()}}
    as_string = {**record, "protoPayload": json.dumps(record["protoPayload"])}
    result = decoded(record, wrapped, as_string)
    assert secret not in json.dumps(result.columns)
    assert set(result.columns["error_message"]) == {"bad [redacted:access-token]"}
    assert len(set(result.columns["event_id"])) == 1


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"SKIPPED LOUDLY: the shared logs are not at {SHARED}")
def test_the_shared_logs_read_whole() -> None:
    seen = {"denied": 0, "rows": 0}
    for path in sorted(SHARED.glob("*.gz")):
        records = gzip.decompress(path.read_bytes()).splitlines()
        result = decode(records, "feed")
        assert len(result.rows) + len(result.rejects) == len(records)
        assert len(set(result.columns["event_id"])) == len(result.rows)
        assert {reject.reason for reject in result.rejects} <= {"not-an-event", "time-missing", "time-absurd"}
        assert_well_formed(result)
        assert "other" not in {
            kind
            for kind, name in zip(result.columns["action_kind"], result.columns["operation"], strict=True)
            if name != "Encrypt"
        }
        seen["rows"] += len(result.rows)
        seen["denied"] += sum(result.columns["denied"])
    assert seen == {"rows": 104, "denied": 2}


@pytest.mark.parametrize(
    ("request_body", "said"),
    [
        ({"machineType": "projects/p/zones/z/machineTypes/e2-medium"}, "e2-medium"),
        ({"body": {"settings": {"tier": "db-custom-4-16384"}}}, "db-custom-4-16384"),
        ({"type": "projects/p/zones/z/diskTypes/pd-ssd"}, "pd-ssd"),
        ({"type": "PRIMARY"}, None),
        ({"machineType": {"a": 1}}, None),
        ("text", None),
        ({"machineType": "x" * 5000}, "x" * 100),
    ],
)
def test_the_class_of_machine_a_request_asks_for_is_kept(request_body: Any, said: str | None) -> None:
    marks = event(log_entry(audit(request=request_body)))["markers"]
    assert [each for each in marks if each.startswith("instance_class=")] == (
        [f"instance_class={said}"] if said else []
    )
