"""Waiting in a queue with many servers (M/M/c): how likely, how long, and from which utilisation on it is too long.

The model: requests arrive independently of each other at a constant mean rate (a Poisson process), each keeps one of
``c`` equal servers busy for an exponentially distributed time, and those that find all servers busy wait in one line,
first come, first served, however long it grows. All functions take rates per second and times in seconds, as floats.

Sources:

- A. K. Erlang, "Solution of some Problems in the Theory of Probabilities of Significance in Automatic Telephone
  Exchanges", The Post Office Electrical Engineers' Journal 10 (1917/18), pages 189-197: both formulas.
- D. Gross, J. F. Shortle, J. M. Thompson, C. M. Harris, Fundamentals of Queueing Theory, 4th edition, Wiley 2008,
  section 2.3 (M/M/c, with the distributions of the waiting time and of the time in the system).
- L. Kleinrock, Queueing Systems, volume 1: Theory, Wiley 1975, section 3.5 (M/M/m).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral

from novaplan.errors import InputError

MOST_SERVERS = 10_000_000
"""One evaluation takes time in proportion to the servers; more than this is a slip of the pen."""


def erlang_b(servers: int, offered: float) -> float:
    """Probability that a request is lost where nobody can wait (Erlang's first formula), between 0 and 1.

    ``offered`` is the load in erlangs: arrival rate times mean service time. Computed by the recursion over the number
    of servers (Gross et al., section 2.4), which neither overflows nor subtracts. Raises ``InputError`` when there is
    no server or the load is no number from 0 up.
    """
    _require_servers(servers)
    _require(offered >= 0 and math.isfinite(offered), f"the offered load should be a number from 0 up, not {offered}")
    blocked = 1.0
    for count in range(1, servers + 1):
        share = offered * blocked
        blocked = share / (count + share)
    return blocked


def erlang_c(servers: int, offered: float) -> float:
    """Probability that a request has to wait (Erlang's second formula, Erlang C), between 0 and 1.

    It is 1 when the load, in erlangs, reaches the number of servers: the line then grows without end. Computed from
    Erlang B as B / (1 - u (1 - B)) with u the utilisation (Gross et al., section 2.4). Raises ``InputError`` as
    ``erlang_b`` does.
    """
    blocked = erlang_b(servers, offered)
    if offered >= servers:
        return 1.0
    return min(1.0, servers * blocked / (servers - offered * (1.0 - blocked)))


@dataclass(frozen=True, slots=True)
class Queue:
    """An M/M/c queue in its steady state. Times are infinite where the load reaches the number of servers.

    Raises ``InputError`` when there is no server, a rate is negative or a time is not above 0.
    """

    servers: int
    """c: how many requests are worked on at once."""
    arrival_rate: float
    """Requests per second."""
    service_time: float
    """Mean time in seconds for which a request keeps a server busy, without waiting."""

    def __post_init__(self) -> None:
        _require_servers(self.servers)
        known = self.arrival_rate >= 0 and math.isfinite(self.arrival_rate)
        _require(known, f"the arrival rate should be a number from 0 up, not {self.arrival_rate}")
        _require_time(self.service_time, "service time")

    @property
    def offered(self) -> float:
        """Load in erlangs: the servers that would be busy on average if there were always one free."""
        return self.arrival_rate * self.service_time

    @property
    def utilisation(self) -> float:
        """Share of the servers that is busy; 1 and above means that the line grows without end."""
        return self.offered / self.servers

    @property
    def waiting_probability(self) -> float:
        """Probability that a request waits (Erlang C)."""
        return erlang_c(self.servers, self.offered)

    @property
    def mean_wait(self) -> float:
        """Mean time in line in seconds, over all requests: C / (c/s - rate) (Gross et al., section 2.3)."""
        spare = self.servers - self.offered
        return self.waiting_probability * self.service_time / spare if spare > 0 else math.inf

    @property
    def mean_sojourn(self) -> float:
        """Mean time from arrival to answer in seconds: waiting and service."""
        return self.mean_wait + self.service_time

    def exceeds(self, seconds: float) -> float:
        """Probability that the time from arrival to answer is longer than ``seconds`` (Gross et al., section 2.3)."""
        return _tail(self.servers, self.offered, self.waiting_probability, seconds / self.service_time)

    def sojourn_quantile(self, share: float = 0.95) -> float:
        """The time in seconds within which ``share`` of the requests is answered; 0.95 gives the 95th percentile.

        Raises ``InputError`` when ``share`` is not between 0 and 1.
        """
        _require_share(share)
        if self.offered >= self.servers:
            return math.inf
        waiting, left = self.waiting_probability, 1.0 - share

        def late(times: float) -> bool:
            return _tail(self.servers, self.offered, waiting, times) > left

        high = 1.0
        while late(high):
            high *= 2.0
        return _boundary(late, 0.0, high) * self.service_time


def breaking_utilisation(servers: int, service_time: float, limit: float, share: float = 0.95) -> float | None:
    """The highest utilisation at which ``share`` of the requests is still answered within ``limit`` seconds.

    Between 0 and 1; above it the latency breaks. None when no load is small enough: service alone, which is
    exponentially distributed, takes longer than ``limit`` for too many requests (its 95th percentile is 3.0 times its
    mean). ``service_time`` is the mean in seconds. Raises ``InputError`` for what is no number of servers, time or
    share.
    """
    _require_servers(servers)
    _require_time(service_time, "service time")
    _require_time(limit, "limit")
    _require_share(share)
    times, left = limit / service_time, 1.0 - share
    if math.exp(-times) > left:
        return None

    def holds(utilisation: float) -> bool:
        offered = utilisation * servers
        return _tail(servers, offered, erlang_c(servers, offered), times) <= left

    return _boundary(holds, 0.0, 1.0)


def _tail(servers: int, offered: float, waiting: float, times: float) -> float:
    """Probability that the sojourn takes longer than ``times`` mean service times.

    With x = c - a - 1 it is exp(-t) + C (exp(-t) - exp(-(1 + x) t)) / x. Both exponentials are near each other where x
    is near 0, so the larger one is taken out and the rest left to expm1.
    """
    if times <= 0:
        return 1.0
    if offered >= servers:
        return 1.0
    beyond = servers - offered - 1.0
    slower = math.exp(-min(1.0, 1.0 + beyond) * times)
    gap = abs(beyond)
    between = times if gap * times < 1e-12 else -math.expm1(-gap * times) / gap
    return min(1.0, math.exp(-times) + waiting * slower * between)


def _boundary(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where ``holds`` ends, by halving: true at ``low``, false at ``high``, to the last bit but a few."""
    while high - low > 1e-12 * high:
        middle = (low + high) / 2.0
        if holds(middle):
            low = middle
        else:
            high = middle
    return low


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


def _is_count(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)  # numpy's whole numbers are Integral too


def _require_servers(servers: int) -> None:
    known = _is_count(servers) and 1 <= servers <= MOST_SERVERS
    _require(known, f"a queue needs a whole number of servers from 1 to {MOST_SERVERS}, not {servers}")


def _require_time(seconds: float, what: str) -> None:
    _require(seconds > 0 and math.isfinite(seconds), f"the {what} should be a time above 0, not {seconds}")


def _require_share(share: float) -> None:
    _require(0 < share < 1, f"the share should be between 0 and 1, such as 0.95, not {share}")
