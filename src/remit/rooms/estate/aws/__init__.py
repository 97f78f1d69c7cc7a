"""The AWS half of the cast, as CloudTrail would have recorded it."""
