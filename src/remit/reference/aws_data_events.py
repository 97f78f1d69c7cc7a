"""Actions that CloudTrail records as data events: a trail logs them only where it is told to, so that no record of one
does not mean that nobody called it.

After AWS CloudTrail's user guide, "Logging data events"; the services that agents use most, not all of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Final

_DATA_EVENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "s3": ("GetObject*", "PutObject*", "DeleteObject*", "RestoreObject", "AbortMultipartUpload", "ListMultipart*",
           "ListBucket", "ListBucketVersions", "ReplicateObject", "ReplicateDelete"),
    "s3-object-lambda": ("GetObject*", "PutObject*", "DeleteObject*", "ListBucket"),
    "s3express": ("CreateSession",),
    "dynamodb": ("GetItem", "PutItem", "UpdateItem", "DeleteItem", "BatchGetItem", "BatchWriteItem", "Query", "Scan",
                 "ConditionCheckItem", "PartiQL*", "GetRecords", "GetShardIterator"),
    "lambda": ("InvokeFunction", "InvokeAsync", "InvokeFunctionUrl"),
    "sqs": ("SendMessage", "ReceiveMessage", "DeleteMessage", "ChangeMessageVisibility"),
    "sns": ("Publish",),
    "kinesis": ("GetRecords", "PutRecord", "PutRecords", "GetShardIterator", "SubscribeToShard"),
    "firehose": ("PutRecord", "PutRecordBatch"),
    "ebs": ("GetSnapshotBlock", "PutSnapshotBlock", "ListSnapshotBlocks", "ListChangedBlocks"),
    "cognito-identity": ("GetId", "GetCredentialsForIdentity", "GetOpenIdToken"),
    "bedrock": ("InvokeAgent", "InvokeFlow", "InvokeInlineAgent", "Retrieve", "RetrieveAndGenerate", "ApplyGuardrail",
                "InvokeModelWithBidirectionalStream"),
    "bedrock-agentcore": ("Invoke*", "GetMemory*", "CreateEvent", "GetEvent", "ListEvents"),
    "execute-api": ("*",),
    "rds-data": ("*",),
    "ssmmessages": ("*",),
    "states": ("InvokeHTTPEndpoint",),
    "xray": ("PutTraceSegments",),
    "cloudwatch": ("PutMetricData",),
    "sagemaker": ("InvokeEndpoint*", "PutRecord", "GetRecord", "DeleteRecord"),
    "timestream": ("WriteRecords", "Select"),
    "qbusiness": ("Chat", "ChatSync"),
}  # fmt: skip


def is_data_event(permission: str) -> bool:
    """Whether calls with this permission are data events, as far as this list goes."""
    service, _, name = permission.partition(":")
    return any(fnmatchcase(name, pattern) for pattern in _DATA_EVENTS.get(service, ()))
