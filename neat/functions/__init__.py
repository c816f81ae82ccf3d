"""The functions of nodes: activation functions and aggregations, one record each."""
