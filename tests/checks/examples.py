"""The examples of the checks: ``examples/CHECK/fails*.yaml`` and ``passes*.yaml``, read as a user's files are.

``# here`` marks the lines on which findings are expected, where a file has any such mark. Beside ``NAME.yaml``,
``NAME.against.yml`` is the other description, for checks that compare two, ``NAME.claims.yml`` and ``NAME.nodes.yml``
what is stated of it and what it has to fit.
"""

from pathlib import Path

from novaplan.capacity.claims.model import load_claims
from novaplan.capacity.nodes import load_nodes
from novaplan.checks.catalogue import Check
from novaplan.checks.reading import Description, describe
from novaplan.checks.running import run
from novaplan.findings import Finding

FOLDER = Path(__file__).parent / "examples"


def examples(check: Check, verdict: str) -> list[Path]:
    """The files that fail a check, or pass it."""
    return sorted((FOLDER / check.name).glob(f"{verdict}*.yaml"))


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f"{path.stem}.{what}.yml")


def described(path: Path) -> tuple[Description, Description | None]:
    """What a file says, and what it is compared with."""
    other = _beside(path, "against")
    return describe([path])[0], describe([other])[0] if other.exists() else None


def findings(check: Check, path: Path) -> tuple[Finding, ...]:
    """What this check alone finds in a file."""
    one, other = described(path)
    claims, nodes = _beside(path, "claims"), _beside(path, "nodes")
    return run(
        one,
        other=other,
        claims=load_claims(claims) if claims.exists() else None,
        nodes=load_nodes(nodes) if nodes.exists() else None,
        only={check.name},
    )


def marked(path: Path) -> list[int]:
    """The lines on which findings are expected."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("# here")]
