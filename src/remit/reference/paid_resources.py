"""Calls that make resources a cloud bills for while they exist or by their use; and where the call names their class.

No prices: they depend on region, term and contract, which no audit record tells. The facts are the providers' own price
lists, named in ``SOURCES``; a call that is not in the table is not thereby free of charge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SOURCES: Final[Mapping[str, str]] = {
    "aws": "https://aws.amazon.com/pricing/",
    "azure": "https://azure.microsoft.com/en-us/pricing/",
    "gcp": "https://cloud.google.com/pricing/list",
}
"""Provider -> its price list."""


@dataclass(frozen=True, slots=True)
class PaidCall:
    """A call that makes something paid for: ``noun`` in the singular; ``type`` as the records name the resource;
    ``class_key`` the condition key (AWS) or marker that holds its class, empty where records do not tell."""

    provider: str
    service: str
    operation: str
    noun: str
    type: str
    class_key: str = ""


CLASS_MARKER: Final = "instance_class"
"""The marker under which Azure's and Google's records keep the class of a machine that was asked for."""
_TABLE: Final = """
aws ec2 RunInstances|EC2 instance|ec2:instance|ec2:InstanceType
aws ec2 CreateVolume|EBS volume|ec2:volume|ec2:VolumeType
aws ec2 CreateNatGateway|NAT gateway|ec2:natgateway|
aws ec2 AllocateAddress|Elastic IP address|ec2:elastic-ip|
aws ec2 AllocateHosts|dedicated host|ec2:dedicated-host|ec2:InstanceType
aws ec2 CreateTransitGateway|transit gateway|ec2:transit-gateway|
aws ec2 CreateVpnConnection|VPN connection|ec2:vpn-connection|
aws ec2 CreateFleet|EC2 fleet|ec2:fleet|
aws ec2 RequestSpotInstances|spot request|ec2:spot-instances-request|
aws autoscaling CreateAutoScalingGroup|Auto Scaling group|autoscaling:autoScalingGroup|
aws rds CreateDBInstance|RDS instance|rds:db|rds:DatabaseClass
aws rds CreateDBInstanceReadReplica|RDS read replica|rds:db|rds:DatabaseClass
aws rds RestoreDBInstanceFromDBSnapshot|RDS instance|rds:db|rds:DatabaseClass
aws rds RestoreDBInstanceToPointInTime|RDS instance|rds:db|rds:DatabaseClass
aws rds CreateDBCluster|RDS cluster|rds:cluster|rds:DatabaseClass
aws rds RestoreDBClusterFromSnapshot|RDS cluster|rds:cluster|rds:DatabaseClass
aws rds RestoreDBClusterToPointInTime|RDS cluster|rds:cluster|rds:DatabaseClass
aws dynamodb CreateTable|DynamoDB table|dynamodb:table|
aws elasticache CreateCacheCluster|ElastiCache cluster|elasticache:cluster|elasticache:CacheNodeType
aws elasticache CreateReplicationGroup|ElastiCache group|elasticache:replicationgroup|elasticache:CacheNodeType
aws elasticache CreateServerlessCache|ElastiCache serverless cache|elasticache:serverlesscache|
aws redshift CreateCluster|Redshift cluster|redshift:cluster|
aws redshift-serverless CreateWorkgroup|Redshift workgroup|redshift-serverless:workgroup|
aws es CreateDomain|OpenSearch domain|es:domain|
aws es CreateElasticsearchDomain|OpenSearch domain|es:domain|
aws eks CreateCluster|EKS cluster|eks:cluster|
aws eks CreateNodegroup|EKS node group|eks:nodegroup|
aws ecs CreateService|ECS service|ecs:service|
aws ecs RunTask|ECS task|ecs:task|
aws elasticloadbalancing CreateLoadBalancer|load balancer|elasticloadbalancing:loadbalancer|
aws elasticmapreduce RunJobFlow|EMR cluster|elasticmapreduce:cluster|
aws kafka CreateCluster|MSK cluster|kafka:cluster|
aws kafka CreateClusterV2|MSK cluster|kafka:cluster|
aws sagemaker CreateEndpoint|SageMaker endpoint|sagemaker:endpoint|
aws sagemaker CreateNotebookInstance|SageMaker notebook|sagemaker:notebook-instance|
aws sagemaker CreateTrainingJob|SageMaker training job|sagemaker:training-job|
aws bedrock CreateProvisionedModelThroughput|provisioned model throughput|bedrock:provisioned-model|
aws elasticfilesystem CreateFileSystem|EFS file system|elasticfilesystem:file-system|
aws fsx CreateFileSystem|FSx file system|fsx:file-system|
aws workspaces CreateWorkspaces|WorkSpace|workspaces:workspaceid|
aws lightsail CreateInstances|Lightsail instance|lightsail:Instance|
azure Microsoft.Compute/virtualMachines|virtual machine|instance_class
azure Microsoft.Compute/virtualMachineScaleSets|scale set|instance_class
azure Microsoft.Compute/disks|managed disk|instance_class
azure Microsoft.ContainerService/managedClusters|AKS cluster|
azure Microsoft.Sql/servers/databases|SQL database|instance_class
azure Microsoft.DocumentDB/databaseAccounts|Cosmos DB account|
azure Microsoft.Cache/redis|Redis cache|instance_class
azure Microsoft.Network/publicIPAddresses|public IP address|instance_class
azure Microsoft.Network/natGateways|NAT gateway|instance_class
azure Microsoft.Network/applicationGateways|application gateway|
azure Microsoft.Web/serverfarms|App Service plan|instance_class
gcp compute v1.compute.instances.insert|VM instance|compute.instances|instance_class
gcp compute beta.compute.instances.insert|VM instance|compute.instances|instance_class
gcp compute v1.compute.disks.insert|persistent disk|compute.disks|instance_class
gcp container google.container.v1.ClusterManager.CreateCluster|GKE cluster|container.clusters|
gcp container google.container.v1.ClusterManager.CreateNodePool|GKE node pool|container.nodePools|
gcp cloudsql cloudsql.instances.create|Cloud SQL instance|cloudsql.instances|instance_class
gcp bigquery google.cloud.bigquery.v2.TableService.InsertTable|BigQuery table|bigquery.tables|
gcp run google.cloud.run.v1.Services.CreateService|Cloud Run service|run.services|
"""


def _read(line: str) -> PaidCall:
    """A row: ``provider service operation|noun|type|class key``; Azure's writes are named by the type alone."""
    call, noun, *rest = line.split("|")
    provider, *named = call.split(" ")
    if provider == "azure":
        return PaidCall(provider, named[0].partition("/")[0], f"{named[0]}/write", noun, named[0], rest[0])
    return PaidCall(provider, named[0], named[1], noun, rest[0], rest[1])


PAID_CALLS: Final[Mapping[tuple[str, str], PaidCall]] = {
    (paid.service, paid.operation): paid for paid in map(_read, filter(None, _TABLE.splitlines()))
}
"""(service, operation) -> what it makes."""
