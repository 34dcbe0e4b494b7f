"""Who is calling: from a request's credentials to a principal."""
