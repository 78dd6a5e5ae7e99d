"""Migrations are run once for a release, not by each of its pods.

As an init container they run in every pod, at every restart and for every pod an autoscaler adds: pods wait for each
other's lock, the schema changes while pods of the old version still use it, and one that fails keeps each new pod from
starting. A Job that a release waits for runs them once.
Source: https://helm.sh/docs/topics/charts_hooks/ and https://kubernetes.io/docs/concepts/workloads/controllers/job/
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from novaplan.checks.cluster import Cluster
from novaplan.checks.found import Found
from novaplan.checks.images import image_of
from novaplan.importers.kubernetes.index import DEFAULT_NAMESPACE
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "note"
_IMAGES = frozenset(("migrate", "flyway", "liquibase", "goose", "dbmate", "sqitch", "atlas"))
_COMMANDS = re.compile(
    r"\balembic upgrade\b|\bmigrate deploy\b|\bmanage\.py migrate\b|\bdb:migrate\b|\bsqlx migrate run\b|"
    r"\bflyway migrate\b|\bdiesel migration run\b"
)


def objects(cluster: Cluster) -> Iterator[Found]:
    """Init containers of several pods that run a known tool for migrations."""
    scaled = {
        (scaler.namespace or DEFAULT_NAMESPACE, text_of(scaler.map(scaler.spec, "scaleTargetRef").get("name")))
        for scaler in cluster.of_kind("HorizontalPodAutoscaler")
    }
    for workload in cluster.workloads:
        several = workload.replicas > 1 or (workload.namespace, workload.name) in scaled
        for container in workload.init_containers if several else ():
            words = [*workload.manifest.texts(container, "command"), *workload.manifest.texts(container, "args")]
            image = image_of(text_of(container.get("image")))
            if (image is not None and image.name in _IMAGES) or _COMMANDS.search(" ".join(words)):
                name = text_of(container.get("name"))
                yield Found(
                    workload.label,
                    f"each pod runs the migrations of {name} when it starts: the schema changes under "
                    "the pods of the old version, and a migration that fails keeps every new pod from starting",
                    "run them in a Job before the rollout",
                    workload.where(container, "name"),
                )
