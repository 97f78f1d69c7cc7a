"""AWS's global condition keys and those of credentials: their types, and whether every request has them.

The service authorization reference lists keys by service and leaves these out. From the IAM User Guide, as of 2026.
"""

from __future__ import annotations

from typing import Final, Literal

Presence = Literal["always", "sometimes"]

GLOBAL_KEYS: Final[dict[str, tuple[str, Presence]]] = {
    "aws:AssumedRoot": ("String", "sometimes"),
    "aws:CalledVia": ("ArrayOfString", "sometimes"),
    "aws:CalledViaAWSMCP": ("String", "sometimes"),
    "aws:CalledViaFirst": ("String", "sometimes"),
    "aws:CalledViaLast": ("String", "sometimes"),
    "aws:ChatbotSourceArn": ("ARN", "sometimes"),
    "aws:CurrentTime": ("Date", "always"),
    "aws:Ec2InstanceSourcePrivateIPv4": ("IPAddress", "sometimes"),
    "aws:Ec2InstanceSourceVpc": ("String", "sometimes"),
    "aws:EpochTime": ("Date", "always"),
    "aws:FederatedProvider": ("String", "sometimes"),
    "aws:MultiFactorAuthAge": ("Numeric", "sometimes"),
    "aws:MultiFactorAuthPresent": ("Bool", "sometimes"),
    "aws:PrincipalAccount": ("String", "sometimes"),
    "aws:PrincipalArn": ("ARN", "sometimes"),
    "aws:PrincipalIsAWSService": ("Bool", "always"),
    "aws:PrincipalOrgID": ("String", "sometimes"),
    "aws:PrincipalOrgPaths": ("ArrayOfString", "sometimes"),
    "aws:PrincipalServiceName": ("String", "sometimes"),
    "aws:PrincipalServiceNamesList": ("ArrayOfString", "sometimes"),
    "aws:PrincipalTag/": ("String", "sometimes"),
    "aws:PrincipalType": ("String", "always"),
    "aws:RequestTag/": ("String", "sometimes"),
    "aws:RequestedRegion": ("String", "always"),
    "aws:ResourceAccount": ("String", "sometimes"),
    "aws:ResourceOrgID": ("String", "sometimes"),
    "aws:ResourceOrgPaths": ("ArrayOfString", "sometimes"),
    "aws:ResourceTag/": ("String", "sometimes"),
    "aws:SecureTransport": ("Bool", "always"),
    "aws:SignInSessionArn": ("ARN", "sometimes"),
    "aws:SourceAccount": ("String", "sometimes"),
    "aws:SourceArn": ("ARN", "sometimes"),
    "aws:SourceIdentity": ("String", "sometimes"),
    "aws:SourceIp": ("IPAddress", "sometimes"),
    "aws:SourceOrgID": ("String", "sometimes"),
    "aws:SourceOrgPaths": ("ArrayOfString", "sometimes"),
    "aws:SourceOwner": ("String", "sometimes"),
    "aws:SourceVpc": ("String", "sometimes"),
    "aws:SourceVpcArn": ("ARN", "sometimes"),
    "aws:SourceVpce": ("String", "sometimes"),
    "aws:TagKeys": ("ArrayOfString", "sometimes"),
    "aws:TokenIssueTime": ("Date", "sometimes"),
    "aws:UserAgent": ("String", "sometimes"),
    "aws:ViaAWSMCPService": ("Bool", "sometimes"),
    "aws:ViaAWSService": ("Bool", "always"),
    "aws:VpcSourceIp": ("IPAddress", "sometimes"),
    "aws:VpceAccount": ("String", "sometimes"),
    "aws:VpceOrgID": ("String", "sometimes"),
    "aws:VpceOrgPaths": ("ArrayOfString", "sometimes"),
    "aws:referer": ("String", "sometimes"),
    "aws:userid": ("String", "always"),
    "aws:username": ("String", "sometimes"),
    # Set by a service on the credentials it hands out, and present on whatever is called with them.
    "bedrock-agentcore:userid": ("String", "sometimes"),
    "codebuild:BuildArn": ("ARN", "sometimes"),
    "codebuild:ProjectArn": ("ARN", "sometimes"),
    "ec2:RoleDelivery": ("Numeric", "sometimes"),
    "ec2:SourceInstanceArn": ("ARN", "sometimes"),
    "glue:CredentialIssuingService": ("String", "sometimes"),
    "glue:RoleAssumedBy": ("String", "sometimes"),
    "identitystore:UserId": ("String", "sometimes"),
    "lambda:SourceFunctionArn": ("ARN", "sometimes"),
    "ssm:SourceInstanceArn": ("ARN", "sometimes"),
}
"""Key -> (type, presence). A name that ends in ``/`` stands for every tag."""

OF_THE_CALL: Final = frozenset({"aws:requesttag/", "aws:resourcetag/", "aws:tagkeys"})
"""Global keys that the reference lists for each action that has them, so that their absence can be told."""

REPLACED: Final[dict[str, str]] = {
    "aws:arn": "aws:PrincipalArn",
    "kms:customermasterkeyspec": "kms:KeySpec",
    "kms:customermasterkeyusage": "kms:KeyUsage",
    "secretsmanager:kmskeyid": "secretsmanager:KmsKeyArn",
    "sagemaker:domainsharingoutputkmskey": "sagemaker:DomainSharingOutputKmsKeyArn",
    "sagemaker:featuregroupofflinestorekmskey": "sagemaker:FeatureGroupOfflineStoreKmsKeyArn",
    "sagemaker:featuregrouponlinestorekmskey": "sagemaker:FeatureGroupOnlineStoreKmsKeyArn",
    "sagemaker:homeefsfilesystemkmskey": "sagemaker:VolumeKmsKeyArn",
    "sagemaker:outputkmskey": "sagemaker:OutputKmsKeyArn",
    "sagemaker:volumekmskey": "sagemaker:VolumeKmsKeyArn",
}
"""Keys AWS calls deprecated (in lower case), and what it says to use."""

OLDER: Final[dict[str, str]] = {
    "ec2:resourcetag/": "aws:ResourceTag/",
    "iam:resourcetag/": "aws:ResourceTag/",
    "ssm:resourcetag/": "aws:ResourceTag/",
    "secretsmanager:resourcetag/": "aws:ResourceTag/",
    "sagemaker:resourcetag/": "aws:ResourceTag/",
    "ecs:resourcetag/": "aws:ResourceTag/",
    "elasticmapreduce:requesttag/": "aws:RequestTag/",
}
"""Keys of one service from before the global tag keys, by their prefix."""
