"""Pods that stand in for each other run on different nodes.

Without anti-affinity or topology spread constraints the scheduler may put every replica on one node, and losing that
node loses them all. ``preferred`` is a wish: members that vote, or hold the only copies, need ``required`` or
``DoNotSchedule``. A rule whose selector does not match the pod's own labels spreads nothing.
Source: https://kubernetes.io/docs/concepts/scheduling-eviction/assign-pod-node/ and
https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from novaplan.checks.cluster import Cluster, Workload
from novaplan.checks.found import Found
from novaplan.checks.high_availability._pods import bounds, stores, voters
from novaplan.importers.kubernetes.index import is_matched, labels_of
from novaplan.importers.kubernetes.manifests import text_of

SEVERITY = "note"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"


def objects(cluster: Cluster) -> Iterator[Found]:
    """Workloads of several pods, and the rules that keep their pods apart."""
    voting, counted, copies = voters(cluster), bounds(cluster), stores(cluster)
    for item in cluster.workloads:
        if counted(item)[0] < 2 or item.manifest.kind not in ("Deployment", "StatefulSet", "Rollout"):
            continue
        hard, soft = _rules(item)
        own = [rule for rule in (*hard, *soft) if _matches(item, rule.get("labelSelector"))]
        words = voting.get((item.namespace, item.name))
        if (hard or soft) and not own:
            text = "its rules for spreading select other labels than its pods have, so they spread nothing"
            yield Found(item.label, text, "select the labels of the pods", item.where(item.spec, "affinity"), "warning")
        elif not own:
            lost = "and the majority with it" if words else "and all of them with it"
            text = f"nothing keeps its {counted(item)[0]} pods apart: one node may hold every one, {lost}"
            remedy = "add a pod anti-affinity on kubernetes.io/hostname"
            yield Found(item.label, text, remedy, item.where(item.spec, "affinity"), "warning" if words else None)
        elif words and not any(rule in own for rule in hard):
            text = f"its {words} are only asked to keep apart: a node may get two, and its loss ends the majority"
            yield Found(item.label, text, "require the anti-affinity", item.where(item.spec, "affinity"), "warning")
        elif (item.namespace, item.name) in copies and not any(rule in own for rule in hard):
            text = "its pods, which hold copies of the same data, are only asked to keep apart: a node may get them all"
            yield Found(item.label, text, "require the anti-affinity", item.where(item.spec, "affinity"))


def _rules(item: Workload) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What must hold, and what is only preferred."""
    manifest = item.manifest
    affinity = manifest.map(manifest.map(item.spec, "affinity"), "podAntiAffinity")
    hard = list(manifest.maps(affinity, _REQUIRED))
    soft = [manifest.map(rule, "podAffinityTerm") for rule in manifest.maps(affinity, _PREFERRED)]
    for rule in manifest.maps(item.spec, "topologySpreadConstraints"):
        (soft if text_of(rule.get("whenUnsatisfiable")) == "ScheduleAnyway" else hard).append(rule)
    return hard, soft


def _matches(item: Workload, selector: Any) -> bool:
    if not isinstance(selector, dict):
        return False
    wanted = labels_of(selector.get("matchLabels"))
    if any(item.labels.get(key) != value for key, value in wanted.items()):
        return False
    return all(is_matched(item.labels, rule) for rule in item.manifest.maps(selector, "matchExpressions"))
