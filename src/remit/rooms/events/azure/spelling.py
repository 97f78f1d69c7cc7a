"""Azure compares names without case and exports shout or whisper them: one spelling for one name."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_NAMESPACES: Final = """
Microsoft.Advisor Microsoft.ApiManagement Microsoft.App Microsoft.Authorization Microsoft.Automation Microsoft.Batch
Microsoft.Cache Microsoft.Cdn Microsoft.CognitiveServices Microsoft.Compute Microsoft.ContainerInstance
Microsoft.ContainerRegistry Microsoft.ContainerService Microsoft.DataFactory Microsoft.Databricks
Microsoft.DBforMySQL Microsoft.DBforPostgreSQL Microsoft.Devices Microsoft.DocumentDB Microsoft.EventGrid
Microsoft.EventHub Microsoft.HybridCompute Microsoft.Insights Microsoft.KeyVault Microsoft.Kubernetes Microsoft.Logic
Microsoft.MachineLearningServices Microsoft.ManagedIdentity Microsoft.Management Microsoft.Network
Microsoft.OperationalInsights Microsoft.PolicyInsights Microsoft.RecoveryServices Microsoft.ResourceHealth
Microsoft.Resources Microsoft.Search Microsoft.Security Microsoft.SecurityInsights Microsoft.ServiceBus Microsoft.Sql
Microsoft.Storage Microsoft.Subscription Microsoft.Synapse Microsoft.Web
"""
_SEGMENTS: Final = """
accessPolicies actionGroups activityLogAlerts agentPools alertRules alertsSuppressionRules applicationGateways
auditIfNotExists automationAccounts availabilitySets backupFabrics beginGetAccess blobServices clusterRoleBindings
clusterRoles connectedClusters databaseAccounts deletedVaults denyAssignments deployIfNotExists deployments
diagnosticSettings elevateAccess eventhubs federatedIdentityCredentials fileServices firewallPolicies firewallRules
flexibleServers flowLogs hostRuntime immutabilityPolicies listAccountSas listKeys listServiceSas loadBalancers
managedClusters managementGroups metricAlerts networkInterfaces networkSecurityGroups networkWatchers packetCaptures
policyAssignments policyDefinitions policyExemptions policySetDefinitions powerOff privateEndpoints
protectionContainers publicIPAddresses regenerateKey resourceGroups restorePointCollections roleAssignments
roleDefinitions routeTables runCommand scheduledQueryRules securityRules serverFarms startPacketCapture
storageAccounts userAssignedIdentities virtualMachines virtualMachineScaleSets virtualNetworkGateways virtualNetworks
"""
_KNOWN: Final = {name.lower(): name for name in (_NAMESPACES + _SEGMENTS).split()}


@lru_cache(maxsize=4096)
def canonical(name: str, example: str = "") -> str:
    """``name`` (an operation or a type) in Azure's usual spelling; ``example`` is another spelling of its segments.

    Known segments are spelled as known. The others stay as they are, unless the whole name is in one case: then the
    example's spelling is taken, else lower case.
    """
    segments = name.split("/")
    if name not in _flat(name):
        return "/".join(_KNOWN.get(segment.lower(), segment) for segment in segments)
    hints = {segment.lower(): segment for segment in example.split("/") if segment not in _flat(segment)}
    return "/".join(_segment(segment.lower(), hints) for segment in segments)


def _flat(name: str) -> tuple[str, str]:
    return name.upper(), name.lower()


def _segment(lower: str, hints: dict[str, str]) -> str:
    known = _KNOWN.get(lower) or hints.get(lower)
    if known:
        return known
    return ".".join(part.capitalize() for part in lower.split(".")) if lower.startswith("microsoft.") else lower
