"""The Azure subscription, as diagnostic settings write the Activity Log: who called is in the token's claims."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from remit.rooms.estate.cast import ANA, AZURE_SUBSCRIPTION, AZURE_TENANT, NOOR, Person
from remit.rooms.estate.chance import Chance, stable_uuid
from remit.rooms.estate.feed import Item, Json
from remit.rooms.estate.instants import SECOND, to_ticks
from remit.rooms.estate.rhythm import Moment

_GROUP: Final = f"/subscriptions/{AZURE_SUBSCRIPTION}/resourceGroups/analytics"
_POLICY: Final = f"/subscriptions/{AZURE_SUBSCRIPTION}/providers/Microsoft.Authorization"
_CLAIM: Final = "http://schemas.microsoft.com/identity/claims/"
_NAME: Final = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/"
PORTAL: Final = "c44b4083-3bb0-49c1-b47d-974e53cbdf3c"
AZURE_CLI: Final = "04b07795-8ddb-461a-bbee-02f9e1bf7b46"
TERRAFORM_APP: Final = stable_uuid("azure-app", "terraform-analytics")
DEVOPS_APP: Final = stable_uuid("azure-app", "azure-devops-analytics")
IDENTITY_APP: Final = stable_uuid("azure-app", "mi-report-runner")
AGENT_APP: Final = stable_uuid("azure-app", "cost-agent")
AGENT_BLUEPRINT: Final = stable_uuid("azure-app", "cost-agent-blueprint")


@dataclass(frozen=True, slots=True)
class Caller:
    """A token's claims and the address it was used from."""

    claims: Json
    address: str


def _base(app: str, object_id: str, name: str) -> Json:
    return {
        "aud": "https://management.core.windows.net/",
        "iss": f"https://sts.windows.net/{AZURE_TENANT}/",
        "appid": app,
        "appidacr": "2",
        f"{_CLAIM}objectidentifier": object_id,
        f"{_CLAIM}tenantid": AZURE_TENANT,
        f"{_NAME}nameidentifier": name,
        "ver": "1.0",
    }


def person(who: Person, app: str) -> Caller:
    """A person's token; ``app`` says by which client it was asked for."""
    claims = _base(app, who.object_id, stable_uuid("nameid", who.email)) | {
        "name": who.name,
        f"{_NAME}name": who.email,
        f"{_NAME}upn": who.email,
        f"{_CLAIM}scope": "user_impersonation",
        "http://schemas.microsoft.com/claims/authnmethodsreferences": "pwd,mfa",
        "ipaddr": who.address,
    }
    return Caller(claims, who.address)


def application(app: str, address: str, **more: str) -> Caller:
    """An application's own token."""
    object_id = stable_uuid("service-principal", app)
    return Caller(_base(app, object_id, object_id) | {"idtyp": "app", **more}, address)


_IDENTITY: Final = f"{_GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/report-runner"
NOOR_PORTAL: Final = person(NOOR, PORTAL)
ANA_CLI: Final = person(ANA, AZURE_CLI)
TERRAFORM: Final = application(TERRAFORM_APP, "198.51.100.71")
DEVOPS: Final = application(DEVOPS_APP, "198.51.100.72")
MANAGED_IDENTITY: Final = application(IDENTITY_APP, "192.0.2.110", xms_mirid=_IDENTITY)
COST_AGENT: Final = application(
    AGENT_APP, "192.0.2.115", xms_par_app_azp=AGENT_BLUEPRINT, xms_act_fct="3 9 11", xms_sub_fct="9 11"
)
_WORK: Final = (
    ("Microsoft.Compute/virtualMachines/write", "Microsoft.Compute/virtualMachines/report-vm"),
    ("Microsoft.Compute/virtualMachines/restart/action", "Microsoft.Compute/virtualMachines/report-vm"),
    ("Microsoft.Storage/storageAccounts/write", "Microsoft.Storage/storageAccounts/acmedemoreports"),
    (
        "Microsoft.Network/networkSecurityGroups/securityRules/write",
        "Microsoft.Network/networkSecurityGroups/analytics/securityRules/https",
    ),
    ("Microsoft.Sql/servers/databases/write", "Microsoft.Sql/servers/acme-demo-sql/databases/reports"),
    ("Microsoft.KeyVault/vaults/write", "Microsoft.KeyVault/vaults/acme-demo-vault"),
    ("Microsoft.ContainerService/managedClusters/write", "Microsoft.ContainerService/managedClusters/analytics"),
    ("Microsoft.Authorization/roleAssignments/write", "Microsoft.Authorization/roleAssignments/reader"),
    ("Microsoft.Compute/disks/delete", "Microsoft.Compute/disks/report-old"),
)
_ROUTINE: Final = (
    ("Microsoft.Storage/storageAccounts/listKeys/action", "Microsoft.Storage/storageAccounts/acmedemoreports"),
    ("Microsoft.Compute/virtualMachines/start/action", "Microsoft.Compute/virtualMachines/report-vm"),
    ("Microsoft.Compute/virtualMachines/deallocate/action", "Microsoft.Compute/virtualMachines/report-vm"),
)


