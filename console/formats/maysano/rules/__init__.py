"""What Maysano's sequences keep to: things, one thing in several sequences, and set-up streams. Pure."""
