"""Surveys: one target, asked at several rates or sizes, and watched meanwhile; what `limit` and `scale` do."""
