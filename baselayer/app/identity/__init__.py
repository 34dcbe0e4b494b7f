"""Who there is: accounts, users, groups, roles, permissions, tokens."""
