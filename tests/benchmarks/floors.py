"""The floors that benchmarks are measured against: Flask that parses the same body and echoes a small card.

``E`` parses with orjson, ``F`` with the standard library's JSON.
"""

from __future__ import annotations

import json
from uuid import uuid4

import orjson
from flask import Flask, Response, request

_CARD = {
    "uuid": "",
    "summary": "Nothing was checked: this is a floor to measure against.",
    "indicator": "info",
    "source": {"label": "floor"},
}


def floor_e() -> Flask:
    """Flask and orjson."""
    app = Flask(__name__, static_folder=None)

    @app.post("/echo")
    def echo() -> Response:
        asked = orjson.loads(request.get_data(cache=False))
        card = {**_CARD, "uuid": str(uuid4()), "detail": asked["hook"]}
        return Response(orjson.dumps({"cards": [card]}), mimetype="application/json")

    return app


def floor_f() -> Flask:
    """Flask and the standard library's JSON."""
    app = Flask(__name__, static_folder=None)

    @app.post("/echo")
    def echo() -> Response:
        asked = json.loads(request.get_data(cache=False))
        card = {**_CARD, "uuid": str(uuid4()), "detail": asked["hook"]}
        return Response(json.dumps({"cards": [card]}), mimetype="application/json")

    return app
