"""From texts to cells of the terminal: what fits, how lines are laid out, what is painted and swept."""
