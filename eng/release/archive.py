"""Writes an archive whose bytes follow from its files alone: archive.py PARENT NAME TARGET(.tar.gz|.zip)

Names are in order, owners are root, times are SOURCE_DATE_EPOCH; what may be run stays so, and all else of the modes goes.
"""
import gzip
import io
import os
import sys
import tarfile
import time
import zipfile

parent, name, target = sys.argv[1:]
epoch = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))


def paths():
    for folder, folders, files in os.walk(os.path.join(parent, name)):
        folders.sort()
        for path in [folder] + [os.path.join(folder, file) for file in sorted(files)]:
            yield path, os.path.relpath(path, parent).replace(os.sep, "/")


def mode(path):
    if os.path.isdir(path):
        return 0o755
    # Windows has no such bit: its archives are of zip, which has no use for it either.
    return 0o755 if os.access(path, os.X_OK) and os.name != "nt" else 0o644


if target.endswith(".zip"):
    when = time.gmtime(max(epoch, 315532800))[:6]  # zip begins in 1980
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, inner in paths():
            if os.path.isdir(path):
                continue
            entry = zipfile.ZipInfo(inner, when)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = mode(path) << 16
            with open(path, "rb") as file:
                archive.writestr(entry, file.read())
else:
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, inner in paths():
            entry = tarfile.TarInfo(inner)
            entry.mode, entry.mtime = mode(path), epoch
            if os.path.isdir(path):
                entry.type = tarfile.DIRTYPE
                archive.addfile(entry)
            else:
                entry.size = os.path.getsize(path)
                with open(path, "rb") as file:
                    archive.addfile(entry, file)
    with open(target, "wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=epoch) as packed:
        packed.write(plain.getvalue())
