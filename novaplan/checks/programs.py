"""Which server a container runs, and how it is configured: files and arguments as directives of one form."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from novaplan.importers.draft import Container, Draft, MountedFile, Setting, Where, Workload
from novaplan.importers.recognition import image_path

_IMAGES: Final = {
    "redis": "redis-server",
    "valkey": "redis-server",
    "postgres": "postgres",
    "postgis": "postgres",
    "timescaledb": "postgres",
    "spilo": "patroni",
    "patroni": "patroni",
    "etcd": "etcd",
    "kafka": "kafka",
    "cp-kafka": "kafka",
    "zookeeper": "zookeeper",
    "cp-zookeeper": "zookeeper",
    "mysql": "mysql",
    "mariadb": "mysql",
    "mongo": "mongo",
    "mongodb": "mongo",
    "nginx": "nginx",
    "pgbouncer": "pgbouncer",
    "haproxy": "haproxy",
    "rabbitmq": "rabbitmq",
    "elasticsearch": "elasticsearch",
    "neo4j": "neo4j",
    "clickhouse-server": "clickhouse",
    "milvus": "milvus",
    "minio": "minio",
    "memcached": "memcached",
}
"""What the last part of an image's name runs when it is told nothing else."""
_COMMANDS: Final = {
    "redis-server": "redis-server",
    "valkey-server": "redis-server",
    "redis-sentinel": "redis-sentinel",
    "valkey-sentinel": "redis-sentinel",
    "postgres": "postgres",
    "patroni": "patroni",
    "etcd": "etcd",
    "mysqld": "mysql",
    "mariadbd": "mysql",
    "mongod": "mongo",
    "milvus": "milvus",
    "neo4j": "neo4j",
    "clickhouse-server": "clickhouse",
    "rabbitmq-server": "rabbitmq",
    "nginx": "nginx",
    "pgbouncer": "pgbouncer",
    "haproxy": "haproxy",
}
_PUBLISHERS: Final = (("library",), ("valkey",), ("postgis",), ("timescale",), ("pgvector",), ("debezium",))
_VERSION: Final = re.compile(r"-?\d[\d.]*$")
_SUBCOMMANDS: Final = frozenset(("server", "run"))
_WRAPPERS: Final = frozenset(
    ("tini", "--", "dumb-init", "gosu", "su-exec", "exec", "docker-entrypoint.sh", "setpriv", "s6-svc")
)
_SHELLS: Final = frozenset(("sh", "bash", "ash", "dash"))
_STARTS = re.compile(r"(?:^|[;&|\n]|\bthen\b)[ \t]*(?:exec[ \t]+)?(?:[\w./-]*/)?([a-z-]+)\b([^\n;&|]*)")
_MONITOR: Final = re.compile(r"sentinel monitor (\S+ \S+ \d+ \d+)")
_LONGEST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Directive:
    """One line of a configuration file, or one flag with its words."""

    name: str
    words: tuple[str, ...] = field(repr=False)
    where: Where
    source: str
    """``file`` or ``argument``."""
    written: tuple[str, ...] = field(default=(), repr=False)
    """The words before variables were put in place."""

    @property
    def text(self) -> str:
        """The words as one."""
        return " ".join(self.words)

    @property
    def first(self) -> str:
        """The first word, empty without any."""
        return self.words[0].strip("\"'") if self.words else ""


@dataclass(frozen=True, slots=True)
class Server:
    """A server program in a container of a workload."""

    workload: Workload
    container: Container
    program: str
    directives: tuple[Directive, ...] = ()
    """Of the file it reads, then of the command line, which goes over it."""
    scripted: bool = False
    """A script starts it: what else it is told cannot be read here."""
    config: MountedFile | None = None
    """The file it reads, where that is mounted."""
    seeds: tuple[Directive, ...] = ()
    """Of a Redis or Sentinel that a script starts: what the files say that the script begins with."""

    def last(self, *names: str) -> Directive | None:
        """The directive that counts of those with one of these names."""
        return next((item for item in reversed(self.directives) if item.name in names), None)

    def all(self, name: str) -> list[Directive]:
        """Every directive of that name."""
        return [item for item in self.directives if item.name == name]

    @property
    def stated(self) -> tuple[Directive, ...]:
        """What is known of its directives, whoever puts them together."""
        return self.directives or self.seeds

    @property
    def label(self) -> str:
        """How findings name it."""
        return self.workload.name


def servers(draft: Draft, *programs: str) -> Iterator[Server]:
    """The servers of these programs, init containers left out."""
    for workload in draft.workloads:
        if workload.kind in ("job", "cronjob"):
            continue
        for container in workload.containers:
            if container.kind == "init":
                continue
            program, scripted = program_of(container)
            if program in programs:
                yield _server(workload, container, program, scripted)


