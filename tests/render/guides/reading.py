"""Reads guides as their reader does: which commands stand in them, and whether what a command names exists."""

import re
import shlex

import yaml

FENCE = re.compile(r"^(`{3,})sh\n(.*?)^\1$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`((?:kubectl|minikube|kind|novaplan|\./deploy\S+) [^`]*)`")
INNER = re.compile(r"\$\(([^()]*)\)")
WORKLOADS = ("deployment", "statefulset", "daemonset", "replicaset", "job", "cronjob", "pod")
VALUES = "../FOLDER-secrets.yaml"
"""What ``novaplan render --output=FOLDER --secrets=generate`` writes beside the folder."""
PLACEHOLDERS = {"IMAGE", "SERVICE", "SECRET", "NAMESPACE"}


def commands(markdown):
    """Every command of a guide, as words."""
    lines = [line for _, block in FENCE.findall(markdown) for line in block.splitlines()]
    for line in (*lines, *SPAN.findall(markdown)):
        yield from words_of(line)


def words_of(line):
    for inner in INNER.findall(line):
        yield from words_of(inner)
    outer = INNER.sub("INNER", line)
    lexer = shlex.shlex(outer, posix=True, punctuation_chars="|&>;")
    lexer.whitespace_split = True
    words = []
    for word in (*lexer, "|"):
        if re.fullmatch(r"[|&>;]+", word):
            if words and not re.fullmatch(r"\w+=INNER", words[0]):
                yield words
            words = []
        else:
            words.append(word)


class Rendered:
    """A rendered tree, to look things up in."""

    def __init__(self, tree):
        self.files = tree.files
        self.needs = {(need.namespace, need.name): need for need in tree.needs}
        self.objects = {}
        for name, file in tree.files.items():
            if name.endswith(".yaml") and name != "kustomization.yaml":
                for item in yaml.safe_load_all(file.text):
                    metadata = item["metadata"]
                    self.objects[item["kind"].lower(), metadata.get("namespace"), metadata["name"]] = item
        self.verbs = set(re.findall(r"^  (\w[\w-]*)\)? ", self._usage(), re.MULTILINE))

    def _usage(self):
        text = self.files["deploy-local-k8s.sh"].text
        return "\n".join(re.findall(r"^  say '(  .*)'$", text, re.MULTILINE))

    def pods(self, kind, namespace, name):
        item = self.objects[kind, namespace, name]
        return item if kind == "pod" else item["spec"]["template"]

    def problem(self, words):
        """What is wrong with a command, or None."""
        match words:
            case ["kubectl", *rest]:
                return self.of_kubectl(rest)
            case ["./deploy-local-k8s.sh", verb, *_]:
                return None if verb in self.verbs else f"no verb {verb}"
            case ["kind" | "minikube" | "curl" | "head" | "cut" | "awk" | "kill" | "kind.yaml" | "novaplan", *_]:
                return None
        return "unknown program"

    def of_kubectl(self, words):
        namespace = None
        if words[0] == "-n":
            namespace, words = words[1], words[2:]
            if ("namespace", None, namespace) not in self.objects:
                return f"no namespace {namespace}"
        verb, *rest = words
        check = getattr(self, f"verb_{verb.replace('-', '_')}", None)
        return check(namespace, rest) if check else f"unknown verb {verb}"

    def reference(self, namespace, text):
        kind, _, name = text.partition("/")
        return None if (kind, namespace, name) in self.objects else f"no {text} in {namespace}"

    def verb_apply(self, _, rest):
        if rest[0] == "--kustomize":
            return None if "kustomization.yaml" in self.files else "no kustomization"
        names = [word.partition("=")[2] for word in rest if word.startswith("--filename=")]
        return next(
            (f"no file {name}" for name in names if name not in {*self.files, VALUES}), None if names else "no file"
        )

    def verb_rollout(self, namespace, rest):
        return self.reference(namespace, rest[1]) if rest[0] == "status" else f"unknown {rest[0]}"

    def verb_wait(self, namespace, rest):
        return self.reference(namespace, rest[1])

    def verb_get(self, namespace, rest):
        if "/" in rest[0]:
            return self.reference(namespace, rest[0])
        if rest[0] not in ("nodes", "pods", "events", "storageclass"):
            return f"unknown kind {rest[0]}"
        wanted = [word.partition("=")[2] for word in rest if word.startswith("--selector=")]
        for selector in wanted:
            labels = dict(pair.split("=") for pair in selector.split(","))
            if not any(
                self.labelled(item, labels) for (_, space, _), item in self.objects.items() if space == namespace
            ):
                return f"nobody has {selector}"
        return None

    @staticmethod
    def labelled(item, labels):
        template = item.get("spec", {}).get("template", {}).get("metadata", {}).get("labels", {})
        return labels.items() <= template.items()

    def verb_exec(self, namespace, rest):
        container = next(word.partition("=")[2] for word in rest if word.startswith("--container="))
        if rest[0] == "$leader":
            return None
        wrong = self.reference(namespace, rest[0])
        if wrong is None:
            pod = self.pods(rest[0].partition("/")[0], namespace, rest[0].partition("/")[2])
            if container not in [item["name"] for item in pod["spec"]["containers"]]:
                return f"no container {container}"
        return wrong

    def verb_delete(self, _, rest):
        return None if rest[:2] == ["pod", "$leader"] else f"deletes {rest}"

    def verb_debug(self, _, rest):
        return None if "INNER" in rest and "--profile=restricted" in rest else f"debugs {rest}"

    def verb_port_forward(self, namespace, rest):
        wrong = self.reference(namespace, rest[0])
        if wrong is not None:
            return wrong
        kind, _, name = rest[0].partition("/")
        port = int(rest[1].partition(":")[2])
        if kind == "service":
            known = [item["port"] for item in self.objects[kind, namespace, name]["spec"]["ports"]]
        else:
            containers = self.pods(kind, namespace, name)["spec"]["containers"]
            known = [item["containerPort"] for found in containers for item in found.get("ports", ())]
        return None if port in known else f"no port {port} of {rest[0]}"

    def verb_create(self, namespace, rest):
        if rest[0] == "namespace":
            return None if ("namespace", None, rest[1]) in self.objects else f"no namespace {rest[1]}"
        return None if rest[:2] == ["secret", "tls"] and (namespace, rest[2]) in self.needs else f"creates {rest}"

    def verb_patch(self, namespace, rest):
        if rest[0] == "storageclass":
            return None
        if rest[0] != "secret" or (namespace, rest[1]) not in self.needs:
            return f"patches {rest}"
        return None

    def verb_version(self, *_):
        return None

    def verb_config(self, *_):
        return None
