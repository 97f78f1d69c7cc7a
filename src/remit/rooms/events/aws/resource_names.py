"""Where an AWS API's parameter names differ from the names AWS gives the resource.

The general rule (``resources.py``) is that ``functionName`` names a ``function``. These tables hold what the rule
cannot know. Names are compared lower-case, without hyphens.
"""

from __future__ import annotations

from typing import Final

_ALIASES: Final = """
ec2 group security-group
ec2 securitygroup security-group
ec2 allocation elastic-ip
ec2 address elastic-ip
ec2 spotinstancerequest spot-instances-request
ec2 reservedinstances reserved-instances
ec2 association
ec2 networkaclassociation
ec2 keyname key-pair
ec2 key key-pair
ec2 vpcpeering vpc-peering-connection
ec2 tags
ec2 flowlog vpc-flow-log
rds dbinstance db
rds dbcluster cluster
rds dbsnapshot snapshot
rds dbclustersnapshot cluster-snapshot
rds dbsubnetgroup subgrp
rds dbparametergroup pg
rds dbclusterparametergroup cluster-pg
rds dbsecuritygroup secgrp
rds optiongroup og
rds subscription es
rds targetdbsnapshot snapshot
rds sourcedbsnapshot snapshot
iam policydocument
iam accesskey
iam loginprofile
iam serialnumber mfa
iam openidconnectprovider oidc-provider
iam instanceprofile instance-profile
iam samlprovider saml-provider
iam group group
lambda eventsource
dynamodb globaltable global-table
elasticfilesystem filesystem file-system
elasticfilesystem accesspoint access-point
secretsmanager secret Secret
kms targetkey key
kms alias alias
cloudtrail trail trail
events eventbus event-bus
events rule rule-on-default-event-bus
events name rule-on-default-event-bus
sns topic topic
sqs queue queue
ecr repository repository
eks name cluster
eks nodegroup nodegroup
states statemachine statemachine
cloudwatch alarm alarm
ssm name parameter
elasticache cachecluster cluster
elasticache replicationgroup replicationgroup
redshift cluster cluster
organizations policy policy
organizations organizationalunit organizationalunit
autoscaling autoscalinggroup autoScalingGroup
autoscaling launchconfiguration launchConfiguration
logs loggroup log-group
logs logstream
ses identity identity
ses emailidentity identity
sagemaker notebookinstance notebook-instance
bedrock model foundation-model
route53 hostedzone hostedzone
acm certificate certificate
wafv2 name webacl
guardduty detector detector
codebuild name project
codebuild project project
codepipeline name pipeline
sts role role
kinesis stream stream
firehose deliverystream deliverystream
athena workgroup workgroup
glue database database
glue job job
glue crawler crawler
backup backupvault backupVault
apigateway restapi RestApi
apigateway stage Stage
lightsail instance Instance
"""

_IGNORED: Final = """
iam policyname versionid rolesessionname roleid policyid instanceprofileid userid groupid
s3 host hostid versionid uploadid
ec2 clienttoken requestid reservationid ownerid associationid rulenumber availabilityzoneid attachmentid
ec2 groupname name launchtemplatename
rds dbname engineversion masterusername hostedzoneid dbiresourceid resourceid cacertificateidentifier monitoringrolearn
secretsmanager versionid clientrequesttoken
ssm clienttoken
logs nexttoken
"""


_PREFIXES: Final = """
i instance|ami image|vol volume|snap snapshot|vpc vpc|subnet subnet|sg security-group|rtb route-table|acl network-acl|
igw internet-gateway|eigw egress-only-internet-gateway|nat natgateway|eni network-interface|eipalloc elastic-ip|
vpce vpc-endpoint|vpce-svc vpc-endpoint-service|pcx vpc-peering-connection|fl vpc-flow-log|lt launch-template|
dopt dhcp-options|key key-pair|tgw transit-gateway|tgw-attach transit-gateway-attachment|
tgw-rtb transit-gateway-route-table|vgw vpn-gateway|vpn vpn-connection|cgw customer-gateway|sir spot-instances-request|
sfr spot-fleet-request|fleet fleet|h dedicated-host|cr capacity-reservation|pl prefix-list|pg placement-group|
sgr security-group-rule|lgw local-gateway|fpga fpga-image
"""
EC2_PREFIXES: Final = {
    prefix: f"ec2:{kind}" for prefix, kind in (each.split() for each in _PREFIXES.replace("\n", "").split("|"))
}
"""What an EC2 id begins with -> resource type, for calls that take ids of every type."""

IAM_WORDS: Final = {
    "user": "user",
    "group": "group",
    "role": "role",
    "policy": "policy",
    "instance profile": "instance-profile",
}
"""How IAM's refusals name what has no ARN for them -> resource type."""


def _read_aliases() -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str], str | None] = {}
    for line in filter(None, _ALIASES.splitlines()):
        service, stem, *kind = line.split(" ")
        found[service, stem] = kind[0] if kind else None
    return found


ALIASES: Final = _read_aliases()
"""(service, stem of a parameter's or operation's name) -> resource type; None: no resource."""

IGNORED: Final = {(line.split()[0], name) for line in filter(None, _IGNORED.splitlines()) for name in line.split()[1:]}
"""(service, parameter) that looks like a resource and is none."""

COMPOSITE: Final[dict[tuple[str, str], str]] = {
    ("ecs", "service"): "cluster",
    ("ecs", "task"): "cluster",
    ("eks", "nodegroupname"): "clusterName",
    ("eks", "addonname"): "clusterName",
    ("s3", "key"): "bucketName",
    ("events", "rule"): "eventBusName",
}
"""(service, parameter) whose resource is named within another parameter's."""

PLAIN_NAMES: Final[dict[str, str]] = {
    "ssm": "parameter",
    "cloudtrail": "trail",
    "eks": "cluster",
    "codepipeline": "pipeline",
    "codebuild": "project",
    "cloudformation": "stack",
    "secretsmanager": "Secret",
    "sns": "topic",
    "events": "rule-on-default-event-bus",
    "states": "statemachine",
    "apigateway": "RestApi",
    "glue": "job",
}
"""What a bare ``name`` means in a service when the operation's own name does not tell."""

PARAMETERS: Final[dict[tuple[str, str], str]] = {
    ("s3", "bucketname"): "bucket",
    ("s3", "key"): "object",
    ("ec2", "keyname"): "key-pair",
    ("ecs", "cluster"): "cluster",
    ("ecs", "service"): "service",
    ("ecs", "task"): "task",
    ("ecs", "taskdefinition"): "task-definition",
    ("sqs", "queueurl"): "queue",
    ("sns", "topicarn"): "topic",
    ("iam", "serialnumber"): "mfa",
    ("ses", "identity"): "identity",
    ("lambda", "functionname"): "function",
    ("route53", "hostedzoneid"): "hostedzone",
    ("bedrock", "modelid"): "foundation-model",
    ("apigateway", "restapiid"): "RestApi",
    ("eks", "name"): "cluster",
    ("ssm", "target"): "instance",
    ("ssm", "instanceids"): "instance",
    ("kms", "keyid"): "key",
    ("sts", "rolearn"): "role",
    ("ssm", "names"): "parameter",
    ("events", "rule"): "rule-on-default-event-bus",
    ("organizations", "targetid"): "account",
}
"""(service, parameter) -> resource type, where the parameter's name has no ending that says so."""
