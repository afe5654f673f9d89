"""How much of a reward is length, and what is left without it? (Huang et al., arXiv 2409.17407)."""
