"""What was rendered and will run badly, or not at all, unless somebody says more than the topology does."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from novaplan.render import datastores
from novaplan.render.context import Context
from novaplan.render.credentials import SecretNeed, server_password
from novaplan.render.workloads.variables import is_hidden
from novaplan.topology.datastore import Datastore
from novaplan.topology.service import EnvVar, Service

Recipes = dict[tuple[str | None, str, str], str | None]
"""How each key of a Secret is made, by namespace, name and key."""


def risks(context: Context, needs: Collection[SecretNeed]) -> tuple[str, ...]:
    """One line each; ``needs`` are the Secrets of the rendered system."""
    return tuple(_risks(context, needs))


def _risks(context: Context, needs: Collection[SecretNeed]) -> Iterator[str]:
    recipes: Recipes = {(need.namespace, need.name, key.name): key.recipe for need in needs for key in need.keys}
    for store in filter(context.runs, context.topology.datastores):
        yield from datastores.warnings(context, store)
        without = [text for name in _clients(context, store) if (text := _unanswered(context, store, name, recipes))]
        if without:
            yield f"{store.name}: it wants a password, and nothing gives it to {', '.join(without)}"
    imageless = [
        service.name if len(service.containers) == 1 else f"{service.name}/{item.name}"
        for service in context.topology.services
        for item in service.containers
        if not item.image and context.chosen_image(service.name, item.name) is None
    ]
    if imageless:
        yield (
            f"no image is stated of {', '.join(imageless)}, so one of that name is taken, whoever made it;"
            f" --set images.{imageless[0]}=IMAGE says which"
        )


def _clients(context: Context, store: Datastore) -> list[str]:
    """The services that log in."""
    edges = context.edges_to.get(store.name, ())
    names = dict.fromkeys(edge.client for edge in edges if edge.secret is None)
    return [name for name in names if name in context.topology.service]


def _unanswered(context: Context, store: Datastore, name: str, recipes: Recipes) -> str | None:
    """A client that no secret variable can give the password to, with the plain ones that name the server."""
    service = context.topology.service[name]
    stated = [variable for container in service.containers for variable in container.env]
    if any(_may_tell(context, store, service, item, recipes) for item in stated):
        return None
    hosts = (store.name, *store.aliases)
    plain = sorted({item.name for item in stated if item.value and any(host in item.value for host in hosts)})
    return f"{name} ({', '.join(plain)})" if plain else name


def _may_tell(context: Context, store: Datastore, service: Service, item: EnvVar, recipes: Recipes) -> bool:
    """Whether a variable holds, or may hold, the password of a server."""
    if item.secret is None:
        return is_hidden(item)
    recipe = recipes.get((context.namespace(service), item.secret.name, item.secret.key))
    return recipe is None or "{" + server_password(store.name, "") in recipe
