"""Naltrexone and an opioid: either one ordered while the other is taken, or was lately."""
