"""The tasks that other services enqueue: arguments, answers, declaration, claim check."""
