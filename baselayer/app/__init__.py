"""The application and the library under it; docs/architecture.md draws its floors."""
