"""Commands for a PostgreSQL as novaplan renders it: where its server is reached, and how statements get there.

Everything runs inside the pod of the server, over its socket, as the superuser, who comes in no other way. Where
Patroni runs it, a line before asks who leads. A managed server is reached by its host, as whom ``PGUSER`` and
``PGPASSWORD`` say. No password stands in a command: it goes from a Secret to standard input.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from novaplan.migration.texts import kubectl, sh, sql_name, sql_text
from novaplan.topology.datastore import Datastore, Managed, Patroni
from novaplan.topology.wiring import Dependency

PORT = 5432
REPLICATOR = "replicator"
"""The role with which members of a rendered Patroni follow their leader."""
_SUPERUSER = "postgres"
_PLAIN = re.compile(r"[A-Za-z_][-\w]*", re.ASCII)
_CONFIG = "/etc/patroni/patroni.yml"
_SOCKET = "/run/postgresql"
_NAMESPACE = "jsonpath={.metadata.namespace}"
_QUIET = "SET log_statement = none; SET log_min_duration_statement = -1; SET log_min_error_statement = panic;"


@dataclass(frozen=True, slots=True)
class Server:
    """One PostgreSQL."""

    name: str
    namespace: str | None
    members: int | None = None
    """Of Patroni; None for a server alone."""
    managed: bool = False
    superuser: str = _SUPERUSER
    outside: int = PORT
    """The port of its Services."""
    role: str = "Leader"
    """Which member is meant: the leader, or the ``Standby Leader`` of a cluster that follows another server."""

    @property
    def secret(self) -> str:
        """The Secret with the passwords of its roles."""
        return f"{self.name}-credentials"

    @property
    def pod(self) -> str:
        """The pod of a server alone."""
        return f"{self.name}-0"

    @property
    def host(self) -> str:
        """A word of the shell: the host of the server itself, no pooler before it, seen from any namespace. kubectl is
        asked for a namespace that the topology does not name."""
        if self.managed:
            return f'"{self.name}"'
        space = self.namespace or f"$({self.kubectl('get', f'statefulset/{self.name}', '-o', _NAMESPACE)})"
        service = f"{self.pod}.{self.name}-headless" if self.members is None else f"{self.name}-primary"
        return f'"{service}.{space}"'

    @property
    def port(self) -> int:
        """The port at ``host``."""
        return PORT if self.members is None and not self.managed else self.outside

    @property
    def before(self) -> str:
        """The line that the commands of this server need before them, with the end of a line; or nothing."""
        if self.members is None:
            return ""
        pick = f"awk -F '\\t' '$4 == \"{self.role}\" {{print $2}}'"
        return f"{self._leader}=$({self.patronictl('list', '-f', 'tsv')} | {pick})\n"

    @property
    def _leader(self) -> str:
        return re.sub(r"\W", "_", self.name) + "_leader"

    def kubectl(self, *words: str | int) -> str:
        """kubectl in its namespace."""
        return kubectl(self.namespace, *words)

    def patronictl(self, *words: str) -> str:
        """What a member says of all of them, or does with them."""
        where = ("exec", f"statefulset/{self.name}", "-c", self.name, "--")
        return self.kubectl(*where, "patronictl", "-c", _CONFIG, *words)

    def until_led(self) -> str:
        """Waits until a member has ``role``."""
        pick = sh("awk", "-F", "\\t", f'$4 == "{self.role}" {{found = 1}} END {{exit !found}}')
        return f"until {self.patronictl('list', '-f', 'tsv')} | {pick}; do sleep 1; done"

    def run(self, *words: str) -> str:
        """A program beside the server; needs ``before``."""
        if self.managed:
            return sh(*words)
        pod = self.pod if self.members is None else f'"${self._leader}"'
        head, rest = self.kubectl("exec", "-i"), sh("-c", self.name, "--", *words)
        return f"{head} {pod} {rest}"

    def client(self, program: str, database: str, *words: str) -> str:
        """A program of PostgreSQL with a database; needs ``before``."""
        login = ("-U", self.superuser, *(() if self.members is None else ("-h", _SOCKET)))
        return self.run(program, *(("-h", self.name) if self.managed else login), "-d", connection(database), *words)

    def plain_psql(self, database: str, *statements: str) -> str:
        """psql, bare values out; without statements it takes a script from standard input; needs ``before``."""
        commands = [word for statement in statements for word in ("-c", statement)]
        return self.client("psql", database, "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", *commands)

    def psql(self, database: str, *statements: str) -> str:
        """Statements, each in a command of its own, stopping at the first that fails."""
        if any("'" in statement or "$" in statement for statement in statements):
            return self.script(database, *map(_ended, statements))
        return self.before + self.plain_psql(database, *statements)

    def script(self, database: str, *lines: str, **values: str) -> str:
        """A script of psql; ``values`` are words of the shell by the variable that has them in the script. Neither the
        server's log nor a list of processes shows them."""
        text = "\n".join(lines)
        if not values:
            return f"{self.before}{self.plain_psql(database)} <<'SQL'\n{text}\nSQL"
        head = "".join(f"printf '\\\\set {name} %s\\n' {value}\n" for name, value in values.items())
        return f"{self.before}{{\n{head}cat <<'SQL'\n{_QUIET}\n{text}\nSQL\n}} | {self.plain_psql(database)}"


