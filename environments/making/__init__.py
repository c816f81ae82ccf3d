"""Creating environments: finding user code, and reporting its errors."""
