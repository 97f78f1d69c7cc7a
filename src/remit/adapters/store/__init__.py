"""The lake, the index, the state and the lease."""
