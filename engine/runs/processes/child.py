"""A child process: Python started again, with one pipe and as little of this process as it needs.

It gets no variable of the environment but those of ``KEPT``, no open file but the pipe, and no module of this
process. What it is to do, and any secret that this needs, comes over the pipe. It reads files of strangers
with libraries written in C, so what it does not have it cannot give away.
"""

from __future__ import annotations

import os
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection

KEPT = frozenset((
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ", "TZDIR", "PYTHONTZPATH", "TMPDIR",
    "TEMP", "TMP", "SQLITE_TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "POLARS_MAX_THREADS",
    "RUST_BACKTRACE", "PYTHONPATH", "PYTHONHOME", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING",
    "PYTHONUNBUFFERED", "PYTHONWARNINGS", "PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX",
    "PYTHONFAULTHANDLER", "PYTHONDEVMODE",
    # What an address of PostgreSQL leaves out, but for PGPASSWORD.
    "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER", "PGDATABASE", "PGSERVICE", "PGSERVICEFILE", "PGPASSFILE",
    "PGOPTIONS", "PGSSLMODE", "PGSSLROOTCERT", "PGSSLCERT", "PGSSLKEY", "PGSSLCRL", "PGREQUIREAUTH",
    "PGCHANNELBINDING", "PGGSSENCMODE", "PGKRBSRVNAME", "PGTARGETSESSIONATTRS",
))  # fmt: skip
"""The variables that a child keeps, beside those of the locale: none of them holds a secret."""
KEPT_PREFIX = "LC_"

# The modules of this process are found at the same places, but are not imported here.
_MAIN = (
    "import signal, sys; from multiprocessing.connection import Connection\n"
    "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    "pipe = Connection({descriptor}); sys.path[:] = pipe.recv(); pipe.recv()(pipe)\n"
)


class ChildProcess:
    """A child that calls ``serve`` with its end of the pipe, and ends when that returns.

    ``serve`` is a function of a module, or a ``functools.partial`` of one. ``pipe`` is this process's end.
    The child is killed when this process ends, or when this object is no longer used.
    """

    def __init__(self, serve: Callable[[Connection], None]) -> None:
        self.pipe, theirs = Pipe()
        with theirs:
            self._popen = subprocess.Popen(
                [sys.executable, "-P", "-c", _MAIN.format(descriptor=theirs.fileno())],
                env=child_environment(os.environ),
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                # Whatever a library of the child creates is this user's alone.
                umask=0o077,
            )
        weakref.finalize(self, _end, self._popen)
        # A child that is already dead is noticed by whoever waits for its answer.
        with suppress(OSError):
            self.pipe.send([place or os.getcwd() for place in sys.path])  # noqa: PTH109
            self.pipe.send(serve)

    @property
    def pid(self) -> int:
        """Return the process id."""
        return self._popen.pid

    @property
    def exitcode(self) -> int | None:
        """Return the exit code, negative for a signal; None while the child lives."""
        return self._popen.poll()

    def is_alive(self) -> bool:
        """Return whether the child has not ended."""
        return self._popen.poll() is None

    def kill(self) -> None:
        """Kill the child; do nothing if it has ended."""
        self._popen.kill()

    def join(self, seconds: float) -> None:
        """Wait until the child has ended, for some seconds at most."""
        with suppress(subprocess.TimeoutExpired):
            self._popen.wait(seconds)


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that a child gets of an environment.

    >>> child_environment({"TZ": "UTC", "LC_ALL": "C", "DASHBOARD_PASSWORD": "secret"})
    {'TZ': 'UTC', 'LC_ALL': 'C'}
    """
    return {name: value for name, value in environ.items() if name in KEPT or name.startswith(KEPT_PREFIX)}


def _end(popen: subprocess.Popen[bytes]) -> None:
    if popen.poll() is None:
        popen.kill()
        popen.wait()
