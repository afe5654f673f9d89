"""Which parts of a long video make a good short one? (Repurpose-10K)."""
