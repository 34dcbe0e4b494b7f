"""From routes and schemas to an OpenAPI 3.1 document; pure functions, no server."""
