"""How images are converted to what a target accepts: the caller's choice, the target's limits, and the recipe."""
