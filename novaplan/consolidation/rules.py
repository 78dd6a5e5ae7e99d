"""How each setting combines when several services become one."""

from typing import Literal

from novaplan.topology.base import Model

Agreed = Literal["same", "primary"]
Chosen = Literal["same", "primary", "max", "min"]
Added = Literal["same", "primary", "max", "sum"]


class Rules(Model):
    """How each setting combines when several services become one.

    ``same``: the members must agree, or the consolidation is refused; ``primary``: the primary member's value, and
    where it states none, that of the first other member, by name, that does; ``max``, ``min``, ``sum``: of the stated
    values. A setting that only some members state is no disagreement. Values under ``settings`` stand above every rule.
    """

    namespace: Agreed = "same"
    """A namespace carries access rights, quotas and network policies, so moving a service is a decision."""
    team: Agreed = "same"
    """Who answers for the merged service is agreed between people."""
    workload: Agreed = "same"
    """A Deployment has no stable names and volumes, a CronJob does not run all the time: one cannot stand for
    another."""
    framework: Agreed = "same"
    """Code of two frameworks in one process is work that somebody has to want. The language has no rule: services
    of different runtimes never become one process."""
    replicas: Added = "max"
    """Every pod of the merged service does the work of all members, so the largest count keeps the availability
    each of them had. With `resources: sum`, `replicas: sum` would provide for the same load twice. A member with
    autoscaling counts with the replicas its bounds allow."""
    processes: Added = "max"
    """Processes in a pod that each hold pools of their own: the merged process runs as often as the busiest member
    did."""
    autoscaling: Literal["same", "primary", "widest"] = "widest"
    """`widest`: the highest lower bound, the highest upper bound and the lowest target utilisation, so that no
    member gets fewer pods than it could have. A member without autoscaling counts with its replicas as both bounds.
    With `replicas: sum` the bounds add up too."""
    resources: Added = "sum"
    """Requests and limits of the main container. One pod does what one pod of each member did, so it needs what
    they needed together. A sum of which a part is not known is refused, because it would look like the whole."""
    image: Agreed = "same"
    """The merged service is a new program; nobody but its makers knows what its image is called."""
    command: Agreed = "same"
    """As the image."""
    probes: Agreed = "primary"
    """The merged process is healthy when its core is. Startup, readiness and liveness are taken one by one; where
    the primary has none of a kind, another member's goes on, and its port follows."""
    env: Agreed = "same"
    """Variables are united; this decides about one name with two values, of which one would be lost."""
    ports: Literal["union", "fold"] = "union"
    """`union`: every port is kept, and a name or number taken twice is a conflict. `fold`: ports of one name become
    the primary's port of that name, for one process has one HTTP server; whoever called the others' numbers calls
    that one."""
    rollout: Agreed = "primary"
    """The members' rollouts fitted their own replicas; the primary is nearest to what the merged service is.
    Members that must stop before they start again (`recreate`) and others that must not are a conflict under every
    rule."""
    disruption_budget: Agreed = "primary"
    """As the rollout. A budget that would allow no disruption any more is a conflict."""
    spread: Literal["same", "primary", "strictest"] = "strictest"
    """`strictest`: required before preferred before none. Who asked for distance keeps it."""
    startup: Literal["latest"] = "latest"
    """`latest`: the highest tier of the members, and everything any of them waited for: the merged service starts
    when all its members could have."""
    termination: Literal["same", "primary", "longest"] = "longest"
    """`longest`: the longest pause before stopping, and after it the longest time any member had to finish its
    work."""
    timeouts: Chosen = "same"
    """Of calls and of connecting. A longer timeout keeps slow calls alive, a shorter one keeps a slow server from
    holding every connection: neither is safe to choose by itself."""
    circuit_breaker: Agreed = "same"
    """Its parts belong together, so they are not mixed."""
    retries: Agreed = "same"
    """More retries of a call that must not happen twice, or fewer of one that has to arrive, would both be
    wrong."""
    connection_pool: Added = "max"
    """HTTP connections a process keeps, and the calls that may queue for them: a limit that protects the servers
    should not grow by itself."""
    pools: Added = "sum"
    """Connections of one process to one database or memory store: the queries of all members need them at one time.
    Check the result against what the server takes; `max` is for a process whose members share one pool."""
    secrets: Literal["keep", "merge"] = "keep"
    """`keep`: secrets stay as they are and move with their users. `merge`: the opaque secrets that only this group
    uses become one; keys of one name must open the same thing. Certificates keep their secret, because an Ingress
    needs it whole."""
