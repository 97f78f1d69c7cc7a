"""The lake's events answered by Apache Spark: the same questions, over as many machines as there are."""
