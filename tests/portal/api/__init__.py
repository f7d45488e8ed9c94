"""The HTTP API: tokens, arguments, answers, problems, its description."""
