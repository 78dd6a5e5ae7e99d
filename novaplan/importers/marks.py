"""What a rendering writes beside what it renders, so that an import tells the system from what was made for it."""

from __future__ import annotations

from typing import Final

PREFIX: Final = "novaplan.dev/"
"""Before the names of labels and annotations that are novaplan's own."""
MANAGED_BY: Final = "app.kubernetes.io/managed-by"
"""Label of everything that was rendered; its value is ``NOVAPLAN``."""
NOVAPLAN: Final = "novaplan"
GENERATED_FOR: Final = PREFIX + "generated-for"
"""Annotation of an object that no part of the topology stands for, with the address of the part that needs it. An
import leaves such an object out."""
GENERATED: Final = PREFIX + "generated"
"""Annotation of an object of the system: JSON lists of the names of containers, volumes and ports in it that are not
the system's own, by field. An import leaves those out."""
RECORD: Final = PREFIX + "record"
"""Annotation with a record (``topology.records``): what Kubernetes has no place for."""
RECORD_KEY: Final = "record.json"
"""The key of a ConfigMap under which a record stands that is about no single object, or too long for an annotation."""
KEYS: Final = PREFIX + "keys"
"""Annotation of a Secret that is rendered without its values: JSON, the purpose of each key by its name."""
COMPOSE_GENERATED_FOR: Final = "x-novaplan-generated-for"
"""The same in compose, on a service, a config, a secret, a volume or a network."""
COMPOSE_RECORD: Final = "x-novaplan-record"
"""The same in compose, on a service or at the top of the file."""
