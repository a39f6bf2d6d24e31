"""Passwords hashed with argon2id, and secrets for cookies and tokens, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets

from pwdlib import PasswordHash
from pwdlib.exceptions import PwdlibError

SHORTEST = 10
LONGEST = 200
_hashes = PasswordHash.recommended()


def hashed(password: str) -> str:
    """A password as it is kept."""
    return _hashes.hash(password)


def nobody() -> str:
    """A hash that no password has: checking against it takes as long as against a real one."""
    return hashed(secrets.token_urlsafe(32))


def matches(password: str, kept: str) -> bool:
    """Whether this is the password; takes a good part of a tenth of a second on purpose."""
    try:
        return _hashes.verify(password, kept)
    except PwdlibError:
        return False


def wrong_with(password: str, name: str) -> str:
    """Why this will not do as a password of that person; empty if it will."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters"
    if len(set(password)) < SHORTEST // 2 or password.casefold() == name.strip().casefold():
        return "this password is too easy to guess: take several words"
    return ""


def new_secret(prefix: str = "") -> str:
    """A secret of 256 random bits, safe in cookies, headers and addresses."""
    return prefix + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a secret and looked up; hashing it slowly is for what people make up, not for 256 random bits."""
    return hashlib.sha256(secret.encode(errors="surrogateescape")).hexdigest()
