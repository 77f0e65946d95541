"""The clients that may call: their records, what is seen of them, and how they are registered, examined and told."""
