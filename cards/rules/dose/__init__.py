"""How much naltrexone is meant, and whether the order says so."""
