"""What people see of an event: nothing here judges it."""
