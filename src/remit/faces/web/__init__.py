"""What the console and the API share: who asks, and what every request passes."""
