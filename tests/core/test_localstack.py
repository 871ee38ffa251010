"""The local stack: what goes wrong on real machines is told in one sentence and left mendable."""

import json
import os
import shlex
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis
from minio import Minio

from core.localstack import folders, keys, ports, postgres, processes, s3, signing, stack
from core.localstack.errors import StackError

ROOT = Path(__file__).resolve().parents[2]
GIVEN_NAMES = (*stack.GIVEN, *stack.GIVEN_S3, *stack.GIVEN_KEYS, "S3_BUCKET", "S3_REGION")


def command_line(data: Path, command: str, **given: str) -> subprocess.CompletedProcess[str]:
    """Run the stack's command line as a user would, with nothing given but what is named."""
    inherited = {name: value for name, value in os.environ.items() if name not in GIVEN_NAMES}
    return subprocess.run(
        [sys.executable, "-m", "core.localstack", command, "--data", str(data)],
        cwd=ROOT,
        env=inherited | given,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """A stranger's server on some port."""
    with socket.create_server((ports.LOOPBACK, 0)) as server:
        yield server


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A stranger's process."""
    with subprocess.Popen(["sleep", "600"]) as process:
        yield process
        process.kill()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A stack that was started by its command line, and a second start timed on it."""
    data = tmp_path_factory.mktemp("localstack") / "data"
    started = command_line(data, "start")
    assert started.returncode == 0, started.stderr
    yield data
    ended = command_line(data, "reset")
    assert ended.returncode == 0, ended.stderr
    assert not data.exists()


def test_a_chosen_port_is_free_below_32768_and_not_taken_twice() -> None:
    taken: set[int] = set()
    for _ in range(50):
        port = ports.choose(wanted=None, taken=taken)
        assert ports.LOWEST <= port < ports.HIGHEST < 32_768
        assert ports.is_free(port)
        assert port not in taken
        taken.add(port)


def test_a_wanted_port_is_kept_when_free_and_left_when_a_stranger_listens(
    listener: socket.socket,
) -> None:
    free = ports.choose(wanted=None, taken=())
    occupied = listener.getsockname()[1]
    assert ports.choose(wanted=free, taken=()) == free
    assert ports.choose(wanted=free, taken={free}) != free
    assert not ports.is_free(occupied)
    assert ports.choose(wanted=occupied, taken=()) != occupied


def test_a_taken_port_of_the_demo_is_refused_in_one_sentence(
    tmp_path: Path, listener: socket.socket
) -> None:
    occupied = listener.getsockname()[1]
    code = (
        "import sys; from pathlib import Path; from core.localstack import demo; "
        "demo.DATA = Path(sys.argv[1]); sys.exit(demo.main(['start']))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        cwd=ROOT,
        env={**os.environ, "PORT": str(occupied)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == (
        f"tongwen: Port {occupied} is taken by another program; choose one: make demo PORT=8080 "
        f"/ 端口 {occupied} 已被占用，请另选：make demo PORT=8080\n"
    )
    assert not (tmp_path / "data" / "postgres").exists()


def test_the_status_of_a_demo_that_stands_still_says_how_to_start_it(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from core.localstack import demo; "
        "demo.DATA = Path(sys.argv[1]); sys.exit(demo.main(['status']))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (answer.returncode, answer.stderr) == (0, "")
    assert answer.stdout.endswith(
        "not running; `make demo` starts it / 演示未运行，执行 make demo 即可启动\n"
    )


def test_a_pid_that_a_stranger_got_later_is_not_taken_for_ours(
    tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    place = processes.slot(tmp_path, "valkey")
    folders.write_private(
        place.pid_file, json.dumps({"pid": sleeper.pid, "born": "an-earlier-boot:1"})
    )
    assert processes.running(place) is None
    assert processes.stop(place, by=signal.SIGKILL, seconds=1) is False
    assert sleeper.poll() is None
    assert not place.pid_file.exists()


@pytest.mark.parametrize("text", ["", "12", "{}", '{"pid": "x", "born": "y"}', "[1, 2]"])
def test_a_half_written_pid_file_means_that_nothing_runs(tmp_path: Path, text: str) -> None:
    place = processes.slot(tmp_path, "valkey")
    folders.write_private(place.pid_file, text)
    assert processes.running(place) is None


def test_a_process_outlives_its_starter_and_ends_when_told(tmp_path: Path) -> None:
    place = processes.slot(tmp_path, "sleeper")
    command = processes.Command(argv=["sleep", "600"], environment=os.environ, folder=tmp_path)
    pid = processes.spawn(place, command)
    assert os.getsid(pid) == pid
    assert processes.spawn(place, command) == pid
    assert processes.stop(place, by=signal.SIGTERM, seconds=5) is True
    assert processes.running(place) is None


def test_a_process_that_dies_while_starting_is_told_with_the_end_of_its_log(
    tmp_path: Path,
) -> None:
    place = processes.slot(tmp_path, "fragile")
    argv = ["sh", "-c", "echo first; echo the disk is missing >&2; exit 3"]
    command = processes.Command(argv=argv, environment=os.environ, folder=tmp_path)
    processes.spawn(place, command)
    with pytest.raises(StackError, match=r"fragile stopped while starting.*the disk is missing"):
        processes.wait_until(place, lambda: False, seconds=20)


def test_a_folder_of_somebody_else_is_neither_used_nor_deleted(tmp_path: Path) -> None:
    (tmp_path / "diary.txt").write_text("mine")
    for command in ("start", "reset"):
        answer = command_line(tmp_path, command)
        assert answer.returncode == 1
        assert answer.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["diary.txt"]
    assert (tmp_path / "diary.txt").read_text() == "mine"


def test_data_without_its_keys_is_refused_rather_than_opened_with_new_ones(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    folders.claim(data)
    (data / "postgres").mkdir()
    with pytest.raises(StackError, match=r"keys.json is missing"):
        keys.load(data)
    assert not (data / "keys.json").exists()


def test_keys_are_random_private_and_stay_the_same(tmp_path: Path) -> None:
    first, second = tmp_path / "first", tmp_path / "second"
    kept = keys.load(first)
    assert keys.load(first) == kept
    assert keys.load(second) != kept
    signing_key = keys.signing_key_file(first)
    assert keys.signing_key_file(first).read_bytes() == signing_key.read_bytes()
    assert signing_key.read_text().startswith("-----BEGIN PRIVATE KEY-----\n")
    for path in (first / "keys.json", signing_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_two_commands_never_work_on_one_folder_at_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    folders.claim(data)
    with folders.locked(data, "stack"):
        answer = command_line(data, "start")
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"Another command is already working on {data};")


def test_a_given_service_that_does_not_answer_is_named(tmp_path: Path) -> None:
    silent = ports.choose(wanted=None, taken=())
    answer = command_line(
        tmp_path / "data", "start", DATABASE_URL=f"postgresql://u:p@127.0.0.1:{silent}/x"
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        f"Nothing answers at 127.0.0.1:{silent}, which DATABASE_URL names"
    )


def test_a_given_s3_needs_its_keys(tmp_path: Path) -> None:
    answer = command_line(tmp_path / "data", "start", S3_ENDPOINT="http://127.0.0.1:9")
    assert answer.returncode == 1
    assert answer.stderr.startswith(
        "S3_ENDPOINT is given but S3_ACCESS_KEY and S3_SECRET_KEY is not."
    )


def read_environment(data: Path) -> dict[str, str]:
    answer = command_line(data, "env")
    assert answer.returncode == 0, answer.stderr
    words = (shlex.split(line)[1] for line in answer.stdout.splitlines())
    return dict(word.split("=", 1) for word in words)


@pytest.mark.live
def test_the_printed_environment_reaches_all_three_services(running: Path) -> None:
    found = read_environment(running)
    with psycopg.connect(found["DATABASE_URL"], autocommit=True) as connection:
        row = connection.execute(
            "SELECT current_user, rolsuper, rolcreatedb, current_setting('server_version_num')"
            " FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row is not None
        assert row[:3] == ("tongwen", False, True)
        assert int(row[3]) >= 180_000
    client = redis.Redis.from_url(found["REDIS_URL"])
    assert client.ping() is True
    assert client.config_get("appendonly") == {"appendonly": "yes"}
    store = Minio(
        found["S3_ENDPOINT"].removeprefix("http://"),
        access_key=found["S3_ACCESS_KEY"],
        secret_key=found["S3_SECRET_KEY"],
        region=found["S3_REGION"],
        secure=False,
    )
    assert store.get_bucket_versioning(found["S3_BUCKET"]).status == "Enabled"
    assert len(found["SECRET_KEY"]) >= 50


@pytest.mark.live
def test_every_new_database_can_search_chinese_by_trigrams(running: Path) -> None:
    found = read_environment(running)
    with psycopg.connect(found["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE DATABASE trial")
    with psycopg.connect(found["DATABASE_URL"].rpartition("/")[0] + "/trial") as connection:
        names = connection.execute("SELECT extname FROM pg_extension").fetchall()
        similar = connection.execute("SELECT similarity('西湖区民政局', '西湖民政')").fetchone()
    assert {("pg_trgm",), ("btree_gist",)} <= set(names)
    assert similar is not None
    assert similar[0] > 0


@pytest.mark.live
def test_nobody_without_a_password_gets_in(running: Path) -> None:
    found = read_environment(running)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(found["DATABASE_URL"].replace("tongwen:", "tongwen:not-"))
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=int(found["REDIS_URL"].rpartition(":")[2].partition("/")[0])).ping()
    stranger = signing.Access(
        endpoint=found["S3_ENDPOINT"], region=s3.REGION, access_key="x", secret_key="y"
    )
    assert signing.request(stranger, "GET", "/").status == 403


@pytest.mark.live
def test_a_second_start_finds_everything_running(running: Path) -> None:
    before = stack.status(running)
    answer = command_line(running, "start")
    assert answer.returncode == 0, answer.stderr
    assert stack.status(running) == before
    assert all(before.values())


@pytest.mark.live
def test_lost_pid_files_and_a_stale_database_lock_do_not_hinder_the_next_start(
    running: Path,
) -> None:
    before = read_environment(running)
    with psycopg.connect(before["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    cluster = postgres.manner_of(running).home / "data"
    place = processes.slot(running, "postgres")
    pid = processes.running(place)
    place.pid_file.unlink()
    assert command_line(running, "start").returncode == 0
    # The living server was recognised by its own lock, not started twice.
    assert processes.running(place) == pid

    assert postgres.stop(running) is True
    # As after a power cut: the lock names a process that by now is somebody else's.
    (cluster / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster}\n")
    assert command_line(running, "start").returncode == 0
    with psycopg.connect(read_environment(running)["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)


@pytest.mark.live
def test_services_whose_folder_was_deleted_end_before_new_ones_start(running: Path) -> None:
    before = {name: pid for name, pid in stack.status(running).items() if pid is not None}
    born = {pid: processes.birth(pid) for pid in before.values()}
    shutil.rmtree(running)
    answer = command_line(running, "start")
    assert answer.returncode == 0, answer.stderr
    assert len(born) == 3
    assert all(processes.birth(pid) != life for pid, life in born.items())
    assert not set(stack.status(running).values()) & set(born)


@pytest.mark.live
def test_a_database_folder_left_half_made_is_made_again(tmp_path: Path) -> None:
    data = tmp_path / "data"
    folders.claim(data)
    server = postgres.Server(
        data=data,
        port=ports.choose(wanted=None, taken=()),
        superuser_password="first",
        role_password="second",
        throwaway=True,
    )
    half = postgres.manner_of(data).home / "data.making"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    try:
        postgres.start(server)
        assert postgres.query(server, "SELECT 1") == "1"
        assert not half.exists()
    finally:
        assert postgres.stop(data) is True