def activity(caller: Caller, operation: str, resource: str, at: int, chance: Chance, error: Json | None = None) -> Item:
    """One record; ``error`` is ``{code, message}`` as Azure Resource Manager answers."""
    scope = f"{_GROUP}/providers/{resource}"
    properties: Json = {
        "eventCategory": "Administrative",
        "entity": scope,
        "message": operation,
        "hierarchy": AZURE_TENANT,
        "statusCode": "Forbidden" if error else "OK",
        "serviceRequestId": chance.uuid(),
        "operationId": chance.uuid(),
    }
    if error:
        properties["statusMessage"] = json.dumps({"error": error})
    record: Json = {
        "time": to_ticks(at),
        "resourceId": scope.upper(),
        "operationName": operation.upper(),
        "category": "Administrative",
        "resultType": "Failure" if error else "Success",
        "resultSignature": "Failed.Forbidden" if error else "Succeeded.OK",
        "durationMs": chance.between(40, 900),
        "callerIpAddress": caller.address,
        "correlationId": chance.uuid(),
        "identity": {"authorization": {"scope": scope, "action": operation}, "claims": caller.claims},
        "level": "Error" if error else "Information",
        "location": "westeurope",
        "tenantId": AZURE_TENANT,
        "properties": properties,
    }
    return Item("azure-activity", AZURE_SUBSCRIPTION, at, record)


def work(caller: Caller, most: int, acts: tuple[tuple[str, str], ...] = _WORK) -> Callable[[Moment], Iterator[Item]]:
    """Up to ``most`` changes by one caller."""

    def scene(moment: Moment) -> Iterator[Item]:
        at = moment.at
        for _ in range(moment.chance.between(1, most)):
            operation, resource = moment.chance.pick(acts)
            yield activity(caller, operation, resource, at, moment.chance)
            at += moment.chance.between(3, 50) * SECOND

    return scene


def routine(moment: Moment) -> Iterator[Item]:
    """The report runner's managed identity wakes its machine."""
    yield from work(MANAGED_IDENTITY, 2, _ROUTINE)(moment)


def denied(moment: Moment) -> Iterator[Item]:
    """Role-based access control says no to a person, policy says no to Terraform, in turn."""
    if moment.ordinal % 2:
        yield _by_policy(moment)
        return
    operation, resource = _WORK[7]
    message = (
        f"The client '{ANA.email}' with object id '{ANA.object_id}' does not have authorization to perform action "
        f"'{operation}' over scope '{_GROUP}/providers/{resource}' or the scope is invalid. If access was recently "
        "granted, please refresh your credentials."
    )
    error = {"code": "AuthorizationFailed", "message": message}
    yield activity(ANA_CLI, operation, resource, moment.at, moment.chance, error)


def _by_policy(moment: Moment) -> Item:
    operation, resource = _WORK[2]
    policies = [
        {
            "policyAssignment": {
                "name": "Allowed locations",
                "id": f"{_POLICY}/policyAssignments/allowed-locations",
            },
            "policyDefinition": {
                "name": "Allowed locations",
                "id": "/providers/Microsoft.Authorization/policyDefinitions/e56962a6-4747-49cd-b67b-bf8b01975c4c",
            },
        }
    ]
    message = f"Resource 'acmedemoreports' was disallowed by policy. Policy identifiers: '{json.dumps(policies)}'."
    error = {"code": "RequestDisallowedByPolicy", "message": message}
    return activity(TERRAFORM, operation, resource, moment.at, moment.chance, error)
