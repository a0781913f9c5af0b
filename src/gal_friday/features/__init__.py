"""Features: kernels, catalogue, engine."""
