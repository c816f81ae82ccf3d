"""Output for people: the live display, texts, reports, drawings and videos."""
