"""What runs in an environment of its own, with version 3 of the Python client; nothing here is imported."""
