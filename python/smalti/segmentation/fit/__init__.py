"""Classes learnt from features by K-Means."""
