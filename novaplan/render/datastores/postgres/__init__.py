"""PostgreSQL: alone, or replicated and failed over by Patroni, with a pooler and a proxy before it where stated.

Reading order: ``access`` says who may do what, ``members`` and ``standalone`` run the servers, ``etcd`` keeps the
lease, ``proxy`` finds the leader, ``pooler`` shares connections; ``patroni`` and the templates configure them.

Services: the datastore's own name is what clients use, the pooler or else the leader; ``-primary`` reaches the leader
alone, ``-replicas`` replicas alone.
"""

from novaplan.render.datastores.postgres.access import access, login_role
from novaplan.render.datastores.postgres.objects import client_config, egress_ports, login, needs, objects, warnings

__all__ = ["access", "client_config", "egress_ports", "login", "login_role", "needs", "objects", "warnings"]
