"""A site's own terminology: RxNorm's release files become its drug table, a terminology server answers for the rest."""
