"""All that is known of one event, as pages of lines."""
