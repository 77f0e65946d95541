"""The people of the review desk: who they are, how they prove it, and for how long they are believed."""
