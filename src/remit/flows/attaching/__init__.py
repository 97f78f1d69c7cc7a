"""A guardrail reaches the organization: proposed with its findings read and a backtest, agreed to by a second person,
then attached, read back and recorded. Nothing is attached while something about it could not be read."""
