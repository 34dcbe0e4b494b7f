"""Row-level security: the controls as policies of PostgreSQL, a second net under the sessions."""
