"""Passwords: where they are read, how they are hashed, and the one place that verifies them.

A password is plain or an Argon2id hash. A plain one is hashed once, and its hash is kept in the file of the
sessions, so that a process that starts again knows that the password is the same.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from functools import partial
from pathlib import Path

import argon2
from argon2.exceptions import InvalidHashError, VerificationError

from engine.model.access import Role
from engine.model.errors import SettingError
from engine.model.places.secret import Secret
from engine.model.settings import Settings
from engine.sessions.store import SessionStore

SHORTEST_PASSWORD, LONGEST_PASSWORD = 12, 1024
HASH_PREFIX = "$argon2id$"
_MOST_FILE_BYTES = 4096

_hasher = argon2.PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


def hash_password(password: str) -> str:
    """Return the Argon2id hash of a password. Raises SettingError if it is too short or too long."""
    return _hasher.hash(_fitting("the password", password))


def configured_passwords(settings: Settings) -> dict[Role, Secret]:
    """Return the password of each role that has one, plain or hashed. Raises SettingError."""
    found = {
        Role.OPERATOR: _configured("DASHBOARD_PASSWORD", settings.password, settings.password_file),
        Role.VIEWER: _configured(
            "DASHBOARD_VIEWER_PASSWORD", settings.viewer_password, settings.viewer_password_file
        ),
    }
    passwords = {role: password for role, password in found.items() if password is not None}
    if len(set(passwords.values())) < len(passwords):
        raise SettingError(
            "DASHBOARD_VIEWER_PASSWORD", "it is the same as DASHBOARD_PASSWORD", "give viewers another one"
        )
    return passwords


def _configured(name: str, password: Secret | None, file: Path | None) -> Secret | None:
    if file is not None:
        if password is not None:
            raise SettingError(name, f"{name}_FILE is set too", "set one of the two")
        name, password = f"{name}_FILE", _read_file(f"{name}_FILE", file)
    if password is None:
        return None
    if password.text.startswith(HASH_PREFIX):
        try:
            argon2.extract_parameters(password.text)
        except InvalidHashError:
            raise SettingError(
                name, "it begins like an Argon2id hash and is none", "make one with `dashboard password`"
            ) from None
        return password
    return Secret(_fitting(name, password.text))


def _fitting(name: str, password: str) -> str:
    if len(password) < SHORTEST_PASSWORD:
        raise SettingError(
            name, f"it has fewer than {SHORTEST_PASSWORD} characters", "take a longer one, such as five words"
        )
    if not _is_text(password):
        raise SettingError(name, "it is not UTF-8 text", "write it in UTF-8")
    if len(password) > LONGEST_PASSWORD:
        raise SettingError(name, f"it has more than {LONGEST_PASSWORD} characters", "take a shorter one")
    return password


def _is_text(password: str) -> bool:
    """Return whether a password can be written in UTF-8, which is what is hashed."""
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read_file(name: str, path: Path) -> Secret:
    """Return the password in a file, without the end of its line. Raises SettingError."""
    try:
        # Opening a pipe would wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise SettingError(
            name, f"{path} cannot be read ({error.strerror})", "name a readable file"
        ) from None
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise SettingError(name, f"{path} is no file", "name a file that holds the password")
        if found.st_mode & 0o027:
            raise SettingError(name, f"others can read or write {path}", f"run `chmod 600 {path}`")
        content = os.read(descriptor, _MOST_FILE_BYTES + 1)
    finally:
        os.close(descriptor)
    try:
        text = content.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        raise SettingError(name, f"{path} is not UTF-8 text", "save it as UTF-8") from None
    if not text or len(content) > _MOST_FILE_BYTES or "\n" in text:
        raise SettingError(name, f"{path} does not hold one line", "write the password, or its hash, into it")
    return Secret(text)


class Passwords:
    """The passwords in force; ``use`` makes them known to the store."""

    def __init__(self, verifiers: dict[Role, str]) -> None:
        self._verifiers = verifiers

    @classmethod
    def use(cls, passwords: dict[Role, Secret], store: SessionStore) -> Passwords:
        """Return the passwords in force; if one of them has changed, all sessions end."""
        makers: dict[str, Callable[[str | None], str]] = {
            role: partial(_verifier, password) for role, password in passwords.items()
        }
        return cls({Role(name): verifier for name, verifier in store.use_verifiers(makers).items()})

    def verify(self, password: str) -> Role | None:
        """Return the role that a password is for, None for a wrong one. It blocks for some 0.1 s.

        It takes the same time whether the password is that of one role, of another or of none.
        """
        text = password if len(password) <= LONGEST_PASSWORD and _is_text(password) else ""
        fitting = [role for role, verifier in self._verifiers.items() if _fits(verifier, text)]
        return fitting[0] if fitting else None


def _verifier(password: Secret, stored: str | None) -> str:
    """Return the stored verifier if it is the password's, else a new one."""
    if password.text.startswith(HASH_PREFIX):
        return password.text
    if stored is not None and _fits(stored, password.text):
        return stored
    return _hasher.hash(password.text)


def _fits(verifier: str, password: str) -> bool:
    try:
        return _hasher.verify(verifier, password)
    except (VerificationError, InvalidHashError):
        return False
