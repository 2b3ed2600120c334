"""The chains of deals: the walk, what is carried of each deal, segments joined, and what stands."""
