"""A small Redis client: it asks the Sentinels for the master, writes without pause, and knows what was acknowledged."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import TracebackType

PAUSE = 0.1
"""Between two questions to the Sentinels while nothing can be written; the recovery model allows a second."""
TIMEOUT = 1.0
"""After this a silent connection is given up; the recovery model assumes the same."""

Answer = str | int | None | list["Answer"]


class RedisError(OSError):
    """Redis answered with an error."""


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


class Client:
    """One connection."""

    def __init__(self, address: Address, password: str, source: str = "") -> None:
        origin = (source, 0) if source else None
        self._socket = socket.create_connection((address.host, address.port), TIMEOUT, origin)
        self._file = self._socket.makefile("rb")
        try:
            self.command("AUTH", password)
        except OSError:
            self.close()
            raise

    def command(self, *words: str) -> Answer:
        """Sends one command and gives the answer. Raises RedisError for an error, OSError for a broken connection."""
        self.send(*words)
        return self.receive()

    def send(self, *words: str) -> None:
        encoded = [word.encode() for word in words]
        parts = [b"*%d\r\n" % len(encoded), *(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)]
        self._socket.sendall(b"".join(parts))

    def receive(self) -> Answer:
        line = self._file.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError("the connection ended")
        kind, text = line[:1], line[1:-2].decode()
        if kind == b"-":
            raise RedisError(text)
        if kind == b":":
            return int(text)
        if kind == b"$":
            return self._bulk(int(text))
        if kind == b"*":
            return [self.receive() for _ in range(int(text))]
        return text

    def _bulk(self, length: int) -> str | None:
        if length < 0:
            return None
        data = self._file.read(length + 2)
        if len(data) != length + 2:
            raise ConnectionError("the connection ended")
        return data[:-2].decode()

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
        self._socket.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Sentinels:
    """Who knows the master."""

    def __init__(self, addresses: Sequence[Address], password: str, hosts: Mapping[str, str]) -> None:
        self.addresses = list(addresses)
        self.password = password
        self._hosts = dict(hosts)

    def name_more(self, hosts: Mapping[str, str]) -> None:
        """Hosts that Sentinels name besides."""
        self._hosts.update(hosts)

    def ask(self, address: Address, *words: str) -> Answer:
        """What one Sentinel answers. Raises OSError."""
        with Client(address, self.password) as client:
            return client.command("SENTINEL", *words)

    def master(self) -> Address | None:
        """The master as the first Sentinel that answers names it, as clients find it."""
        for address in self.addresses:
            with contextlib.suppress(OSError):
                answer = self.ask(address, "GET-MASTER-ADDR-BY-NAME", "mymaster")
                if isinstance(answer, list):
                    return Address(self._hosts[str(answer[0])], int(str(answer[1])))
        return None

    def state(self, address: Address) -> dict[str, str]:
        """All that one Sentinel says of the master."""
        return _fields(self.ask(address, "MASTER", "mymaster"))

    def known(self, address: Address) -> tuple[str, set[str], int]:
        """The master and its replicas by name, and how many other Sentinels one knows."""
        state, replicas = self.state(address), self.ask(address, "REPLICAS", "mymaster")
        assert isinstance(replicas, list)
        return state["ip"], {_fields(item)["ip"] for item in replicas}, int(state["num-other-sentinels"])


def _fields(answer: Answer) -> dict[str, str]:
    assert isinstance(answer, list)
    words = [str(item) for item in answer]
    return dict(zip(words[::2], words[1::2], strict=True))


class Writer:
    """Writes one key after the other to whatever is master, until it is stopped; ``stays_with`` never asks."""

    def __init__(self, sentinels: Sentinels, stays_with: Address | None = None, source: str = "") -> None:
        self._sentinels = sentinels
        self.prefix = "inside" if stays_with else "key"
        self._stays_with, self._source = stays_with, source
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.acknowledged: list[tuple[float, int]] = []
        """When, and which number."""

    def __enter__(self) -> Writer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(10)

    def _run(self) -> None:
        numbers = itertools.count()
        while not self._stop.is_set():
            with contextlib.suppress(OSError):
                address = self._stays_with or self._sentinels.master()
                if address is not None:
                    self._write(address, numbers)
            self._stop.wait(PAUSE)

    def _write(self, address: Address, numbers: Iterator[int]) -> None:
        with Client(address, self._sentinels.password, self._source) as client:
            while not self._stop.is_set():
                number = next(numbers)
                client.command("SET", f"{self.prefix}:{number}", str(number))
                self.acknowledged.append((time.monotonic(), number))

    def written_since(self, moment: float) -> float | None:
        """When the first write that began after ``moment`` was acknowledged; None while none was."""
        return next((when for when, _ in reversed(self._after(moment))), None)

    def _after(self, moment: float) -> list[tuple[float, int]]:
        found = []
        for item in reversed(self.acknowledged):
            if item[0] <= moment:
                break
            found.append(item)
        return found

    def longest_gap(self, since: float) -> float:
        """The longest time between two acknowledgements, counted from ``since``."""
        moments = [since, *(when for when, _ in reversed(self._after(since)))]
        return max((later - earlier for earlier, later in itertools.pairwise(moments)), default=0.0)


def lost(client: Client, writer: Writer) -> list[int]:
    """The acknowledged numbers that the server does not have."""
    found = []
    numbers = [number for _, number in writer.acknowledged]
    for start in range(0, len(numbers), 1000):
        some = numbers[start : start + 1000]
        answer = client.command("MGET", *(f"{writer.prefix}:{number}" for number in some))
        assert isinstance(answer, list)
        found += [number for number, value in zip(some, answer, strict=True) if value != str(number)]
    return found
