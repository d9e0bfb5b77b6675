"""nginx as tests run it: an ordinary process with a configuration of its own, for the time of a block."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
NGINX_FILES = ROOT / "deploy" / "nginx"
DASHBOARD_ADDRESS = "127.0.0.1:8050"
"""The dashboard's address in the files of ``deploy``."""

BASE = "/dashboard"
"""The path that the dashboard has in the files of ``deploy``."""

_TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


def nginx_program() -> str:
    """Return the path of nginx; an ordinary user's PATH often lacks the folder that Debian installs it in."""
    found = shutil.which("nginx", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    assert found is not None, "nginx is missing; run `sh tests/install.sh`"
    return found


def deployed(name: str, dashboard_port: int) -> str:
    """Return a file of ``deploy/nginx`` as it stands, but for the port of the dashboard behind it."""
    text = (NGINX_FILES / name).read_text(encoding="utf-8")
    assert DASHBOARD_ADDRESS in text
    return text.replace(DASHBOARD_ADDRESS, f"127.0.0.1:{dashboard_port}")


def without_the_path(text: str) -> str:
    """Return ``path.conf`` changed as its comment says, so that the path is taken off."""
    first, second = re.findall(r"`(proxy_pass [^`]+;)`", text)
    passed = re.search(r"^    (proxy_pass [^;]+;)$", text, re.M)
    assert passed is not None
    head, _, tail = text.partition(passed[0])
    return f"{head}    {first}{tail.replace(passed[1], second)}"


@contextmanager
def running_nginx(folder: Path, http: str, port: int) -> Iterator[None]:
    """Run nginx with these directives in its ``http`` block until the block ends; it listens on ``port``.

    ``folder`` takes its files, among them ``nginx.log``.
    """
    temporary = "".join(f"{name}_temp_path {folder}/{name};\n" for name in _TEMPORARY)
    log = folder / "nginx.log"
    config = folder / "nginx.conf"
    config.write_text(
        f"daemon off;\nmaster_process off;\npid {folder}/nginx.pid;\nerror_log {log} warn;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{http}\n}}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(
        [nginx_program(), "-c", str(config), "-p", str(folder), "-e", str(log)],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + 60
        while not listens(port):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(30)


def listens(port: int) -> bool:
    """Return whether somebody listens on a port of the loopback address."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True
