"""The Google Cloud project, as Cloud Logging writes audit entries."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.cast import ANA, GCP_PROJECT, GCP_PROJECT_NUMBER, NOOR
from remit.rooms.estate.chance import Chance
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.instants import SECOND, to_micros
from remit.rooms.estate.rhythm import Moment

_AUDIT: Final = "type.googleapis.com/google.cloud.audit."
_VPC_SC: Final = "type.googleapis.com/google.cloud.audit.VpcServiceControlAuditMetadata"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; ``delegate`` is the service account that stands behind a workload's token."""

    email: str
    address: str
    agent: str
    delegate: str = ""

    def authentication(self) -> Json:
        kind = "serviceAccount" if self.email.endswith("gserviceaccount.com") else "user"
        who: Json = {"principalEmail": self.email, "principalSubject": f"{kind}:{self.email}"}
        if self.delegate:
            who["serviceAccountDelegationInfo"] = [{"firstPartyPrincipal": {"principalEmail": self.delegate}}]
        return who


def gcloud(command: str, agent: str = "") -> str:
    """gcloud's user agent; newer versions name the coding agent that started them."""
    marker = f" agent-name/{agent}" if agent else ""
    return (
        f"google-cloud-sdk gcloud/548.0.0{marker} command/{command} invocation-id/0123456789abcdef0123456789abcdef "
        "environment/None environment-version/None client-os/MACOSX client-os-ver/24.6.0 client-pltf-arch/arm "
        f"interactive/{not agent} from-script/False python/3.13.7 term/xterm-256color "
        "(Macintosh; Intel Mac OS X 24.6.0),gzip(gfe)"
    )


_ACCOUNT: Final = f"{{}}@{GCP_PROJECT}.iam.gserviceaccount.com"
TERRAFORM_ACCOUNT: Final = _ACCOUNT.format("terraform")
RUNNER_ACCOUNT: Final = _ACCOUNT.format("report-runner")
ANA_CONSOLE: Final = Caller(
    ANA.email,
    ANA.address,
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 Chrome/141.0.0.0,gzip(gfe),gzip(gfe)",
)
ANA_GCLOUD: Final = Caller(ANA.email, ANA.address, gcloud("gcloud.compute.instances.start"))
ANA_AGENT: Final = Caller(ANA.email, ANA.address, gcloud("gcloud.storage.buckets.update", "gemini_cli"))
NOOR_AGENT: Final = Caller(NOOR.email, NOOR.address, gcloud("gcloud.run.services.update", "claude_code"))
ANA_MCP: Final = Caller(ANA.email, ANA.address, "(gzip),gzip(gfe)")
TERRAFORM: Final = Caller(
    TERRAFORM_ACCOUNT,
    "198.51.100.81",
    "Terraform/1.13.3 (+https://www.terraform.io) Terraform-Plugin-SDK/2.37 terraform-provider-google/7.5.0,gzip(gfe)",
)
RUNNER: Final = Caller(
    RUNNER_ACCOUNT,
    "192.0.2.120",
    "google-api-go-client/0.5 gl-go/1.25.1,gzip(gfe)",
    f"service-{GCP_PROJECT_NUMBER}@compute-system.iam.gserviceaccount.com",
)
GKE: Final = Caller(
    f"service-{GCP_PROJECT_NUMBER}@container-engine-robot.iam.gserviceaccount.com",
    "192.0.2.121",
    "google-api-go-client/0.5 cluster-autoscaler,gzip(gfe)",
)
GOOGLE_APIS: Final = Caller(
    f"{GCP_PROJECT_NUMBER}@cloudservices.gserviceaccount.com",
    "192.0.2.122",
    "google-compute-instance-group-manager,gzip(gfe)",
)


@dataclass(frozen=True, slots=True)
class Act:
    """One kind of call: service, method, permission, and the resource under the project."""

    service: str
    method: str
    permission: str
    resource: str
    reads: bool = False


_ZONE: Final = "zones/europe-west1-b"
INSTANCE: Final = Act(
    "compute", "v1.compute.instances.insert", "compute.instances.create", f"{_ZONE}/instances/report-{{n}}"
)
WORK: Final = (
    INSTANCE,
    Act("compute", "v1.compute.instances.start", "compute.instances.start", f"{_ZONE}/instances/report-{{n}}"),
    Act("compute", "v1.compute.firewalls.patch", "compute.firewalls.update", "global/firewalls/allow-https"),
    Act("storage", "storage.buckets.update", "storage.buckets.update", "buckets/acme-demo-reports-{n}"),
    Act(
        "run",
        "google.cloud.run.v2.Services.UpdateService",
        "run.services.update",
        "locations/europe-west1/services/report-api",
    ),
    Act(
        "bigquery",
        "google.cloud.bigquery.v2.TableService.InsertTable",
        "bigquery.tables.create",
        "datasets/reports/tables/weekly_{n}",
    ),
    Act("iam", "google.iam.admin.v1.CreateServiceAccount", "iam.serviceAccounts.create", "serviceAccounts/report-{n}"),
)
NODES: Final = (
    Act("compute", "v1.compute.instances.insert", "compute.instances.create", f"{_ZONE}/instances/gke-analytics-{{n}}"),
    Act("compute", "v1.compute.instances.delete", "compute.instances.delete", f"{_ZONE}/instances/gke-analytics-{{n}}"),
)
QUERIES: Final = (
    Act("bigquery", "google.cloud.bigquery.v2.JobService.InsertJob", "bigquery.jobs.create", "jobs/report_{n}"),
    Act(
        "storage",
        "storage.objects.get",
        "storage.objects.get",
        "buckets/acme-demo-reports/objects/weekly-{n}.csv",
        True,
    ),
)
_TOOL: Final = Act("bigquery.googleapis.com/mcp", "tools/call", "mcp.tools.call", "", False)


