"""What an auditor of Maysano asks for: the state of a thing at any moment, how a set-up went, and the three queries."""
