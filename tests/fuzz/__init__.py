"""Input nobody wrote: what every reader of untrusted bytes must hold, whoever generates the bytes."""