def entry(caller: Caller, act: Act, at: int, chance: Chance, log: str = "activity", **payload: object) -> Item:
    """One LogEntry; ``payload`` adds to or replaces parts of its ``protoPayload``."""
    name = f"projects/{GCP_PROJECT}" + (f"/{act.resource.format(n=chance.between(1, 9))}" if act.resource else "")
    service = act.service if "." in act.service else f"{act.service}.googleapis.com"
    refused = "status" in payload
    grant: Json = {
        "permission": act.permission,
        "resource": name,
        "permissionType": "ADMIN_READ" if act.reads else "ADMIN_WRITE",
    }
    body: Json = {
        "@type": f"{_AUDIT}AuditLog",
        "serviceName": service,
        "methodName": act.method,
        "resourceName": name,
        "resourceLocation": {"currentLocations": ["europe-west1"]},
        "authenticationInfo": caller.authentication(),
        "authorizationInfo": [grant if refused else {**grant, "granted": True}],
        "requestMetadata": {
            "callerIp": caller.address,
            "callerSuppliedUserAgent": caller.agent,
            "requestAttributes": {"time": to_micros(at), "auth": {}},
            "destinationAttributes": {},
        },
        **payload,
    }
    record: Json = {
        "protoPayload": body,
        "insertId": chance.hex(12),
        "resource": {"type": "audited_resource", "labels": {"project_id": GCP_PROJECT, "service": service}},
        "timestamp": to_micros(at),
        "severity": "ERROR" if refused else "NOTICE",
        "logName": f"projects/{GCP_PROJECT}/logs/cloudaudit.googleapis.com%2F{log}",
        "receiveTimestamp": to_micros(at + SECOND),
    }
    return Item("gcp-audit", GCP_PROJECT, at, record)


def work(caller: Caller, most: int, acts: tuple[Act, ...] = WORK) -> Callable[[Moment], Iterator[Item]]:
    """Up to ``most`` calls by one caller."""

    def scene(moment: Moment) -> Iterator[Item]:
        at = moment.at
        for _ in range(moment.chance.between(1, most)):
            act = moment.chance.pick(acts)
            yield entry(caller, act, at, moment.chance, "data_access" if act.reads else "activity")
            at += moment.chance.between(2, 40) * SECOND

    return scene


def managed_mcp(moment: Moment) -> Iterator[Item]:
    """A tool call through Google's own MCP server for BigQuery, and the job it started."""
    chance = moment.chance
    who = {
        **ANA_MCP.authentication(),
        "oauthInfo": {"oauthClientId": f"{GCP_PROJECT_NUMBER}-mcpdemo.apps.googleusercontent.com"},
    }
    yield entry(ANA_MCP, _TOOL, moment.at, chance, "data_access", authenticationInfo=who)
    yield entry(ANA_MCP, QUERIES[0], moment.at + SECOND, chance, "data_access", authenticationInfo=who)


def denied(moment: Moment) -> Iterator[Item]:
    """IAM, VPC Service Controls and an organization policy in turn, then a quota that is no denial."""
    yield (_by_iam, _by_perimeter, _by_org_policy, _exhausted)[moment.ordinal % 4](moment)


def _by_iam(moment: Moment) -> Item:
    act = WORK[6]
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "IAM_PERMISSION_DENIED",
        "domain": "iam.googleapis.com",
        "metadata": {"permission": act.permission},
    }
    text = f"Permission '{act.permission}' denied on resource (or it may not exist)."
    return entry(ANA_AGENT, act, moment.at, moment.chance, status={"code": 7, "message": text, "details": [info]})


def _by_perimeter(moment: Moment) -> Item:
    unique = moment.chance.hex(24)
    text = f"Request is prohibited by organization's policy. vpcServiceControlsUniqueIdentifier: {unique}"
    metadata = {"@type": _VPC_SC, "violationReason": "NO_MATCHING_ACCESS_LEVEL", "vpcServiceControlsUniqueId": unique}
    return entry(
        RUNNER, QUERIES[1], moment.at, moment.chance, "policy", status={"code": 7, "message": text}, metadata=metadata
    )


def _by_org_policy(moment: Moment) -> Item:
    constraint = "constraints/compute.vmExternalIpAccess"
    text = (
        f"Constraint {constraint} violated for projects/{GCP_PROJECT}. Add instances to the constraint to allow them."
    )
    violation = {"constraint": constraint, "errorMessage": text, "policyType": "LIST_CONSTRAINT"}
    info = {"orgPolicyViolationInfo": {"violationInfo": [violation]}}
    return entry(
        TERRAFORM, INSTANCE, moment.at, moment.chance, status={"code": 9, "message": text}, policyViolationInfo=info
    )


def _exhausted(moment: Moment) -> Item:
    return entry(
        RUNNER, QUERIES[0], moment.at, moment.chance, status={"code": 8, "message": "Quota exceeded for jobs."}
    )
