"""Files elsewhere: addresses, stores of files, fetching and uploading."""

from __future__ import annotations

from dain.media.remote.addresses import Place, RemotePath, as_place
from dain.media.remote.fetching import fetch
from dain.media.remote.uploading import Upload, prepare_upload

__all__ = ["Place", "RemotePath", "Upload", "as_place", "fetch", "prepare_upload"]
