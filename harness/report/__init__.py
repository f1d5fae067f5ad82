"""Reports on a record, made from it and from nothing else: `terminal` for a screen, `html` for a page."""
