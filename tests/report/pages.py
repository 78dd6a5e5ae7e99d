"""Pages that the tests share, each made once."""

from __future__ import annotations

import re
from functools import cache
from html.parser import HTMLParser

from novaplan.capacity.claims.model import load_claims
from novaplan.report.page import Assumptions, report
from novaplan.topology.datastore import Database, Datastore, External, Topic
from novaplan.topology.service import Service
from novaplan.topology.storage import load
from novaplan.topology.system import Topology
from novaplan.topology.wiring import Dependency

HOSTILE = "<script>alert(1)</script>\"]; --' onload=x </title></script><!-- ${7*7} {{7*7}}"
LABEL = HOSTILE.replace(" ", "/")
"""The same as a name that may hold no space."""


@cache
def nova() -> str:
    """The page of the committed systems."""
    return report(load("current"), load("target"), Assumptions(claims=load_claims("nova-claims")))


@cache
def shop() -> str:
    """The page of the second committed system, which is smaller."""
    return report(load("shop"), load("shop-target"))


@cache
def hostile() -> str:
    """The page of two systems whose free texts try to be more than text."""
    return report(*(_hostile(replicas) for replicas in (1, 2)))


def _hostile(replicas: int) -> Topology:
    return Topology(
        name=HOSTILE,
        description=HOSTILE,
        services=(Service(name="web", description=HOSTILE, team=HOSTILE, replicas=replicas),),
        datastores=(
            Datastore(name="db", kind=LABEL, version=HOSTILE, description=HOSTILE, databases=(Database(name=LABEL),)),
            Datastore(name="log", kind="kafka", topics=(Topic(name=LABEL, partitions=replicas),)),
        ),
        externals=(External(name="mail", kind=LABEL, description=HOSTILE),),
        dependencies=(
            Dependency(client="web", server="db", mode="writes", database=LABEL, user=LABEL),
            Dependency(client="web", server="log", mode="publishes", topic=LABEL),
        ),
    )


class Outline(HTMLParser):
    """What a page is made of: tags, ids, headings, scripts."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def ids(self) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get("id"))]

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def section(page: str, name: str) -> str:
    """One section of a page."""
    found = re.search(rf'<section id="{name}".*?</section>', page, re.DOTALL)
    assert found, name
    return found[0]
