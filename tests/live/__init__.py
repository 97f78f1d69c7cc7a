"""What arrives and what is told of it, over HTTP, with real servers."""
