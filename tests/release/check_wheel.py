"""Tries the built wheel as a user would: in an environment of its own, outside the checkout.

``python tests/release/check_wheel.py dist requirements.txt`` installs the wheel of a folder with the
pinned requirements, starts ``dashboard serve --demo``, and asks for pages, files and values. It ends with
status 0, or with 1 and one line that names what is wrong.
"""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_SECONDS = 180
VALUE_SECONDS = 120


class WheelError(Exception):
    """What is wrong with the wheel."""


def the_wheel(folder: Path) -> Path:
    """Return the one wheel of a folder. Raises WheelError."""
    wheels = sorted(folder.glob("*.whl"))
    if len(wheels) != 1:
        raise WheelError(f"{folder} holds {len(wheels)} wheels; run `make release`")
    return wheels[0]


def check_content(wheel: Path) -> None:
    """Check that the wheel carries the product and nothing of its tests and benchmarks. Raises WheelError."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    for needed in ("engine/py.typed", "dash_app/py.typed", "engine/sql/staging/sites.sql"):
        if needed not in names:
            raise WheelError(f"{wheel.name} lacks {needed}")
    built = [name.removeprefix("dash_app/assets/") for name in names if name.startswith("dash_app/assets/")]
    for part in ("dashboard-", "plotly-", "style-", "favicon."):
        if not any(name.startswith(part) for name in built):
            raise WheelError(f"{wheel.name} lacks the front end's {part}*")
    if any(name.startswith("dash_app/frontend/") for name in names):
        raise WheelError(f"{wheel.name} carries the sources of the front end")
    roots = {name.partition("/")[0] for name in names}
    if strangers := sorted(
        root for root in roots - {"engine", "dash_app"} if not root.endswith(".dist-info")
    ):
        raise WheelError(f"{wheel.name} carries {', '.join(strangers)}")


def install(wheel: Path, requirements: Path, folder: Path) -> Path:
    """Install the wheel into a new environment and return the folder of its commands."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet"]
    locked = ["--disable-pip-version-check", "--require-hashes", "-r", str(requirements)]
    subprocess.run([*pip, *locked], check=True)
    # What the lock lacks would be installed here: so nothing is.
    subprocess.run([*pip, "--disable-pip-version-check", "--no-deps", str(wheel)], check=True)
    subprocess.run([*pip[:-2], "check"], check=True)
    return folder / "bin"


def check_version(commands: Path, wheel: Path, folder: Path) -> None:
    """Check that the command says the version that the wheel's name bears. Raises WheelError."""
    answer = subprocess.run(
        [commands / "dashboard", "--version"], cwd=folder, check=True, capture_output=True, text=True
    )
    version = wheel.name.split("-")[1]
    if version not in answer.stdout:
        raise WheelError(f"dashboard --version says {answer.stdout.strip()!r}, the wheel is {version}")


@contextmanager
def served(commands: Path, folder: Path) -> Iterator[str]:
    """Run ``dashboard serve --demo`` in a folder until the block ends; give its address."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    log_path = folder / "serve.log"
    with log_path.open("w") as log:
        server = subprocess.Popen(
            [commands / "dashboard", "serve", "--demo"],
            cwd=folder, env=kept | {"PORT": str(port)}, stdout=log, stderr=log,
        )  # fmt: skip
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START_SECONDS
            while not _answers(f"{url}/health"):
                if server.poll() is not None or time.monotonic() > deadline:
                    last = log_path.read_text().strip().rpartition("\n")[2]
                    raise WheelError(f"serve --demo does not answer: {last}")
                time.sleep(0.2)
            yield url
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(30)


def _answers(url: str) -> bool:
    try:
        return bool(_get(url))
    except OSError:
        return False


def _get(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        body: bytes = answer.read()
        return body


def check_answers(url: str) -> int:
    """Check every page, the files they name and every value; return how many values. Raises WheelError."""
    pages = json.loads(_get(f"{url}/api/pages"))["pages"]
    files: set[str] = set()
    for page in pages:
        files |= set(
            re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css|svg)[^"]*)"', _get(url + page["path"]).decode())
        )
    if not files:
        raise WheelError("no page names a script or a style sheet")
    for file in sorted(files):
        if _get(url + file.replace("&amp;", "&")).lstrip()[:9].lower() == b"<!doctype" and ".svg" not in file:
            raise WheelError(f"{file} is not there")
    keys = {key for page in pages for key in page["datasets"]}
    deadline = time.monotonic() + VALUE_SECONDS
    missing = set(keys)
    while missing:
        missing = {key for key in missing if json.loads(_get(f"{url}/api/dataset/{key}"))["value"] is None}
        if missing and time.monotonic() > deadline:
            raise WheelError(f"without a value: {', '.join(sorted(missing))}")
        time.sleep(0.2)
    return len(keys)


def main(dist: str, requirements: str) -> None:
    """Try the wheel of a folder and print what was found."""
    wheel = the_wheel(Path(dist)).resolve()
    check_content(wheel)
    with tempfile.TemporaryDirectory(prefix="wheel-") as made:
        folder = Path(made)
        commands = install(wheel, Path(requirements).resolve(), folder / "environment")
        check_version(commands, wheel, folder)
        with served(commands, folder) as url:
            values = check_answers(url)
    print(f"{wheel.name}: serve --demo answers, {values} values")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (WheelError, OSError, subprocess.SubprocessError) as error:
        print(f"check_wheel: {error}", file=sys.stderr)
        sys.exit(1)
