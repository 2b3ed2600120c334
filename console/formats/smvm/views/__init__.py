"""What is shown of SMVM's events: tabs, states, relations, and the tables that an auditor asks for."""
