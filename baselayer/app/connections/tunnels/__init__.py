"""SSH tunnels: ways that lead through a bastion. An engine: what it needs arrives by argument."""
