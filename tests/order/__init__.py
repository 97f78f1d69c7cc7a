"""Whatever the order, the batching, the workers or the moment of a kill: the same events, judged the same, once."""
