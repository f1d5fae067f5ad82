"""The wire comparison: the same requests to two servers, both answers kept."""
