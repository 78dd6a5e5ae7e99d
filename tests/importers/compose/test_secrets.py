"""Values of secrets: none reaches the topology, the report or an error, in whatever form it was written."""

import pytest

from novaplan.importers.compose import import_compose
from novaplan.topology.storage import dumps

SECRET = "S3cretValue1"


@pytest.mark.parametrize(
    "body",
    [
        f"environment: {{DB_PASSWORD: {SECRET}}}",
        f"environment: {{MY_API_KEY: {SECRET}}}",
        f"environment: {{URL: 'mysql://u:{SECRET}@db:3306/x'}}",
        f"environment: {{URL: 'redis://:{SECRET}@db:6379/0'}}",
        f"environment: {{URL: 'jdbc:mysql://db/x?user=u&password={SECRET}'}}",
        f"environment: {{URL: 'Server=db;User Id=sa;Password={SECRET};'}}",
        f"environment: {{SENTRY_DSN: 'https://{SECRET}@sentry.io/1'}}",
        f"environment: {{HOOK: 'https://hooks.slack.com/services/T/B/{SECRET}'}}",
        f"environment: {{HEADER: 'Authorization: Bearer {SECRET}'}}",
        f"environment: {{OPTS: '-Dspring.datasource.password={SECRET} -Xmx1g'}}",
        f'environment: {{JSON: \'{{"password": "{SECRET}"}}\'}}',
        f"environment: {{KEYFILE: '-----BEGIN PRIVATE KEY-----{SECRET}'}}",
        f"environment: {{PASS: {SECRET}}}\n    command: run {SECRET}",
        f"environment: {{PASS: {SECRET}}}\n    healthcheck: {{test: [CMD, check, {SECRET}]}}",
        f"command: [--db-password, {SECRET}]",
        f"command: [--token={SECRET}]",
        f"command: server --requirepass {SECRET}",
        f"command: ['sh', '-c', 'curl -u admin:{SECRET} http://db/']",
        f"healthcheck: {{test: 'mysqladmin ping -u root -p{SECRET}'}}",
        f"healthcheck: {{test: 'curl http://u:{SECRET}@localhost/'}}",
        f"build: {{context: ., args: {{NPM_TOKEN: {SECRET}, URL: 'https://u:{SECRET}@db/x'}}}}",
        f"labels: {{traefik.http.middlewares.x.basicauth.users: 'u:{SECRET}'}}",
        "env_file: e.env",
        "secrets: [file, variable]",
        "configs: [content]",
    ],
)
def test_stays_inside(write, body: str) -> None:
    write(
        {
            "a.yml": f"""\
services:
  db: {{image: mysql:8}}
  web:
    image: x
    {body}
secrets: {{file: {{file: s.txt}}, variable: {{environment: V}}}}
configs: {{content: {{content: "url: mysql://u:{SECRET}@db/x"}}}}
""",
            "s.txt": f"mysql://u:{SECRET}@db:3306/x",
            "e.env": f"PW={SECRET}\nURL=mysql://u:{SECRET}@db/x\nCOPY=$V",
            ".env": f"V={SECRET}",
        }
    )
    topology, report = import_compose(["a.yml"])
    assert SECRET not in dumps(topology) + repr(topology) + "\n".join(report.lines())


def test_address_in_a_secret_file_counts(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              web: {image: x, secrets: [url], environment: {URL_FILE: /run/secrets/url}}
              db: {image: "mysql:8"}
            secrets: {url: {file: url.txt}}
            """,
            "url.txt": f"mysql://u:{SECRET}@db:3306/shop",
        }
    )
    topology, _ = import_compose(["a.yml"])
    assert [(edge.client, edge.server, edge.database) for edge in topology.dependencies] == [("web", "db", "shop")]
