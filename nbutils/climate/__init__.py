"""At which temperature do emissions turn? (Li et al., arXiv 2407.20057)."""
