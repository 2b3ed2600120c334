"""What an SMVM event holds, and what breaks that: hints, models, breaches."""
