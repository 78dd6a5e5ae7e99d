"""How a Redis that runs alone becomes one of several: members follow it, Sentinels name it, clients learn to ask them,
and only then another one takes over, with nothing lost. The old server follows from then on, so the way back is the
same hand-over the other way round.

Sentinels must not be left to themselves before: those that watch a new, empty member would undo what makes members
follow the old server, and would fail over under clients that do not ask them. So they are made to watch the old server,
with a quorum that nobody reaches, which still lets them be told to fail over
(https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from novaplan.migration.redis import (
    MASTER,
    SENTINEL_PORT,
    at_master,
    host_of,
    in_each,
    in_pod,
    measured,
    named_master,
    port_of,
    sentinel_pods,
    told,
)
from novaplan.migration.step import LATER, Action, Gate
from novaplan.migration.texts import followed, kubectl, listed, removed, rolled_out, sh, started, undo
from novaplan.topology.datastore import Datastore, Sentinel

NEVER = 99
"""A quorum that no number of Sentinels reaches: they tell who is master, and never fail over by themselves."""
REFRESH = 12
"""Seconds until every Sentinel knows a new priority: they ask each server every ten."""
_FOLLOW = """\
redis-cli -e -p "$3" config set masteruser default
redis-cli -e -p "$3" replicaof "$1" "$2\""""
_WATCH = """\
s="redis-cli -p {port}"
$s sentinel remove {master}
$s -e sentinel monitor {master} "$1" "$2" {never}
$s -e sentinel set {master} auth-pass "$REDISCLI_AUTH" auth-user default {settings}"""
_PREPARE = """\
old="redis-cli -e --user default -h $1 -p $2"
$old config set masterauth "$REDISCLI_AUTH"
$old config set replica-announce-ip "$1"
$old config set replica-announce-port "$2"
$old config set replica-priority 0
for second in $(seq 600); do
  [ "$($old info replication | grep -c state=online)" -lt "$3" ] || exit 0
  sleep 1
done
echo "not all members follow $1" >&2
exit 1"""
_KNOWN = """\
for second in $(seq 60); do
  ! redis-cli -p {port} info sentinel | grep -q "slaves={members},sentinels={sentinels}" || exit 0
  sleep 1
done
echo "this Sentinel does not know all the others" >&2
exit 1"""
_BACK = """\
old="redis-cli -e --user default -h $1 -p $2"
$old config set replica-priority 1
sleep {refresh}
sh /config/hand-over.sh "{master}"
$old role | head -n 1 | grep -x master"""
_RELEASE = """\
old="redis-cli -e --user default -h $1 -p $2"
$old config set replica-priority 100
$old config set replica-announce-ip ""
$old config set replica-announce-port 0
$old config set masterauth \"\""""
_LEFT = """\
redis-cli --user default -h "$1" -p "$2" client list type normal |
  grep -v -e name=sentinel- -e cmd=client | grep -c . || true"""

_PIN = '{"spec":{"selector":{"statefulset.kubernetes.io/pod-name":POD}}}'
_PARTITION = '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":FIRST}}}}'
_POLICY = """\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: {name}-hand-over}}
spec:
  podSelector: {{matchLabels: {{app.kubernetes.io/name: {name}}}}}
  ingress: [{{ports: [{{port: {new}}}]}}]
  egress: [{{ports: [{{port: {old}}}]}}]
"""


