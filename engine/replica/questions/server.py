"""The socket on which the engine process answers questions beside its runs.

It exists while the process holds the replica. Each connection has one question and one answer. What arrives
is JSON of known forms, and nothing that arrives is executed as SQL or code.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path

import duckdb

from engine.model import local_socket
from engine.model import questions as q
from engine.model.errors import DashboardError
from engine.replica.questions.answers import answer
from engine.replica.questions.reading import QUESTION_SECONDS, Asked, AskerGone, TooSlow
from engine.replica.questions.source_rows import SourceReader
from engine.replica.session import DuckDBSession
from engine.replica.sync.held import CLOSE_SECONDS, Order, ReplicaClosed

log = logging.getLogger(__name__)

AT_A_TIME = 2
"""How many questions are computed at a time, so that a run gets its share of the machine."""
MOST_CONNECTIONS = 32
RECEIVE_SECONDS = 5.0
RELEASE_SECONDS = 1.0
"""How long a request to let go waits for a run under way, which should not exist."""
TAKE_OVER_SECONDS = RELEASE_SECONDS + CLOSE_SECONDS + 1.0
_MOVED = q.Refusal("the replica", "another process takes it over", "ask again", is_moved=True)


class QuestionServer:
    """Answers the questions about one session's replica, and hands the replica over to another process."""

    def __init__(self, session: DuckDBSession) -> None:
        self._session = session
        self._parent = os.getppid()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self._path: Path | None = None
        self._inode: tuple[int, int] | None = None
        self._source = SourceReader()
        self._computing = threading.BoundedSemaphore(AT_A_TIME)
        self._connections = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def announce(self, order: Order) -> None:
        """Listen on the order's socket. If that is not possible, log why: runs go on without it."""
        if order.socket is None or self._is_listening(order.socket):
            return
        self.withdraw()
        try:
            listener = local_socket.listen(order.socket)
            found = order.socket.lstat()
        except OSError as error:
            log.warning(
                "no question can be answered: the socket %s cannot be made (%s); name another folder with"
                " DASHBOARD_STATE_DIR", order.socket, error,
            )  # fmt: skip
            return
        with self._lock:
            self._listener, self._path = listener, order.socket
            self._inode = (found.st_dev, found.st_ino)
        threading.Thread(
            target=self._accept, args=(listener,), name="dashboard-questions", daemon=True
        ).start()

    def _is_listening(self, path: Path) -> bool:
        """Return whether this process listens there, and no other has taken the place."""
        return self._listener is not None and self._path == path and _inode(path) == self._inode

    def withdraw(self) -> None:
        """Stop listening, and delete the socket unless another process has put its own there."""
        with self._lock:
            listener, path, inode = self._listener, self._path, self._inode
            self._listener = self._path = self._inode = None
        if listener is None or path is None:
            return
        if _inode(path) == inode:
            with suppress(OSError):
                path.unlink()
        with suppress(OSError):
            # It wakes the thread that accepts.
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()

    def take_over(self, socket_path: Path) -> None:
        """Ask whoever holds the replica to let go. Whatever comes of it, the caller goes on."""
        if self._is_listening(socket_path) or not local_socket.is_socket(socket_path):
            return
        began = time.monotonic()
        try:
            with local_socket.connect(socket_path, TAKE_OVER_SECONDS) as connection:
                holder = _process_at(connection)
                local_socket.send(connection, q.to_json(q.Release()))
                reply = q.reply_from_json(local_socket.receive(connection))
        except ConnectionRefusedError:
            log.debug("nobody listens on %s any more", socket_path)
            return
        except (OSError, EOFError, ValueError) as error:
            log.warning("the process that holds the replica does not let go of it: %s", error or "it ended")
            return
        if isinstance(reply, q.Released):
            log.info("process %s let go of the replica in %.0f ms", holder, 1000 * (time.monotonic() - began))
        elif isinstance(reply, q.Refusal):
            log.warning("process %s does not let go of the replica: %s", holder, reply.cause)

    def _accept(self, listener: socket.socket) -> None:
        # What reads requests takes a while to import, and no question waits for that.
        q.request_from_json(q.to_json(q.Release()))
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            if not self._connections.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(
                target=self._serve, args=(connection,), name="dashboard-question", daemon=True
            ).start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            with connection, suppress(OSError, EOFError, AskerGone):
                connection.settimeout(RECEIVE_SECONDS)
                content = local_socket.receive(connection)
                reply = self._reply(content, connection)
                local_socket.send(connection, q.to_json(reply))
        except Exception:
            log.exception("a question failed")
        finally:
            self._connections.release()

    def _reply(self, content: bytes, asker: socket.socket) -> q.Reply:
        """Return the reply to a request. Raises AskerGone."""
        try:
            request = q.request_from_json(content)
        except ValueError as error:
            return q.Refusal("the question", str(error), "restart the processes if two versions run")
        if isinstance(request, q.Release):
            return self._release()
        until = time.monotonic() + QUESTION_SECONDS
        if not self._computing.acquire(timeout=QUESTION_SECONDS):
            return q.Refusal("the question", "too many others are being answered", "try again")
        try:
            return self._answer(request, asker, until)
        except (DashboardError, duckdb.Error, ReplicaClosed, TooSlow) as error:
            return _refusal(error)
        finally:
            self._computing.release()

    def _answer(self, question: q.Question, asker: socket.socket, until: float) -> q.Reply:
        replica = self._session.replica
        order = None if replica is None else replica.order
        if replica is None or order is None:
            return _MOVED
        return answer(question, Asked(replica, order.db, self._source, asker, until))

    def _release(self) -> q.Reply:
        """Let go of the replica for the process that has the run lock."""
        if not self._session.lock.acquire(timeout=RELEASE_SECONDS):
            if os.getppid() != self._parent:
                log.warning("the run under way is given up: its process has ended, and another run begins")
                os._exit(1)
            return q.Refusal("the replica", "a run is under way on it", "wait for its end")
        try:
            replica = self._session.replica
            if replica is not None and not replica.close():
                return q.Refusal("the replica", "it is still being read", "try again")
        finally:
            self._session.lock.release()
        log.info("the replica is let go of for a run of another process")
        return q.Released()


def _refusal(error: Exception) -> q.Refusal:
    """Return the reply to a question that failed."""
    if isinstance(error, DashboardError):
        return q.Refusal(error.offender, error.cause, error.remedy)
    if isinstance(error, TooSlow):
        cause = f"it took longer than {QUESTION_SECONDS:g} s and was stopped"
        return q.Refusal("the question", cause, "ask for less")
    if isinstance(error, ReplicaClosed | duckdb.ConnectionException):
        return _MOVED
    cause = " ".join(str(error).strip().splitlines()[:1])
    log.warning("a question failed: %s", cause)
    return q.Refusal("the question", cause, "see the log")


def _inode(path: Path) -> tuple[int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _process_at(connection: socket.socket) -> str:
    """Return the id of the process at the other end, in words if the system does not tell it."""
    if not hasattr(socket, "SO_PEERCRED"):
        return "of the other end"
    return str(int.from_bytes(connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 4), "little"))
