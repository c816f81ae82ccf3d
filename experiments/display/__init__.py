"""What a person sees: the live panel, words, reports, drawings, films."""
