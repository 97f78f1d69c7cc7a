"""CloudTrail records read into event columns."""
