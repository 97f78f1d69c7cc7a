"""What agents can do, and what they would need: questions over stored calls, exports of IAM and the organization."""