@dataclass(frozen=True, slots=True)
class Promotion:
    """One server on its way."""

    old: Datastore
    store: Datastore
    wanted: Sentinel
    clients: Sequence[str]

    @property
    def in_place(self) -> bool:
        """Whether the old server is the first of the new members."""
        return self.old.namespace == self.store.namespace

    @property
    def host(self) -> str:
        """The old server, as every pod finds it and as Sentinels call it."""
        name = self.store.name
        pod = f"{name}-0.{name}-headless"
        return host_of(self.store, pod, "svc.cluster.local") if self.in_place else host_of(self.old, name)

    @property
    def sentinels(self) -> list[str]:
        """Pods with a Sentinel."""
        return sentinel_pods(self.store, self.wanted)

    @property
    def followers(self) -> list[str]:
        """Pods that follow the old server."""
        return [f"{self.store.name}-{index}" for index in range(int(self.in_place), self.wanted.members)]

    def preconditions(self) -> tuple[str, ...]:
        """What must be so before."""
        name, before, after = self.store.name, self.old.memory.eviction, self.store.memory.eviction
        return (
            f"the old {name} is Redis 6.2 or later, and keeps its data when it restarts",
            f"the Secret {name}-credentials holds the password of the old server; where that has none, clients that ask"
            " the Sentinels say AUTH default PASSWORD, which it takes too",
            "the client libraries can ask Sentinels for the master",
            "the server holds what it has in memory with room for a fork"
            f" ({before or 'noeviction'} until now, {after or 'noeviction'} from now on)",
        )

    def actions(self) -> list[Action]:
        """The way there."""
        store, port = self.store, port_of(self.old)
        return [
            *self._opened(),
            *started(
                store.name, "Start the new members and their Sentinels beside the old server; nobody uses them yet"
            ),
            Action("Wait until they run", rolled_out(store.namespace, "statefulset", store.name).query),
            told(
                "Let the Sentinels name the old server, and not fail over by themselves",
                in_each(store, self.sentinels, self._watch(), self.host, port, container="sentinel"),
            ),
            told(
                "Let every member follow the old server, and wait until all do",
                in_each(store, self.followers, _FOLLOW, self.host, port, port_of(store)),
                in_pod(store, self.followers[-1], _PREPARE, self.host, port, len(self.followers)),
            ),
            told(
                "Wait until every Sentinel knows the members and the other Sentinels",
                in_each(store, self.sentinels, self._known(), container="sentinel"),
            ),
            Action(
                f"Release {listed(self.clients) or 'whoever connects'} so that they ask the Sentinels for the master,"
                " one after the other; it is the old server still",
                tool="git",
            ),
            *followed("Tell them of the Sentinels; nothing is deleted yet, and both servers may still be reached"),
            told(
                "Hand over: writes wait until every member has everything, one is promoted, the old server follows it",
                in_pod(store, self.followers[-1], 'sh /config/hand-over.sh "$1" "$2"', self.host, port),
            ),
            told(f"From now on {self.wanted.quorum} Sentinels that agree fail over", self._quorum(self.wanted.quorum)),
            *self._let_go(),
            told(
                "Hand over once more, to see it work while everybody watches",
                in_pod(store, self.followers[-1], f'sh /config/hand-over.sh "{named_master(store)}"'),
            ),
            *self._forgotten(),
        ]

    def _opened(self) -> list[Action]:
        """Network policies that let both servers reach each other, or what keeps clients with the first member."""
        name, there = self.store.name, self.store.namespace
        if self.in_place:
            pin = _PIN.replace("POD", f'"{name}-0"')
            hold = _PARTITION.replace("FIRST", "1")
            return [
                Action(
                    f"Keep the name {name} with {name}-0, and {name}-0 as it is, until the hand-over",
                    kubectl(there, "patch", f"service/{name}", "--type=merge", "-p", pin)
                    + "\n"
                    + kubectl(there, "patch", f"statefulset/{name}", "--type=merge", "-p", hold),
                )
            ]
        policy = _POLICY.format(name=name, new=port_of(self.store), old=port_of(self.old))
        return [
            Action(
                "Let the new members reach the old server, and it them; where the old namespace has policies of its"
                " own, let the same through there",
                f"{sh('printf', '%s', policy)} | {kubectl(there, 'apply', '-f', '-')}",
            )
        ]

    def _watch(self) -> str:
        wanted = self.wanted
        settings = (
            f"down-after-milliseconds {wanted.down_after} failover-timeout {wanted.failover_timeout}"
            f" parallel-syncs {wanted.parallel_syncs}"
        )
        return _WATCH.format(port=SENTINEL_PORT, master=MASTER, never=NEVER, settings=settings)

    def _known(self) -> str:
        return _KNOWN.format(port=SENTINEL_PORT, members=len(self.followers), sentinels=len(self.sentinels))

    def _quorum(self, number: int) -> str:
        script = f"redis-cli -e -p {SENTINEL_PORT} sentinel set {MASTER} quorum {number}"
        return in_each(self.store, self.sentinels, script, container="sentinel")

    def _let_go(self) -> list[Action]:
        if not self.in_place:
            return []
        name, there = self.store.name, self.store.namespace
        free = _PARTITION.replace("FIRST", "0")
        return [
            Action(
                f"Let {name}-0 start as what it is now, one of the members",
                kubectl(there, "patch", f"statefulset/{name}", "--type=merge", "-p", free)
                + "\n"
                + rolled_out(there, "statefulset", name).query,
            ),
            self._unpinned(),
        ]

    def _unpinned(self) -> Action:
        name = self.store.name
        loose = _PIN.replace("POD", "null")
        return Action(
            f"Let the name {name} lead to every member again: it is for reading",
            kubectl(self.store.namespace, "patch", f"service/{name}", "--type=merge", "-p", loose),
        )

    def _forgotten(self) -> list[Action]:
        """What ends the way back."""
        name = self.store.name
        if self.in_place:
            return removed("Take away what stood in between")
        script = f"redis-cli -e -p {SENTINEL_PORT} sentinel reset {MASTER}; sleep 30"
        return [
            *removed(f"{LATER}, and not before the last gate of this step has held for a day: remove the old server"),
            told(
                "Then let the Sentinels forget it, one after the other",
                in_each(self.store, self.sentinels, script, container="sentinel"),
                kubectl(self.store.namespace, "delete", "networkpolicy", f"{name}-hand-over"),
            ),
        ]

    def gates(self, watched: int) -> list[Gate]:
        """How to see that it worked."""
        store, number = self.store, len(self.sentinels)
        agree = f"redis-cli -p {SENTINEL_PORT} sentinel ckquorum {MASTER}"
        asked = f"redis-cli -p {SENTINEL_PORT} --raw sentinel get-master-addr-by-name {MASTER} | head -n 1"
        found = [
            measured(
                "Every other server follows the master",
                at_master(store, "info replication | grep -c state=online || true"),
                f">= {len(self.followers)}",
            ),
            measured(
                "The Sentinels can agree",
                in_each(store, self.sentinels, agree, container="sentinel") + " | grep -c ^OK",
                f"== {number}",
            ),
            measured(
                "They name one master",
                in_each(store, self.sentinels, asked, container="sentinel") + " | sort -u | grep -c .",
                "== 1",
            ),
            rolled_out(store.namespace, "statefulset", store.name),
        ]
        if not self.in_place:
            left = in_pod(store, f"{store.name}-0", _LEFT, self.host, port_of(self.old))
            found.append(measured("No client has stayed with the old server", left, "== 0", watched))
        return found

    def back(self) -> list[Action]:
        """The way back, while the old server follows."""
        store, port = self.store, port_of(self.old)
        one = self.followers[-1]
        script = _BACK.format(refresh=REFRESH, master=named_master(store))
        return [
            told("Hand over to the old server", in_pod(store, one, script, self.host, port)),
            told("Let the Sentinels fail over no more", self._quorum(NEVER)),
            *(self._opened() if self.in_place else []),
            Action(
                f"Give {listed(self.clients) or 'whoever connects'} the old address back, one after the other;"
                " the Sentinels name the old server too",
                tool="git",
            ),
            told(
                "Let the old server be as it was",
                in_pod(store, one, _RELEASE, self.host, port),
            ),
            *undo("Take the new members away: apply the manifests of the state before this step"),
            *([self._unpinned()] if self.in_place else []),
        ]
