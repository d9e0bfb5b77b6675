"""Messages over a Unix socket: a length, then so many bytes. Both ends are processes of one user.

What arrives is bytes and is never unpickled. Each end gives up after a time of its own, so a process that was
stopped cannot hold up the other.
"""

from __future__ import annotations

import os
import socket
import stat
import struct
from pathlib import Path

from engine.model.private_files import FILE_MODE, make_private_folder

MOST_PATH_BYTES = 100
"""The longest path of a socket: Linux takes 107 bytes, other systems 103."""
MOST_BYTES = 32 << 20
"""The longest message."""
_LENGTH = struct.Struct(">I")


def listen(path: Path) -> socket.socket:
    """Return a listening socket of mode 0600 in a private folder, in the place of whatever had its name.

    Only the holder of the run lock may call it. Raises OSError.
    """
    make_private_folder(path.parent)
    found = _lstat(path)
    if found is not None and stat.S_ISDIR(found.st_mode):
        raise OSError(f"{path} is a folder")
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        # On Linux the file gets the mode of the socket, so it is never open to others.
        _restrict(listener)
        listener.bind(str(path))
        if stat.S_IMODE(path.lstat().st_mode) != FILE_MODE:
            path.chmod(FILE_MODE)
        listener.listen(16)
    except BaseException:
        listener.close()
        raise
    return listener


def is_socket(path: Path) -> bool:
    """Return whether there is a socket, and no link to one."""
    found = _lstat(path)
    return found is not None and stat.S_ISSOCK(found.st_mode)


def connect(path: Path, seconds: float) -> socket.socket:
    """Return a connection on which each step may take so many seconds. Raises OSError."""
    if not is_socket(path):
        raise FileNotFoundError(f"{path} is no socket")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.settimeout(seconds)
        connection.connect(str(path))
    except BaseException:
        connection.close()
        raise
    return connection


def send(connection: socket.socket, content: bytes) -> None:
    """Send one message. Raises OSError."""
    if len(content) > MOST_BYTES:
        raise OSError(f"a message of {len(content)} bytes is too long")
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket) -> bytes:
    """Return one message. Raises OSError, EOFError if the other end has closed."""
    (length,) = _LENGTH.unpack(_exactly(connection, _LENGTH.size))
    if length > MOST_BYTES:
        raise OSError(f"a message of {length} bytes is too long")
    return _exactly(connection, length)


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(1 << 20, length - len(parts)))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _restrict(listener: socket.socket) -> None:
    try:
        os.fchmod(listener.fileno(), FILE_MODE)
    except OSError:
        # Other systems than Linux refuse it; the mode is set after the bind, in a folder that is private.
        return


def _lstat(path: Path) -> os.stat_result | None:
    try:
        return path.lstat()
    except OSError:
        return None
