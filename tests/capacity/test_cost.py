"""Cost per month: exact, additive, and never without saying that a price is an example."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import novaplan
from novaplan.capacity.cost import cost, money, side_by_side, total_of
from novaplan.capacity.prices import Prices, load_prices, loads_prices
from novaplan.capacity.totals import totals
from novaplan.errors import InputError, UnknownNameError
from novaplan.topology.datastore import Datastore, Managed, Patroni
from novaplan.topology.service import Compute, Container, Resources, Service
from novaplan.topology.system import Topology
from tests import strategies

PRICES = """
currency: EUR
vcpu_month: {amount: "10.00", example: false, source: contract 7}
memory_gib_month: {amount: 4}
storage_gib_month: {amount: 0.1}
"""


def prices(text: str = PRICES) -> Prices:
    return loads_prices(text, file="prices.yaml")


def container(cpu: str | None = "500m", memory: str | None = "512Mi") -> Container:
    return Container(name="main", resources=Resources(requests=Compute(cpu=cpu, memory=memory)))


def shop() -> Topology:
    api = Service(name="api", replicas=3, containers=(container(),))
    mail = Service(name="mail", replicas=1, optional=True, containers=(container("1", "1Gi"),))
    store = Datastore(
        name="postgres",
        kind="postgres",
        deployment=Patroni(
            type="patroni",
            members=3,
            etcd={"members": 3, "storage": "1Gi"},
            proxy_resources={"requests": {"cpu": "0", "memory": "0"}},
        ),
        resources=Resources(requests=Compute(cpu="1", memory="2Gi")),
        storage="20Gi",
    )
    return Topology(name="shop", services=(api, mail), datastores=(store,))


def test_every_component_costs_what_it_requests() -> None:
    found = {item.name: (item.cpu, item.memory, item.storage, item.total) for item in cost(shop(), prices()).components}
    assert found == {
        "api": (15, 6, 0, 21),
        "mail": (10, 4, 0, 14),
        "postgres": (30, 24, 6, 60),
        "postgres/etcd": (0, 0, Decimal("0.3"), Decimal("0.3")),
    }


def test_totals_and_what_is_not_known() -> None:
    found = cost(shop(), prices())
    assert (found.total, found.optional) == (Decimal("95.3"), Decimal(14))
    assert found.unknown == ("postgres/etcd",)
    assert found.components[-1].unknown == "CPU, memory"
    assert "total, at least" in found.table().text()


def test_what_a_provider_runs_is_not_free_but_unknown() -> None:
    store = Datastore(name="redis", kind="redis", deployment=Managed(type="managed", provider="acme"))
    found = cost(Topology(datastores=(store,)), prices())
    assert found.components[0].unknown == "run by acme"
    assert found.unknown == ("redis",)


def test_json_repeats_which_prices_are_examples() -> None:
    found = json.loads(json.dumps(cost(shop(), prices()).to_dict()))
    assert found["format"] == "novaplan/cost/v1"
    assert found["example"] is True
    assert found["currency"] == "EUR"
    assert found["prices"][0] == {"name": "vcpu_month", "amount": "10.00", "example": False, "source": "contract 7"}
    assert [price["example"] for price in found["prices"]] == [False, True, True]
    assert found["components"][2]["total_per_month"] == "60.00"
    assert found["total"] == {
        "cpu_per_month": "55.00",
        "memory_per_month": "34.00",
        "storage_per_month": "6.30",
        "total_per_month": "95.30",
    }


def test_tables_say_which_prices_are_examples() -> None:
    assert "example prices: memory_gib_month, storage_gib_month" in cost(shop(), prices()).table().title
    assert "example" not in cost(shop(), prices(_all_real())).table().title
    assert "(example prices)" in cost(shop(), load_prices()).table().title


def _all_real() -> str:
    return PRICES.replace("4}", "4, example: false, source: c}").replace("0.1}", "0.1, example: false, source: c}")


def test_frame_holds_exact_money_and_its_currency() -> None:
    frame = cost(shop(), prices()).frame()
    assert list(frame["total_per_month"]) == [Decimal(21), Decimal(14), Decimal(60), Decimal("0.3")]
    assert frame.attrs == {"currency": "EUR", "example": True}


def test_side_by_side_shows_a_difference_where_both_sides_are_known() -> None:
    smaller = shop().model_copy(update={"name": "target", "services": shop().services[:1]})
    table = side_by_side([cost(shop(), prices()), cost(smaller, prices())])
    assert table.columns == ("component", "shop", "target", "difference")
    assert table.rows == (
        ("api", "21.00", "21.00", "0.00"),
        ("mail", "14.00", None, "-14.00"),
        ("postgres", "60.00", "60.00", "0.00"),
        ("postgres/etcd", "at least 0.30", "at least 0.30", None),
        ("total", "at least 95.30", "at least 81.30", None),
    )


def test_side_by_side_refuses_what_cannot_be_compared() -> None:
    with pytest.raises(InputError, match="at least one"):
        side_by_side([])
    with pytest.raises(InputError, match="different prices"):
        side_by_side([cost(shop(), prices()), cost(shop(), load_prices())])


@pytest.mark.parametrize(
    ("exact", "shown"), [("0.004", "0.00"), ("0.005", "0.01"), ("2.675", "2.68"), ("1e11", "100000000000.00")]
)
def test_money_is_rounded_halves_up(exact: str, shown: str) -> None:
    assert f"{money(Decimal(exact)):f}" == shown


amounts = st.decimals(0, 10**6, places=6)


@given(strategies.topologies(), amounts, amounts, amounts)
def test_cost_is_additive_over_components_and_exact(
    topology: Topology, cpu: Decimal, memory: Decimal, storage: Decimal
) -> None:
    each = dict(zip(("vcpu_month", "memory_gib_month", "storage_gib_month"), (cpu, memory, storage), strict=True))
    given_prices = Prices(currency="EUR", **{name: {"amount": amount} for name, amount in each.items()})
    found, whole = cost(topology, given_prices), totals(topology).total
    exact = (
        Fraction(whole.cpu_request_millicores, 1000) * Fraction(cpu)
        + Fraction(whole.memory_request_bytes, 2**30) * Fraction(memory)
        + Fraction(whole.storage_bytes, 2**30) * Fraction(storage)
    )
    assert Fraction(found.total) == exact == sum(Fraction(item.total) for item in found.components)
    assert Fraction(total_of(whole, given_prices)) == exact
    assert found.whole.total == found.total


def test_the_example_prices_are_all_labelled() -> None:
    found = load_prices("prices")
    assert len(found.examples) == 3
    assert all(price.source is not None and "example" in price.source for price in found.each.values())


@pytest.mark.parametrize("name", ["current", "target"])
def test_sample_systems_have_a_cost(name: str) -> None:
    found = cost(novaplan.load(name), load_prices())
    assert found.total > 100
    assert found.to_dict()["unknown"]


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "message"),
    [
        ('"10.00"', "-1", 3, "vcpu_month.amount", "-1 is negative"),
        ('"10.00"', "ten", 3, "vcpu_month.amount", "'ten' is not a number such as 24.50"),
        ('"10.00"', "true", 3, "vcpu_month.amount", "should be a number such as 24.50"),
        ('"10.00"', ".nan", 3, "vcpu_month.amount", "is not a number"),
        ('"10.00"', "1e30", 3, "vcpu_month.amount", "should be below"),
        ('"10.00"', '"0.0000000000001"', 3, "vcpu_month.amount", "at most 12 decimal places"),
        (", source: contract 7", "", 3, "vcpu_month", "should name its source"),
        ("amount: 4", "amuont: 4", 4, "memory_gib_month.amuont", "did you mean 'amount'?"),
        ("currency: EUR", "currency: euros", 2, "currency", "longer than 3"),
        ("storage_gib_month: {amount: 0.1}", "", 2, "storage_gib_month", "is required"),
    ],
)
def test_a_wrong_price_is_told_by_line_and_field(old: str, new: str, line: int, field: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        prices(PRICES.replace(old, new))
    problem = next(item for item in caught.value.problems if item.field == field)
    assert (problem.file, problem.line) == ("prices.yaml", line)
    assert message in problem.message


def test_prices_that_are_not_there(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'prices'"):
        load_prices("prises")
    with pytest.raises(InputError, match="expected one document, found 2"):
        loads_prices(PRICES + "---\n" + PRICES)
