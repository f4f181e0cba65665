"""Labels and numbers for sequences: classify, regress, tag."""
