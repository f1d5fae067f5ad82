"""Asks for the sake of time: a closed loop now; the same answers go to the oracle."""
