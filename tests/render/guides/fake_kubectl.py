#!/usr/bin/env python3
"""Stands in for kubectl: plays a cluster that is kept in one JSON file, and writes down every call.

``FAKE_CLUSTER`` names the file. Its fields: ``context``, ``down``, ``nodes`` (labels, taints, ready, cordoned),
``storage`` (class by name: whether it is the default), ``ingress``, ``definitions``, ``namespaces`` (annotations by
name), ``secrets`` (keys by namespace/name), ``late`` (workloads that are never ready), ``reasons`` (why pods wait, by
selector), ``objects`` (labels of what ``get ... --output=name`` lists, by namespace and name), ``claims`` (names by
namespace), ``forbidden`` (whether listing everything is refused).
"""

import json
import os
import sys
from pathlib import Path

PATH = Path(os.environ["FAKE_CLUSTER"])
STATE = json.loads(PATH.read_text())
WORDS, OPTIONS = [], {}
TAIL = []


def parse(arguments):
    take = {"--namespace", "--context", "--filename"}
    position = 0
    while position < len(arguments):
        word = arguments[position]
        if word == "--":
            TAIL.extend(arguments[position + 1 :])
            return
        if word in take:
            OPTIONS[word] = arguments[position + 1]
            position += 1
        elif word.startswith("--"):
            name, _, value = word.partition("=")
            OPTIONS[name] = value
        else:
            WORDS.append(word)
        position += 1


def save():
    PATH.write_text(json.dumps(STATE))


def fail(message):
    sys.stderr.write(message + "\n")
    sys.exit(1)


def say(text, end="\n"):
    sys.stdout.write(text + end)


def nodes(_names, output):
    if output == "name":
        for number, _ in enumerate(STATE["nodes"]):
            say(f"node/{number}")
    elif output.startswith("jsonpath"):
        path = output.rpartition("|{")[2].partition("}{'\\n'}")[0]
        key = path.removeprefix(".metadata.labels.").removeprefix(".status.allocatable.").replace("\\.", ".")
        held = "labels" if "labels" in path else "allocatable"
        for node in STATE["nodes"]:
            taints = " ".join(node.get("taints", ()))
            cordoned = "true" if node.get("cordoned") else ""
            say(f"{cordoned}|{taints}|{node.get('ready', 'True')}|{node.get(held, {}).get(key, '')}")


def known(names, among):
    if names and names[0] not in among:
        fail("not found")


def storageclass(names, _output):
    known(names, STATE["storage"])
    if not names:
        say("\n".join("true" if default else "" for default in STATE["storage"].values()))


def ingressclass(names, _output):
    known(names, STATE["ingress"])
    say("\n".join(STATE["ingress"]))


def namespace(names, output):
    if names[0] not in STATE["namespaces"]:
        if "--ignore-not-found" not in OPTIONS:
            fail("not found")
    elif output.startswith("jsonpath"):
        say(STATE["namespaces"][names[0]].get("novaplan.dev/created", ""), end="")


def pods(_names, output):
    if output.startswith("jsonpath"):
        for reason in STATE["reasons"].get(OPTIONS["--selector"], ()):
            say(f"pod-0: {reason} ")


def everything(objects, kinds):
    """What of ``objects`` is of a kind and passes the selector; what lacks a label is unlike it, as in Kubernetes."""
    if STATE.get("forbidden"):
        fail("Error from server (Forbidden)")
    for name, labels in objects.items():
        kind, _, group = name.partition("/")[0].partition(".")
        fits = []
        for rule in OPTIONS["--selector"].split(","):
            key, sign, value = rule.partition("!=" if "!=" in rule else "=")
            fits.append((labels.get(key) == value) == (sign == "="))
        if all(fits) and any(known in kinds for known in plurals(kind, group)):
            say(name)


def plurals(kind, group):
    return [f"{kind}{end}{'.' + group if group else ''}" for end in ("s", "es", "")]


RESOURCES = """configmaps events pods secrets serviceaccounts endpoints persistentvolumeclaims services deployments.apps
controllerrevisions.apps ingresses.networking.k8s.io roles.rbac.authorization.k8s.io widgets.example.org"""


def get(kind, names):
    space, output = OPTIONS.get("--namespace", ""), OPTIONS.get("--output", "")
    if kind in ("customresourcedefinition", "apiservice"):
        known(names, STATE["definitions"])
    elif kind == "secret":
        say("".join(f"{key}\n" for key in STATE["secrets"].get(f"{space}/{names[0]}", ())), end="")
    elif kind == "persistentvolumeclaims":
        for name in STATE["claims"].get(space, ()):
            say(f"persistentvolumeclaim/{name}")
    elif "," in kind and "configmaps" in kind:
        everything(STATE["objects"].get(space, {}), kind.split(","))
    elif kind == "cronjob" and f"cronjob/{names[0]}" in STATE["late"]:
        fail("not found")
    elif kind in KINDS:
        KINDS[kind](names, output)


KINDS = {
    "nodes": nodes,
    "storageclass": storageclass,
    "ingressclass": ingressclass,
    "namespace": namespace,
    "pods": pods,
}


def apply():
    import yaml  # only here: it takes as long to load as all the rest

    for item in yaml.safe_load_all(Path(OPTIONS["--filename"]).read_text()):
        if item["kind"] == "Namespace":
            STATE["namespaces"].setdefault(item["metadata"]["name"], {})
        space = item["metadata"].get("namespace", "")
        if item["kind"] != "Namespace" and space and space not in STATE["namespaces"]:
            fail(f'Error from server (NotFound): namespaces "{space}" not found')
        if item["kind"] == "Secret":
            keys = STATE["secrets"].setdefault(f"{space}/{item['metadata']['name']}", [])
            keys += [key for key in item.get("data", {}) if key not in keys]
        say(f"{item['kind'].lower()}/{item['metadata']['name']} applied")
    save()


def ready(workload):
    if workload.lower() in STATE["late"]:
        fail("error: timed out waiting for the condition")


def create(words):
    STATE["namespaces"][words[1]] = {}
    save()


def annotate(words):
    key, _, value = words[2].partition("=")
    STATE["namespaces"][words[1]][key] = value
    save()


def delete(words):
    if words[0] == "namespace":
        del STATE["namespaces"][words[1]]
        save()


VERBS = {
    "api-resources": lambda _words: say("\n".join(RESOURCES.split())),
    "get": lambda words: get(words[0], words[1:]),
    "create": create,
    "annotate": annotate,
    "apply": lambda _words: apply(),
    "rollout": lambda words: ready(words[1]),
    "wait": lambda words: ready(words[0]),
    "delete": delete,
    "exec": lambda _words: say("leader: me"),
    "logs": lambda _words: say(f"[{OPTIONS['--selector']}] a line"),
}


def main():
    parse(sys.argv[1:])
    with Path(STATE["log"]).open("a") as log:
        log.write(json.dumps(sys.argv[1:]) + "\n")
    verb, *rest = WORDS
    if verb == "config":
        say(STATE["context"])
    elif STATE.get("down"):
        fail("The connection to the server localhost:8080 was refused - did you specify the right host or port?")
    else:
        VERBS[verb](rest)


main()
