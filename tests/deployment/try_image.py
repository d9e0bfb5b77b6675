"""Tries the Dockerfile's steps where there is no Docker: in copies of a clean root, by chroot.

``python -m tests.deployment.try_image BASE`` wants root, and in BASE what ``debootstrap --variant=minbase
--include=python3,python3-venv,ca-certificates trixie BASE`` makes. It builds both stages, runs the image's
command as its user with the root read-only and a demo database in a mounted folder, and asks for its pages.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from engine.demo.generate import generate
from engine.model.clock import wall_clock
from tests.deployment.dockerfile import ROOT, Instruction, Stage, stages
from tests.engine.programs import free_port

PASSED_ON = ("PIP_", "NPM_", "NODE_", "SSL_", "http_proxy", "https_proxy", "no_proxy", "HTTP", "NO_PROXY")
"""What names a mirror or a certificate of this machine; an image build takes such things as arguments."""
START_SECONDS = 180


def run(command: list[str | Path]) -> None:
    """Run a command of this machine. Raises CalledProcessError."""
    subprocess.run(command, check=True)


def run_in(root: Path, command: str, environment: dict[str, str]) -> None:
    """Run a shell command in a root, with this environment and no more. Raises CalledProcessError."""
    subprocess.run([chroot(), root, "/bin/sh", "-c", command], check=True, env=environment)


def chroot() -> str:
    """Return the path of the program, which the environment of an image need not lead to."""
    program = shutil.which("chroot")
    assert program is not None
    return program


@contextmanager
def mounted(options: list[str], what: str | Path, where: Path) -> Iterator[None]:
    """Mount something until the block ends."""
    where.mkdir(parents=True, exist_ok=True)
    run(["mount", *options, str(what), where])
    try:
        yield
    finally:
        run(["umount", "--lazy", where])


def copy(instruction: Instruction, root: Path, built: dict[str, Path]) -> None:
    """Copy as COPY does: tracked files of the checkout, or a folder of another stage."""
    *sources, target = instruction.text.split()
    if sources[0].startswith("--from="):
        stage = built[sources.pop(0).removeprefix("--from=")]
        run(["cp", "--archive", f"{stage}{sources[0]}", f"{root}{target}"])
        return
    for source in sources:
        names = subprocess.run(
            ["git", "ls-files", source], cwd=ROOT, check=True, capture_output=True, text=True
        ).stdout.split("\n")
        for name in filter(None, names):
            place = name.removeprefix(f"{source}/") if name != source else Path(source).name
            to = Path(f"{root}{target}") / place
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to)


def build(stage: Stage, root: Path, built: dict[str, Path]) -> None:
    """Carry out the instructions of a stage in a root."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    environment |= {name: value for name, value in os.environ.items() if name.startswith(PASSED_ON)}
    with mounted(["-t", "proc"], "proc", root / "proc"):
        for instruction in stage.instructions:
            print(f"{instruction.name} {instruction.text}"[:150], flush=True)
            if instruction.name == "RUN":
                run_in(root, instruction.text, environment)
            elif instruction.name == "ENV":
                name, _, value = instruction.text.partition("=")
                environment[name] = value
            elif instruction.name == "COPY":
                copy(instruction, root, built)


@contextmanager
def started(stage: Stage, root: Path, data: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command of an image as its user, with a read-only root, until the block ends."""
    (user,), (folder,) = stage.all("USER"), stage.all("WORKDIR")
    command = [*json.loads(stage.all("ENTRYPOINT")[0]), *json.loads(stage.all("CMD")[0])]
    environment = stage.environment | {"PORT": str(port), "DASHBOARD_PASSWORD": "a password of a trial"}
    with ExitStack() as stack:
        stack.enter_context(mounted(["--bind"], root, root))
        for options, what, where in (
            (["--bind"], data, root / "data"),
            (["-t", "proc"], "proc", root / "proc"),
            (["-t", "tmpfs"], "tmpfs", root / "tmp"),
        ):
            stack.enter_context(mounted(options, what, where))
        run(["mount", "-o", "remount,bind,ro", root])
        process = subprocess.Popen(
            [chroot(), f"--userspec={user}:{user}", root, "/bin/sh", "-c",
             f"cd {folder} && exec {' '.join(command)}"],
            env=environment,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


def get(url: str) -> tuple[int, str]:
    """Return status and text of an answer; 0 while nobody answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def wait_for(process: subprocess.Popen[bytes], url: str) -> None:
    """Wait until an address answers 200. Raises SystemExit if the process ends, or it takes too long."""
    deadline = time.monotonic() + START_SECONDS
    while get(url)[0] != 200:
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"{url} answers {get(url)}")
        time.sleep(0.5)


def main(base: str) -> None:
    """Build the image, run it, and print what was found."""
    folder = Path(tempfile.mkdtemp(prefix="image-"))
    try:
        built: dict[str, Path] = {}
        for stage in stages():
            root = folder / (stage.name or "image")
            run(["cp", "--archive", base, root])
            build(stage, root, built)
            built[stage.name] = root
        try_out(stage, root, folder / "data")
    finally:
        # What is still mounted below it is another file system, and stays.
        run(["rm", "--recursive", "--force", "--one-file-system", folder])


def try_out(stage: Stage, root: Path, data: Path) -> None:
    """Run an image over a demo database in a folder of its user, and print what it answers and leaves."""
    data.mkdir()
    generate(data / "sites.db", scale=0.05, now=wall_clock())
    (user,) = stage.all("USER")
    run(["chown", "--recursive", f"{user}:{user}", data])
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with started(stage, root, data, port) as process:
        wait_for(process, f"{url}/healthz")
        wait_for(process, f"{url}/readyz")
        check = stage.all("HEALTHCHECK")[0].partition(" CMD ")[2]
        run_in(root, check, stage.environment | {"PORT": str(port)})
        for address in (f"{url}/readyz", f"http://[::1]:{port}/healthz", f"{url}/api/pages", f"{url}/"):
            print(address, *(str(part)[:60] for part in get(address)))
    print("ended with", process.returncode)
    print("left in the mounted folder:", sorted(str(path.relative_to(data)) for path in data.rglob("*")))


if __name__ == "__main__":
    main(*sys.argv[1:])
