"""What developers run by hand: the check, the pins and the sample document."""
