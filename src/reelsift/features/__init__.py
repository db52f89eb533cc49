"""What is computed from frames, and where it is kept."""
