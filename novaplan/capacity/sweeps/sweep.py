"""Every combination of some parameters, and what comes of each, as a data frame."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from novaplan.capacity.load import LoadModel
from novaplan.capacity.prices import Prices
from novaplan.capacity.scaling import read_multiplier, require_months, under_load
from novaplan.capacity.sweeps.measures import KnownParts, Measure, Number, Scenario, chosen, known_parts
from novaplan.capacity.sweeps.parameters import Parameter, plain, resolve
from novaplan.errors import InputError, MissingExtraError, Problem, TopologyError
from novaplan.topology import consistency
from novaplan.topology.base import Model
from novaplan.topology.system import Topology

if TYPE_CHECKING:
    import pandas

    from novaplan.capacity.nodes import Nodes

MOST_SCENARIOS = 10_000_000
"""More rows than this fill the memory of an ordinary machine."""
DEFAULT_MEASURES = ("pods", "cpu_request_millicores", "memory_request_bytes")
CHUNKS_PER_JOB = 4
"""A worker that is slow, or starts late, leaves its share to the others; the model is sent once with each chunk."""

_SETTINGS = {"load": "load_model", "months": "load_model", "nodes.kind": "nodes"}
"""Parameters that are no fields (how much load there is, when, and on what), and the argument each needs."""


def sweep(
    topology: Topology,
    parameters: Mapping[str, Iterable[Any]],
    measures: Iterable[str | Measure | Callable[[Topology], Number]]
    | Mapping[str, Callable[[Topology], Number]] = DEFAULT_MEASURES,
    *,
    prices: Prices | None = None,
    load_model: LoadModel | None = None,
    nodes: Nodes | None = None,
    jobs: int | None = None,
) -> pandas.DataFrame:
    """One row for each combination of the values of ``parameters``: these, and the measures.

    A parameter is a path such as ``services.*.autoscaling.cpu_percent`` (see ``sweeps.parameters``), ``load`` (a
    multiplier of the requests in ``load_model``), ``months`` (of the growth it states) or ``nodes.kind`` (a kind in
    ``nodes``). Values are written as in a file. With a load model every scenario runs at its peak: autoscaled services
    have the replicas it takes.

    Rows are ordered by the parameters' names, then by their values as given, however many ``jobs`` there are. Where two
    paths meet in one field, the later name wins: ``*`` comes before names. ``jobs`` goes to joblib: a number of
    processes, -1 for every core, None for what ``joblib.parallel_config`` says and 1 where it says nothing; with its
    backends ``dask`` and ``ray`` the same call runs on a cluster. ``frame.attrs`` names the parameters, the measures
    with their units, and the example figures that went in.

    Raises ``UnknownNameError`` (with the nearest name) for a field or measure that does not exist, ``InputError`` for a
    value that does not fit or a combination that makes no consistent topology, and ``MissingExtraError`` when pandas,
    or joblib for several jobs, is not installed.
    """
    frames = _pandas()
    study = _study(topology, parameters, {"prices": prices, "load_model": load_model}, nodes)
    wanted = chosen(measures)
    _require_inputs(study, wanted)
    rows = _run(study, wanted, jobs)
    columns = [*(parameter.path for parameter in study.parameters), *(item.name for item in wanted)]
    if len(set(columns)) < len(columns):
        raise InputError("a measure has the name of a parameter; call it otherwise")
    frame: pandas.DataFrame = frames.DataFrame.from_records(rows, columns=columns)
    frame.attrs |= _about(study, wanted)
    return frame


@dataclass(frozen=True, slots=True)
class _Study:
    """All that a worker needs; it is sent as it is and holds no function."""

    models: dict[str, Model]
    parameters: tuple[Parameter, ...]
    nodes: Nodes | None = None

    @property
    def count(self) -> int:
        return math.prod(len(parameter.values) for parameter in self.parameters)

    def scenarios(self, start: int, stop: int) -> Iterator[tuple[tuple[Any, ...], Scenario]]:
        """The values and the scenario of each number from ``start`` up to ``stop``.

        What the first parameters make of the models is kept while only later ones change.
        """
        sizes = [len(parameter.values) for parameter in self.parameters]
        last: list[int] = [-1] * len(sizes)
        topology = self.models["topology"]
        assert isinstance(topology, Topology)
        known, consistent = known_parts(topology), set[tuple[int, ...]]()
        states = [self.models] * (len(sizes) + 1)
        for number in range(start, stop):
            digits = _digits(number, sizes)
            changed = next((place for place, digit in enumerate(digits) if digit != last[place]), len(digits))
            for place in range(changed, len(digits)):
                states[place + 1] = self.parameters[place].apply(states[place], digits[place])
            last = digits
            values = tuple(parameter.values[digit] for parameter, digit in zip(self.parameters, digits, strict=True))
            given = dict(zip((parameter.path for parameter in self.parameters), values, strict=True))
            shape = tuple(digit for parameter, digit in zip(self.parameters, digits, strict=True) if parameter.places)
            if shape not in consistent:
                _require_consistent(states[-1]["topology"], given)
                consistent.add(shape)
            yield values, self._scenario(given, states[-1], known)

    def _scenario(self, given: Mapping[str, Any], models: Mapping[str, Model], known: KnownParts) -> Scenario:
        topology, prices, load_model = (models.get(name) for name in ("topology", "prices", "load_model"))
        assert isinstance(topology, Topology)
        kind = self.nodes.kind(given["nodes.kind"]) if self.nodes is not None and "nodes.kind" in given else None
        plan = None
        if isinstance(load_model, LoadModel):
            plan = under_load(topology, load_model, multiplier=given.get("load", 1), months=given.get("months", 0))
            topology = plan.topology
        return Scenario(topology, prices if isinstance(prices, Prices) else None, plan, kind, known)


def _study(
    topology: Topology,
    parameters: Mapping[str, Iterable[Any]],
    others: Mapping[str, Model | None],
    nodes: Nodes | None,
) -> _Study:
    models = {"topology": topology, **{name: model for name, model in others.items() if model is not None}}
    found = []
    for path in sorted(parameters):
        values = plain(parameters[path], path)
        if path in _SETTINGS:
            found.append(_setting(path, values, models, nodes))
        else:
            found.append(resolve(path, values, models, _SETTINGS))
    study = _Study(models, tuple(found), nodes)
    if study.count > MOST_SCENARIOS:
        raise InputError(f"{study.count} scenarios are more than {MOST_SCENARIOS}; leave out some values")
    return study


def _setting(path: str, values: tuple[Any, ...], models: Mapping[str, Model], nodes: Nodes | None) -> Parameter:
    need = _SETTINGS[path]
    if (need == "nodes" and nodes is None) or (need != "nodes" and need not in models):
        raise InputError(f"needs {need}: sweep(..., {need}=...)", field=path)
    checks: dict[str, Callable[[Any], object]] = {"load": read_multiplier, "months": require_months}
    check = nodes.kind if nodes is not None and path == "nodes.kind" else checks[path]
    for value in values:
        check(value)
    return Parameter(path, values)


def _require_inputs(study: _Study, measures: Iterable[Measure]) -> None:
    there = {*study.models, *(parameter.path for parameter in study.parameters)}
    for item in measures:
        for need in item.needs:
            if need not in there:
                how = f"vary {need!r}" if "." in need else f"sweep(..., {need}=...)"
                raise InputError(f"the measure {item.name!r} needs {need}: {how}")


def _require_consistent(topology: Model, given: Mapping[str, Any]) -> None:
    assert isinstance(topology, Topology)
    try:
        consistency.require(topology)
    except TopologyError as error:
        values = ", ".join(f"{path} = {value}" for path, value in given.items())
        problems = [Problem(f"{problem} (with {values})") for problem in error.problems]
        raise InputError(problems) from None


def _digits(number: int, sizes: list[int]) -> list[int]:
    digits = []
    for size in reversed(sizes):
        number, digit = divmod(number, size)
        digits.append(digit)
    return digits[::-1]


def _run(study: _Study, measures: tuple[Measure, ...], jobs: int | None) -> list[tuple[Any, ...]]:
    parallel = _joblib(needed=jobs not in (None, 1))
    workers = min(parallel.effective_n_jobs(jobs), study.count) if parallel is not None else 1
    if parallel is None or workers == 1:
        return _rows(study, measures, 0, study.count)
    chunks = min(study.count, workers * CHUNKS_PER_JOB)
    cuts = [study.count * chunk // chunks for chunk in range(chunks + 1)]
    data = pickle.dumps(study, protocol=pickle.HIGHEST_PROTOCOL)
    run = parallel.Parallel(n_jobs=jobs, batch_size=1, pre_dispatch="all")
    parts = run(parallel.delayed(_chunk)(data, measures, cuts[chunk], cuts[chunk + 1]) for chunk in range(chunks))
    return [row for part in parts for row in part]


def _chunk(data: bytes, measures: tuple[Measure, ...], start: int, stop: int) -> list[tuple[Any, ...]]:
    return _rows(_unpacked(data), measures, start, stop)


@lru_cache(maxsize=1)
def _unpacked(data: bytes) -> _Study:
    """The study is made of its bytes once in each worker, not once for each chunk."""
    study: _Study = pickle.loads(data)
    return study


def _rows(study: _Study, measures: tuple[Measure, ...], start: int, stop: int) -> list[tuple[Any, ...]]:
    return [(*values, *(item.of(scenario) for item in measures)) for values, scenario in study.scenarios(start, stop)]


def _about(study: _Study, measures: tuple[Measure, ...]) -> dict[str, Any]:
    prices, load_model = study.models.get("prices"), study.models.get("load_model")
    currency = prices.currency if isinstance(prices, Prices) else ""
    examples = []
    if isinstance(prices, Prices) and prices.examples:
        examples.append("prices")
    if isinstance(load_model, LoadModel) and load_model.example:
        examples.append("loads")
    if study.nodes is not None and study.nodes.example:
        examples.append("node prices")
    return {
        "parameters": [parameter.path for parameter in study.parameters],
        "measures": {item.name: currency if item.unit == "currency" else item.unit for item in measures},
        "examples": examples,
    }


def _pandas() -> Any:
    try:
        import pandas
    except ImportError:
        raise MissingExtraError("sweeps need pandas: pip install 'novaplan[notebook]'") from None
    return pandas


def _joblib(*, needed: bool) -> Any:
    """joblib, or None where it is not installed and one process will do."""
    try:
        import joblib
    except ImportError:
        if needed:
            raise MissingExtraError("several jobs need joblib: pip install 'novaplan[notebook]'") from None
        return None
    return joblib
