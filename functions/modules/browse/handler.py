"""GET /modules, /modules/{module_id} and /openapi.json: public."""

from functools import cache
from http import HTTPStatus

from functions.modules.browse.use_case import KEPT_FOR, list_modules, show_module
from shared.api.contract import modules
from shared.api.cursor import decode_cursor, encode_cursor
from shared.api.resolver import Answer, Api, Call
from shared.bootstrap import deps
from shared.domain.shelf import Wanted

lambda_handler = api = Api()


@api.operation(modules.LIST_MODULES)
def get_modules(call: Call[None, modules.ModulesQuery]) -> Answer:
    query = call.query
    wanted = Wanted(topic=query.topic, q=query.q, is_open=query.open)
    page, kept_for = list_modules(wanted, query.limit, decode_cursor(query.cursor), deps(), at=call.at)
    cards = [modules.ModuleCard.of(status, is_open=status.is_open(call.at)) for status in page.entries]
    view = modules.ModulesView(modules=cards, next=encode_cursor(page.cursor))
    return Answer(HTTPStatus.OK, view, kept_for=kept_for)


@api.operation(modules.GET_MODULE)
def get_module(call: Call[None, modules.EditionQuery]) -> Answer:
    edition, status, kept_for = show_module(call.module_id, call.query.edition, deps(), at=call.at)
    view = modules.ModuleView.of_edition(edition, status, is_open=status.is_open(call.at))
    return Answer(HTTPStatus.OK, view, kept_for=kept_for)


@api.operation(modules.GET_OPENAPI)
def get_openapi(_: Call[None, None]) -> Answer:
    return Answer(HTTPStatus.OK, _document(deps().public_url), kept_for=KEPT_FOR)


@cache
def _document(server: str) -> modules.OpenApiView:
    from shared.api.openapi import document  # noqa: PLC0415 - all operations, needed for this answer alone

    return modules.OpenApiView(**document(server))
