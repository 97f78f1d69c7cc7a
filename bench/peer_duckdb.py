"""DuckDB on the same files: ``read_json``, 26 columns, and attribution rules as SQL, into a table of a database file.

The rules are those of the packaged signals that a line of SQL over one record can say; redaction, authorization
context, resource names, denial messages, joins, deduplication and quarantine are not attempted, and the whole record
is not kept, so this is less work than an ingest.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

_RECORD = {
    "eventTime": "VARCHAR", "eventSource": "VARCHAR", "eventName": "VARCHAR", "eventID": "VARCHAR",
    "requestID": "VARCHAR", "awsRegion": "VARCHAR", "sourceIPAddress": "VARCHAR", "userAgent": "VARCHAR",
    "errorCode": "VARCHAR", "errorMessage": "VARCHAR", "readOnly": "BOOLEAN", "eventType": "VARCHAR",
    "recipientAccountId": "VARCHAR", "sessionCredentialFromConsole": "VARCHAR", "requestParameters": "JSON",
    "responseElements": "JSON", "additionalEventData": "JSON",
    "userIdentity": "STRUCT(type VARCHAR, principalId VARCHAR, arn VARCHAR, accountId VARCHAR, accessKeyId VARCHAR, "
    "userName VARCHAR, invokedBy VARCHAR, sessionContext STRUCT(sessionIssuer STRUCT(arn VARCHAR, userName VARCHAR), "
    "attributes STRUCT(mfaAuthenticated VARCHAR), sourceIdentity VARCHAR))",
}  # fmt: skip

_FACTS = """
 r.eventID AS provider_id, r.eventTime::TIMESTAMP AS time, r.recipientAccountId AS account, r.awsRegion AS region,
 replace(r.eventSource, '.amazonaws.com', '') AS service, r.eventName AS operation, r.readOnly AS read_only,
 r.errorCode AS error_code, r.errorMessage AS error_message, r.userIdentity.type AS principal_type,
 r.userIdentity.arn AS principal, r.userIdentity.principalId AS principal_id,
 r.userIdentity.sessionContext.sessionIssuer.arn AS issuer, r.userIdentity.accessKeyId AS access_key,
 r.userIdentity.sessionContext.sourceIdentity AS source_identity, r.userIdentity.invokedBy AS invoked_by,
 coalesce(r.userIdentity.userName, split_part(r.userIdentity.arn, '/', -1)) AS principal_name,
 r.sourceIPAddress AS source_ip, r.userAgent AS ua, r.eventType AS event_type, r.requestID AS request_id,
 r.sessionCredentialFromConsole AS from_console, r.requestParameters AS request, r.responseElements AS response,
 r.additionalEventData AS additional,
 coalesce(regexp_matches(r.errorCode, 'AccessDenied|Unauthorized|Forbidden'), false) AS denied
