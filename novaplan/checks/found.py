"""What a check gives: a finding before it is known which check found it."""

from __future__ import annotations

from dataclasses import dataclass

from novaplan.findings import Severity
from novaplan.importers.draft import Where


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that is wrong. Texts name no value of a secret."""

    subject: str
    """The component's name, or ``Deployment shop/web`` for a Kubernetes object (``Cluster.label``)."""
    message: str
    """What is wrong and what follows from it, in one sentence without a full stop."""
    remedy: str
    """What to change, in one sentence without a full stop."""
    where: Where | None = None
    """File and line; without it the place of the subject is used, where that is known."""
    severity: Severity | None = None
    """That of the check, unless said."""
