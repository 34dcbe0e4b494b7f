"""PEM texts are private while they are files, and then gone."""

import stat

import pytest

from baselayer.app.connections.drivers.tls_files import PemFiles


def test_files_are_private_and_removed() -> None:
    files = PemFiles()
    path = files.directory / "key.pem"
    assert files.write("key.pem", "KEY") == str(path)
    assert path.read_text() == "KEY\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(files.directory.stat().st_mode) == 0o700
    with pytest.raises(FileExistsError):
        files.write("key.pem", "OTHER")
    files.remove()
    files.remove()
    assert not files.directory.exists()