"""

_RULES = r"""
 CASE WHEN ua IS NULL THEN NULL
  WHEN regexp_matches(ua, '(?i)app/claude[-_]?code\b|MCPClient/claude-code[/-]\d') THEN 'Claude Code'
  WHEN regexp_matches(ua, '(?i)app/(openai[-_])?codex|codex-mcp-client[/-]\d') THEN 'Codex'
  WHEN regexp_matches(ua, '(?i)app/cursor|MCPClient/cursor(-vscode)?[/-]\d') THEN 'Cursor'
  WHEN regexp_matches(ua, '(?i)app/gemini[-_]cli|MCPClient/gemini-cli(-mcp-client)?[/-]\d') THEN 'Gemini CLI'
  WHEN regexp_matches(ua, '(?i)app/kiro|MCPClient/kiro(-(ide|cli))?[/-]\d|exec-env/kiro') THEN 'Kiro'
  WHEN regexp_matches(ua, '(?i)exec-env/amazonq-for-cli|app/AmazonQ-For-CLI') THEN 'Amazon Q'
  WHEN regexp_matches(ua, '(?i)\bawslabs[/#]mcp[/#][a-z0-9._-]+') OR event_type = 'AwsMcpEvent'
   OR regexp_matches(invoked_by, '(^|-)mcp\.amazonaws\.com$') THEN 'AI agent (unnamed)' END AS agent,
 CASE WHEN event_type = 'AwsMcpEvent' OR regexp_matches(ua, '(?i)awslabs[/#]mcp|mcp-proxy-for-aws') THEN 'mcp'
  WHEN invoked_by IN ('cloudformation.amazonaws.com', 'cloudcontrolapi.amazonaws.com')
   OR regexp_matches(issuer, '/cdk-[a-z0-9]+-(deploy|cfn-exec|file-publishing|image-publishing)-role-\d{12}-')
   OR regexp_matches(ua, '(?i)HashiCorp/1\.0 Terraform/|terraform-provider-aws(cc)?/|(^|[\s\[])Terraform/\d')
   OR regexp_matches(ua, '(?i)opentofu/|pulumi|aws-cdk|cdk-assets|aws-sam-cli/|eksctl/|crossplane|ansible') THEN 'iac'
  WHEN from_console = 'true' OR event_type IN ('AwsConsoleSignIn', 'AwsConsoleAction')
   OR regexp_matches(ua, '^\[?((console|signin)\.([a-z0-9-]+\.)?(aws\.)?amazon(aws)?\.com\b|S3Console/|Mozilla/\d)')
   OR ua = 'AWS Internal' OR ua LIKE '%exec-env/CloudShell%' THEN 'console'
  WHEN invoked_by LIKE '%.amazonaws.com' OR principal_type = 'AWSService' THEN 'provider'
  WHEN ua LIKE 'aws-cli/%' OR ua LIKE '[aws-cli/%' THEN 'cli'
  WHEN regexp_matches(ua, '(?i)boto3/|botocore/|aws-sdk-') THEN 'sdk' ELSE 'unknown' END AS path,
 CASE WHEN principal_type IN ('AWSService') OR principal_type = 'AWSAccount' AND invoked_by IS NOT NULL THEN 'service'
  WHEN issuer LIKE '%:role/aws-service-role/%' THEN 'service'
  WHEN issuer LIKE '%/aws-reserved/sso.amazonaws.com/%' OR principal_type IN ('IdentityCenterUser', 'Root', 'SAMLUser')
   OR source_identity IS NOT NULL THEN 'person'
  WHEN regexp_matches(principal_name, '^(GitHubActions|gitlab|jenkins|circleci|buildkite|AWSCodePipeline)')
   THEN 'pipeline'
  WHEN regexp_matches(principal_name, '^i-[0-9a-f]{8,17}$') OR ua LIKE '%exec-env/AWS_Lambda%'
   OR ua LIKE '%exec-env/AWS_ECS%' THEN 'workload'
  WHEN principal_type = 'IAMUser' AND from_console = 'true' THEN 'person' ELSE 'unknown' END AS credential
"""

_JUDGED = """
 CASE WHEN agent IS NOT NULL THEN 'agent' ELSE credential END AS actor_kind,
 CASE WHEN agent IS NOT NULL THEN 'AgentOps' WHEN path = 'iac' OR credential = 'pipeline' THEN 'IaC'
  WHEN credential = 'service' OR path = 'provider' THEN 'Mutation' WHEN path = 'console' THEN 'ClickOps'
  WHEN path IN ('cli', 'sdk') THEN 'CLI/SDK' ELSE 'Unknown' END AS source,
 coalesce(agent, principal_name) AS actor_name
"""


def main() -> None:
    """``peer_duckdb.py NAME {"files": [...], "database": PATH, "threads": N}``"""
    arguments = json.loads(sys.argv[2])
    database = Path(arguments["database"])
    database.unlink(missing_ok=True)
    connection = duckdb.connect(str(database), config={"threads": arguments["threads"]})
    record = "STRUCT(" + ", ".join(f'"{name}" {kind}' for name, kind in _RECORD.items()) + ")"
    read = (
        f"read_json(?, format='unstructured', columns={{'Records': '{record}[]'}}, "
        "maximum_object_size=134217728, compression='gzip')"
    )
    sql = (
        f"CREATE TABLE events AS WITH records AS (SELECT unnest(Records) AS r FROM {read}), "
        f"facts AS (SELECT {_FACTS} FROM records), ruled AS (SELECT *, {_RULES} FROM facts) "
        f"SELECT *, {_JUDGED} FROM ruled"
    )
    began, cpu = time.perf_counter(), time.process_time()
    connection.execute(sql, [arguments["files"]])
    connection.execute("CHECKPOINT")
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    count = connection.execute("SELECT count(*) FROM events").fetchall()[0][0]
    sources = dict(connection.execute("SELECT source, count(*) FROM events GROUP BY 1 ORDER BY 2 DESC").fetchall())
    connection.close()
    database.unlink()
    print(json.dumps({"events": count, "seconds": seconds, "cpu": cpu, "sources": sources}))


main()
