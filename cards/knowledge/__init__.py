"""What every rule shares: medicines, conditions, laboratory tests, words, numbers and the bibliography."""
