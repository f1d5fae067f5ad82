"""Whether the checks notice anything, and accuse nobody: every fault and every server that is right, put to them."""
