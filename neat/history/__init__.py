"""What evolution leaves behind: generations as they were evaluated."""
