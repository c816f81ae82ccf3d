"""What nodes compute: activation functions and aggregations, one record each."""
