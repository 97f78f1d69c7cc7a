"""Attribution rules as SQL, for the peers that speak it: those of the packaged signals that a line over one record can
say. They read the facts ``ua``, ``invoked_by``, ``issuer``, ``event_type``, ``from_console``, ``principal_type``,
``principal_name`` and ``source_identity``.
"""

from __future__ import annotations

from typing import Final

RULES: Final = r"""
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

JUDGED: Final = """
 CASE WHEN agent IS NOT NULL THEN 'agent' ELSE credential END AS actor_kind,
 CASE WHEN agent IS NOT NULL THEN 'AgentOps' WHEN path = 'iac' OR credential = 'pipeline' THEN 'IaC'
  WHEN credential = 'service' OR path = 'provider' THEN 'Mutation' WHEN path = 'console' THEN 'ClickOps'
  WHEN path IN ('cli', 'sdk') THEN 'CLI/SDK' ELSE 'Unknown' END AS source,
 coalesce(agent, principal_name) AS actor_name
"""
