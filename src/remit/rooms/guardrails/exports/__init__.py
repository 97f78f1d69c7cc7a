"""A policy as something to keep in a repository and to apply: JSON, Terraform, CloudFormation, AWS CDK."""
