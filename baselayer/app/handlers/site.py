"""Site: the built page as it lies in memory; what is not in it cannot be asked for."""

import gzip
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

INDEX = "index.html"
ASSETS = "assets/"
NONCE = "__NONCE__"
LEAST_COMPRESSED_BYTES = 1024

TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json; charset=utf-8",
    ".map": "application/json; charset=utf-8",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
PACKED = (".ico", ".png", ".woff2")  # compressed already

NOT_BUILT = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>baselayer</title>
<h1>The page is not built</h1>
<p>This server answers the API, described at <a href="/openapi.json">/openapi.json</a>, but the page
is not in this checkout. <code>make run</code> builds it before it starts; see CONTRIBUTING.md.
"""


@dataclass(frozen=True)
class SiteFile:
    """One file of the built page."""

    name: str
    content: bytes = field(repr=False)

    @property
    def media_type(self) -> str:
        """Return what it is, by its name."""
        return TYPES.get(Path(self.name).suffix.lower(), "application/octet-stream")

    @property
    def cache_control(self) -> str:
        """Return how long it may be kept: an asset's name changes with its content."""
        kept = self.name.startswith(ASSETS)
        return "public, max-age=31536000, immutable" if kept else "no-cache"

    @cached_property
    def etag(self) -> str:
        """Return the name of this content, weak because it is the same compressed or not."""
        return f'W/"{hashlib.sha256(self.content).hexdigest()[:32]}"'

    @cached_property
    def compressed(self) -> bytes | None:
        """Return it in gzip, or None where that gains nothing."""
        is_packed = Path(self.name).suffix.lower() in PACKED
        if is_packed or len(self.content) < LEAST_COMPRESSED_BYTES:
            return None
        return gzip.compress(self.content, mtime=0)


@dataclass(frozen=True)
class Site:
    """The files of a build by their paths, and when it was built."""

    files: dict[str, SiteFile]
    built_at_ns: int

    def page(self, nonce: str) -> str:
        """Return index.html with this answer's nonce in it."""
        return self.files[INDEX].content.decode().replace(NONCE, nonce)


def load_site(directory: Path, known: Site | None = None) -> Site | None:
    """Return the build in `directory`, or None when there is none; `known` while it is the same."""
    try:
        built_at_ns = (directory / INDEX).stat().st_mtime_ns
    except OSError:
        return None
    if known is not None and known.built_at_ns == built_at_ns:
        return known
    paths = [path for path in directory.rglob("*") if path.is_file() and not path.is_symlink()]
    names = {str(path.relative_to(directory)): path for path in paths}
    return Site({n: SiteFile(n, path.read_bytes()) for n, path in names.items()}, built_at_ns)
