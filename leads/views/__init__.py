"""The pages of leads. Each calls one verb of the model; none writes on GET."""