PASSWORD = "convert_from(decode(:'secret', 'base64'), 'UTF8')"
"""In a script whose value ``secret`` is a key of a Secret: the password."""
_ESCAPED = rf"replace(replace({PASSWORD}, E'\\', E'\\\\'), '''', E'\\''')"


def link(role: str, port: int, database: str | None = None) -> str:
    """In a script with the values ``secret`` and ``host``: how ``role`` logs in there, as servers take it."""
    where = f"host=%s port={port} user={role}" + (f" dbname={_quoted(database)}" if database is not None else "")
    text = sql_text(where.replace("%", "%%").replace("%%s", "%s", 1) + " password='%s'")
    return f"format({text}, :'host', {_ESCAPED})"


def key_of(namespace: str | None, secret: str, key: str) -> str:
    """A word of the shell: what a key of a Secret holds, in base64 as Kubernetes keeps it."""
    path = key.replace("\\", "\\\\").replace(".", "\\.").replace("'", "\\'")
    return '"$(' + kubectl(namespace, "get", "secret", secret, "-o", f"jsonpath={{.data.{path}}}") + ')"'


def server_of(store: Datastore) -> Server:
    """Where ``store`` is reached as rendered."""
    outside = store.port or PORT
    if isinstance(store.deployment, Patroni):
        return Server(store.name, store.namespace, store.deployment.members, outside=outside)
    user = next((item.value for item in store.env if item.name == "POSTGRES_USER"), None) or _SUPERUSER
    managed = isinstance(store.deployment, Managed)
    return Server(store.name, store.namespace, managed=managed, superuser=user, outside=outside)


def let_talk(*servers: Server) -> str:
    """Network policies with which the servers' pods reach each other, in every namespace of theirs."""
    known = ", ".join(dict.fromkeys(item.name for item in servers))
    pods = f"{{matchExpressions: [{{key: app.kubernetes.io/name, operator: In, values: [{known}]}}]}}"
    peers = f"[{{namespaceSelector: {{}}, podSelector: {pods}}}]"
    policy = (
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n"
        f"metadata: {{name: {_policy(servers)}}}\nspec:\n  podSelector: {pods}\n  policyTypes: [Ingress, Egress]\n"
        f"  ingress: [{{from: {peers}}}]\n  egress: [{{to: {peers}}}]"
    )
    spaces = dict.fromkeys(item.namespace for item in servers)
    return "\n".join(f"{kubectl(space, 'apply', '-f', '-')} <<'YAML'\n{policy}\nYAML" for space in spaces)


def stop_talk(*servers: Server) -> str:
    """Takes the policies of ``let_talk`` away again."""
    words = ("delete", "networkpolicy", _policy(servers), "--ignore-not-found")
    return "\n".join(kubectl(space, *words) for space in dict.fromkeys(item.namespace for item in servers))


def _policy(servers: Iterable[Server]) -> str:
    return "-".join(dict.fromkeys(item.name.replace(".", "-") for item in servers))[:50] + "-copying"


def role_of(edge: Dependency) -> str:
    """The role that a client logs in as: what is stated, else its own name as the renderer makes a role of it."""
    return edge.user or edge.client.replace("-", "_")


def connection(database: str) -> str:
    """A database as programs take any name: one that looks like more than a name as a connection string."""
    return database if _PLAIN.fullmatch(database) else f"dbname={_quoted(database)}"


def _quoted(value: str) -> str:
    """A value in a connection string."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def names(items: Iterable[str]) -> str:
    """Names in SQL with commas between."""
    return ", ".join(map(sql_name, items))


def texts(items: Iterable[str]) -> str:
    """Texts in SQL with commas between."""
    return ", ".join(map(sql_text, items))


def must(condition: str, otherwise: str) -> str:
    """A statement that fails with ``otherwise`` unless ``condition`` holds."""
    return _block(f"BEGIN IF NOT ({condition}) THEN RAISE EXCEPTION {_message(otherwise)}; END IF; END")


def await_until(condition: str, otherwise: str, seconds: int = 300) -> str:
    """A statement that waits until ``condition`` holds and fails with ``otherwise`` after so many seconds; ``goal`` in
    it is the place in the log that was reached when it began."""
    return _block(
        f"DECLARE goal pg_lsn := pg_current_wal_insert_lsn(); BEGIN FOR i IN 1..{seconds} LOOP"
        f" IF ({condition}) THEN RETURN; END IF; PERFORM pg_sleep(1); END LOOP;"
        f" RAISE EXCEPTION {_message(otherwise)}; END"
    )


def made_role(role: str, options: str) -> list[str]:
    """Lines of a script with the value ``secret``: the role exists, with these options and that password."""
    return [
        role_exists(role),
        f"SELECT format('ALTER ROLE %I {options} PASSWORD %L', {sql_text(role)}, {PASSWORD}) \\gexec",
    ]


def _ended(statement: str) -> str:
    return statement if statement.endswith("\\gexec") else f"{statement};"


def role_exists(role: str) -> str:
    """A line of a script: there is a role of that name; one that is made so cannot log in."""
    return (
        f"SELECT format('CREATE ROLE %I', {sql_text(role)})"
        f" WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {sql_text(role)}) \\gexec"
    )


def _message(text: str) -> str:
    return sql_text(text.replace("%", "%%"))


def _block(body: str) -> str:
    tag = "$do$"
    while tag in body:
        tag = f"{tag[:-1]}_$"
    return f"DO {tag} {body} {tag}"
