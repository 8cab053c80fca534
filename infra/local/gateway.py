"""The template's HTTP API: routes, JWT authorizer, CORS, and events of payload version 2.0."""

import base64
import json
import logging
import re
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote

from infra.local.clock import LocalClock
from infra.local.issuer import Issuer, TokenRefused, as_authorizer
from infra.local.lambdas import Lambdas
from infra.local.resources import ACCOUNT, Resources
from infra.local.template import Template

logger = logging.getLogger(__name__)

_LARGEST_BODY = 10 * 1024 * 1024  # bytes, the HTTP API's own limit
_TEXT_TYPES = re.compile(r"text/|application/(json|xml|javascript|[^;]+\+(json|xml))\s*(;|$)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    target: str
    """Path and query as sent, still percent-encoded."""
    headers: dict[str, str] = field(default_factory=dict)
    """Names in lower case."""
    body: bytes = b""
    source: str = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes
    cookies: tuple[str, ...] = ()

    def json(self) -> Any:
        return json.loads(self.body)


class MalformedAnswer(Exception):
    """What a function returned is no answer to a request."""


@dataclass(frozen=True, slots=True)
class _Route:
    key: str
    method: str
    path: re.Pattern[str]
    function: str
    authorizer: str | None

    @property
    def vagueness(self) -> tuple[bool, int, bool]:
        """The API takes the least vague route that matches: full paths before parameters before greedy ones."""
        return (".*" in self.path.pattern, self.path.groups, self.method == "ANY")


class Gateway:
    """Answers requests as the HTTP API would; what it answers itself has the HTTP API's own shapes."""

    def __init__(
        self,
        template: Template,
        resources: Resources,
        lambdas: Lambdas,
        issuer: Issuer,
        clock: LocalClock,
        *,
        token_clock: LocalClock,
    ) -> None:
        """Raise LocalError for a route whose target or authorizer the template does not have."""
        self._lambdas = lambdas
        self._issuer = issuer
        self._clock = clock
        self._token_clock = token_clock
        self._routes = sorted(_routes(template, resources), key=lambda route: route.vagueness)
        self._authorizers: dict[str, dict[str, Any]] = {
            name: resources.resolve(properties["JwtConfiguration"])
            for name, properties in template.of_type("AWS::ApiGatewayV2::Authorizer").items()
        }
        for route in self._routes:
            if route.authorizer is not None and route.authorizer not in self._authorizers:
                raise template.error(f"route '{route.key}' has no JWT authorizer '{route.authorizer}'")
        [self._api, *_] = template.of_type("AWS::ApiGatewayV2::Api") or [""]
        api = resources.resolve(template.properties_of(self._api)) if self._api else {}
        self._cors: dict[str, Any] = api.get("CorsConfiguration", {})

    def handle(self, request: Request) -> Response:
        """Never raises for what a request or a function does."""
        if request.method == "OPTIONS" and self._cors and "access-control-request-method" in request.headers:
            return Response(HTTPStatus.NO_CONTENT, self._preflight(request), b"")
        response = self._answer(request)
        allowed = self._allow_origin(request)
        exposed = self._cors.get("ExposeHeaders")
        if allowed and exposed:
            allowed["access-control-expose-headers"] = ",".join(exposed)
        return Response(response.status, response.headers | allowed, response.body, response.cookies)

    def _answer(self, request: Request) -> Response:
        found = self._route(request)
        if found is None:
            return _message(HTTPStatus.NOT_FOUND, "Not Found")
        route, parameters = found
        claims: dict[str, str] | None = None
        if route.authorizer is not None:
            try:
                claims = self._authorized(request, self._authorizers[route.authorizer])
            except TokenRefused as refusal:
                logger.info("token refused: %s", refusal)
                refused = _message(HTTPStatus.UNAUTHORIZED, "Unauthorized")
                return Response(refused.status, refused.headers | {"www-authenticate": "Bearer"}, refused.body)
        if len(request.body) > _LARGEST_BODY:
            return _message(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "Request Entity Too Large")
        event = self._event(request, route, parameters, claims)
        try:
            return _response_of(self._lambdas.invoke(route.function, "http", event))
        except MalformedAnswer:
            logger.exception("%s gave no answer that the API understands", route.function)
        except Exception:  # the function's own, logged by Lambdas: AWS tells the client no more
            logger.info("%s: 500", route.key)
        return _message(HTTPStatus.INTERNAL_SERVER_ERROR, "Internal Server Error")

    def _route(self, request: Request) -> tuple[_Route, dict[str, str]] | None:
        """The route and its path parameters."""
        path = request.target.partition("?")[0]
        for route in self._routes:
            if route.method in (request.method, "ANY") and (match := route.path.fullmatch(path)):
                return route, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def _authorized(self, request: Request, configuration: dict[str, Any]) -> dict[str, str]:
        token = request.headers.get("authorization", "")
        scheme, _, rest = token.partition(" ")
        claims = self._issuer.claims(
            rest.strip() if scheme.lower() == "bearer" else token,
            issuer=configuration["Issuer"],
            audience=configuration["Audience"],
            at=self._token_clock.now(),
        )
        return as_authorizer(claims)

    def _event(
        self,
        request: Request,
        route: _Route,
        parameters: dict[str, str],
        claims: dict[str, str] | None,
    ) -> dict[str, Any]:
        path, _, query = request.target.partition("?")
        now = self._clock.now()
        event: dict[str, Any] = {
            "version": "2.0",
            "routeKey": route.key,
            "rawPath": path,
            "rawQueryString": query,
            "headers": {name: value for name, value in request.headers.items() if name != "cookie"},
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": self._api,
                "domainName": request.headers.get("host", "localhost"),
                "domainPrefix": self._api,
                "http": {
                    "method": request.method,
                    "path": path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": request.source,
                    "userAgent": request.headers.get("user-agent", ""),
                },
                "requestId": str(uuid.uuid4()),
                "routeKey": route.key,
                "stage": "$default",
                "time": _clf(now),
                "timeEpoch": int(now.timestamp() * 1000),
            },
            "isBase64Encoded": False,
        }
        if "cookie" in request.headers:
            event["cookies"] = [cookie.strip() for cookie in request.headers["cookie"].split(";")]
        if query:
            event["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True))
        if parameters:
            event["pathParameters"] = parameters
        if claims is not None:
            event["requestContext"]["authorizer"] = {"jwt": {"claims": claims, "scopes": None}}
        if request.body:
            event["body"], event["isBase64Encoded"] = _body_of(request)
        return event

    def _allow_origin(self, request: Request) -> dict[str, str]:
        origin = request.headers.get("origin")
        origins = self._cors.get("AllowOrigins", [])
        if origin is None or not ("*" in origins or origin in origins):
            return {}
        allowed = {"access-control-allow-origin": "*" if "*" in origins else origin}
        if "*" not in origins:
            allowed["vary"] = "Origin"
        if self._cors.get("AllowCredentials"):
            allowed["access-control-allow-credentials"] = "true"
        return allowed

    def _preflight(self, request: Request) -> dict[str, str]:
        allowed = self._allow_origin(request)
        if not allowed:
            return {}
        for header, setting in (
            ("access-control-allow-methods", "AllowMethods"),
            ("access-control-allow-headers", "AllowHeaders"),
        ):
            if setting in self._cors:
                allowed[header] = ",".join(self._cors[setting])
        if "MaxAge" in self._cors:
            allowed["access-control-max-age"] = str(self._cors["MaxAge"])
        return allowed


def serve(handle: Callable[[Request], Response], environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Answer a WSGI request by `handle`."""
    response = handle(_from_wsgi(environ))
    headers = [*response.headers.items(), *(("set-cookie", cookie) for cookie in response.cookies)]
    if response.status != HTTPStatus.NO_CONTENT:
        headers.append(("content-length", str(len(response.body))))
    start_response(f"{response.status} {_phrase(response.status)}", headers)
    return [response.body]


def _routes(template: Template, resources: Resources) -> Iterable[_Route]:
    functions = {resources.lookup(name, "Arn"): name for name in template.functions()}
    integrations = {
        name: resources.resolve(properties["IntegrationUri"])
        for name, properties in template.of_type("AWS::ApiGatewayV2::Integration").items()
    }
    for properties in template.of_type("AWS::ApiGatewayV2::Route").values():
        key = str(properties["RouteKey"])
        target = str(resources.resolve(properties["Target"])).removeprefix("integrations/")
        if integrations.get(target) not in functions:
            raise template.error(f"route '{key}' leads to '{target}', which is no integration of a function")
        kind = properties.get("AuthorizationType", "NONE")
        if kind not in ("NONE", "JWT"):
            raise template.error(f"route '{key}' has authorization '{kind}'; only JWT and NONE run locally")
        method, _, path = key.partition(" ")
        yield _Route(
            key=key,
            method=method,
            path=_pattern(path),
            function=functions[integrations[target]],
            authorizer=resources.resolve(properties["AuthorizerId"]) if kind == "JWT" else None,
        )


def _pattern(path: str) -> re.Pattern[str]:
    """`{name}` is one segment, `{name+}` the rest of the path."""
    parts = re.split(r"\{(\w+\+?)\}", path)
    text = ""
    for place, part in enumerate(parts):
        if place % 2 == 0:
            text += re.escape(part)
        elif part.endswith("+"):
            text += f"(?P<{part[:-1]}>.*)"
        else:
            text += f"(?P<{part}>[^/]+)"
    return re.compile(text)


def _body_of(request: Request) -> tuple[str, bool]:
    """The body as the event carries it, and whether that is base64: so is all that is not declared as text."""
    if _TEXT_TYPES.match(request.headers.get("content-type", "application/json")):
        try:
            return request.body.decode("utf-8"), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(request.body).decode("ascii"), True


def _response_of(result: Any) -> Response:
    """Raise MalformedAnswer for what is not an answer of payload version 2.0."""
    try:
        if not isinstance(result, dict) or "statusCode" not in result:
            return Response(HTTPStatus.OK, {"content-type": "application/json"}, json.dumps(result).encode("utf-8"))
        headers = {str(name).lower(): str(value) for name, value in (result.get("headers") or {}).items()}
        headers.setdefault("content-type", "text/plain;charset=UTF-8")
        text = result.get("body") or ""
        body = base64.b64decode(text) if result.get("isBase64Encoded") else text.encode("utf-8")
        return Response(int(result["statusCode"]), headers, body, tuple(result.get("cookies") or ()))
    except (AttributeError, TypeError, ValueError) as error:
        raise MalformedAnswer(str(error)) from error


def _message(status: HTTPStatus, message: str) -> Response:
    return Response(status, {"content-type": "application/json"}, json.dumps({"message": message}).encode())


def _joined(pairs: list[tuple[str, str]]) -> dict[str, str]:
    """A name given twice has its values joined by commas, as the HTTP API joins them."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _clf(instant: datetime) -> str:
    return instant.strftime("%d/%b/%Y:%H:%M:%S +0000")


def _from_wsgi(environ: dict[str, Any]) -> Request:
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or (name in ("CONTENT_TYPE", "CONTENT_LENGTH") and value)
    }
    return Request(
        method=environ["REQUEST_METHOD"],
        target=environ["REQUEST_URI"],
        headers=headers,
        body=environ["wsgi.input"].read(),
        source=environ["REMOTE_ADDR"],
    )


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
