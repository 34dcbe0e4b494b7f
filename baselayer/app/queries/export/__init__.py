"""Downloads: a stored result as a stream of bytes in another format."""
