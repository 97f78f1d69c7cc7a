"""Which services' resources a resource control policy reaches, and what it never restricts."""

from __future__ import annotations

from typing import Final

_SERVICES: Final = """
aoss appconfig appstream autoscaling autoscaling-plans budgets clouddirectory cloudfront cloudsearch cloudtrail-data
codeartifact codebuild codecommit codepipeline cognito-identity cognito-idp comprehend comprehendmedical
compute-optimizer cost-optimization-hub dax dsql dynamodb ecr ecr-public events firehose fis fms gamelift health
inspector-scan kendra kinesisvideo kms logs memorydb networkmonitor notifications opensearch pca-connector-ad
personalize polly pricing resource-groups rolesanywhere s3 secretsmanager servicediscovery signin sqs sts support
swf textract timestream-influxdb transcribe transfer translate wafv2 workspaces xray
"""
RCP_SERVICES: Final = frozenset(_SERVICES.split())
"""IAM prefixes of the services that support RCPs, as of the reference's version; a test compares it with that."""
RCP_EXEMPT_ACTIONS: Final = frozenset({"kms:retiregrant"})
"""Actions, in lower case, that an RCP does not restrict although their service supports RCPs."""