def program_of(container: Container) -> tuple[str, bool]:
    """The server it runs (empty for any other program), and whether a script starts it."""
    path = image_path(container.image or "")
    usual = _IMAGES.get(_VERSION.sub("", path[-1]), "") if path else ""
    words = [word for word in container.command if word.rpartition("/")[2] not in _WRAPPERS]
    if (
        not words
        or words[0].startswith("-")
        or words[0].endswith((".conf", ".yml", ".yaml"))
        or words[0] in _SUBCOMMANDS
    ):
        return ("redis-sentinel" if usual == "redis-server" and "--sentinel" in words else usual), False
    first = words[0].rpartition("/")[2]
    if first in _SHELLS:
        return _of_script(words[1:], container)
    program = _COMMANDS.get(first, "")
    return ("redis-sentinel" if program == "redis-server" and "--sentinel" in words else program), False


def is_official(container: Container) -> bool:
    """Whether its image is one that everybody knows, and no derived one that may hold more."""
    path = image_path(container.image or "")
    return len(path) == 1 or path[:1] in _PUBLISHERS


def _of_script(words: Sequence[str], container: Container) -> tuple[str, bool]:
    files = {item.path: item.text for item in container.files}
    text = "\n".join(files.get(word, word) for word in words)[:_LONGEST]
    for match in _STARTS.finditer(text):
        program = _COMMANDS.get(match[1], "")
        if program:
            return ("redis-sentinel" if program == "redis-server" and "--sentinel" in match[2] else program), True
    return "", True


def _server(workload: Workload, container: Container, program: str, scripted: bool) -> Server:
    found = Server(workload, container, program, scripted=scripted)
    if scripted:
        return replace(found, seeds=tuple(_seeds(container, program))) if program.startswith("redis") else found
    arguments = tuple(_arguments(container.settings))
    if program.startswith("redis"):
        words = {word for word in container.command if "/" in word or word.endswith(".conf")}
        config = next((item for item in container.files if item.path in words), None)
        told = tuple(redis_directives(config)) if config is not None else ()
        return replace(found, directives=(*told, *arguments), config=config)
    if program == "postgres":
        stated = [item.words[0] for item in arguments if item.name == "c" and item.words]
        wanted = {text.partition("=")[2].strip() for text in stated if text.startswith("config_file")}
        config = next((item for item in container.files if item.path in wanted), None)
        told = tuple(assignments(config)) if config is not None else ()
        return replace(found, directives=(*told, *map(_option, arguments)), config=config)
    return replace(found, directives=arguments)


def _option(item: Directive) -> Directive:
    """``-c name=value`` as the directive it is."""
    name, equals, value = (item.words[0] if item.words else "").partition("=")
    return replace(item, name=name.strip(), words=(value.strip(),)) if item.name == "c" and equals else item


def _seeds(container: Container, program: str) -> Iterator[Directive]:
    """The files of that name, and where a script writes ``sentinel monitor``."""
    for file in container.files:
        if file.path.endswith("/sentinel.conf" if program == "redis-sentinel" else "/redis.conf"):
            yield from redis_directives(file)
        elif program == "redis-sentinel":
            for where, line in lines(file):
                if match := _MONITOR.search(line):
                    yield Directive("sentinel monitor", tuple(match[1].split()[:4]), where, "file")


def redis_directives(file: MountedFile) -> Iterator[Directive]:
    """The lines of a redis.conf or sentinel.conf; a Sentinel's get their second word as ``sentinel monitor``."""
    for where, line in lines(file):
        words = [word.strip("\"'") for word in line.split()]
        if not line.startswith("#") and words:
            name = words[0].lower()
            count = 2 if name == "sentinel" and len(words) > 1 else 1
            yield Directive(
                " ".join([name, *(word.lower() for word in words[1:count])]), tuple(words[count:]), where, "file"
            )


def assignments(file: MountedFile, comments: str = "#") -> Iterator[Directive]:
    """The lines ``name = value`` of a postgresql.conf, a pgbouncer.ini, a properties file."""
    for where, line in lines(file):
        if line[:1] in comments or line.startswith("["):
            continue
        name, _, value = line.partition("=") if "=" in line else line.partition(" ")
        value = re.sub(r"\s+#.*$", "", value).strip().strip("'\"")
        yield Directive(name.strip(), (value,), where, "file")


def lines(file: MountedFile) -> Iterator[tuple[Where, str]]:
    """The lines of a file that say something, each with its place."""
    for number, line in enumerate(file.text.splitlines()):
        if line.strip():
            yield Where(file.where.file, (file.where.line or 1) + number, file.where.field), line.strip()


def _arguments(settings: Sequence[Setting]) -> Iterator[Directive]:
    """The flags of a command line, each with every word that follows it."""
    flag: Setting | None = None
    words: list[str] = []
    written: list[str] = []
    for setting in (item for item in settings if item.source == "argument"):
        if setting.name.startswith("-"):
            if flag is not None:
                yield _flag(flag, words, written)
            flag, words, written = setting, [], []
        if setting.text is not None and (flag is not None):
            words.append(setting.text)
            written.append(setting.written if setting.written is not None else setting.text)
    if flag is not None:
        yield _flag(flag, words, written)


def _flag(setting: Setting, words: list[str], written: list[str]) -> Directive:
    return Directive(setting.name.lstrip("-"), tuple(words), setting.where, "argument", tuple(written))


def mounted_below(container: Container, path: str) -> bool:
    """Whether ``path``, or a folder above it, is mounted."""
    return any(path == item.path or path.startswith(f"{item.path.rstrip('/')}/") for item in container.mounts)
