"""Gateways that find what they serve by labels and variables."""

from novaplan.importers.compose.reading import read
from tests.importers.compose.helpers import notes, service


def test_labels_for_traefik(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              edge: {image: "docker.io/library/traefik:v3.1", labels: [traefik.enable=true]}
              web: {image: x, labels: {traefik.http.routers.web.rule: "Host(`a`)"}}
              api: {image: x, labels: ["traefik.enable=true", "traefik.docker.network=n"]}
              off: {image: x, labels: ["traefik.enable=false", "traefik.http.routers.off.rule=Path(`/`)"]}
              db: {image: y, labels: {team: data}}
            """
        }
    )
    waits = service(read(["a.yml"]), "edge").waits
    assert [(wait.host, wait.where.line, wait.ordered) for wait in waits] == [("web", 3, False), ("api", 4, False)]


def test_variables_for_nginx_proxy_and_labels_for_caddy(write) -> None:
    write(
        {
            "a.yml": """\
            services:
              proxy: {image: nginxproxy/nginx-proxy}
              caddy: {image: "lucaslorentz/caddy-docker-proxy:2"}
              web: {image: x, environment: {VIRTUAL_HOST: a.example}}
              api: {image: x, labels: {caddy: b.example, caddy.reverse_proxy: "{{upstreams 80}}"}}
            """
        }
    )
    draft = read(["a.yml"])
    assert [wait.host for wait in service(draft, "proxy").waits] == ["web"]
    assert [wait.host for wait in service(draft, "caddy").waits] == ["api"]


def test_two_gateways_are_told_of(write) -> None:
    write(
        {"a.yml": "services: {a: {image: traefik}, b: {image: traefik}, w: {image: x, labels: [traefik.enable=true]}}"}
    )
    assert notes(read(["a.yml"]), "uncertain") == [
        "which of a, b serves which service is not told; each was taken to serve all that ask"
    ]
