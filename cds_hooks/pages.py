"""The page that tells a person what this is."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response
from markupsafe import Markup

from cds_hooks.services import SPECIFICATION, FrontDesk

_PAGE: Final = Markup(
    """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ldn-cds: low-dose naltrexone, checked while ordering</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
{banner}
<main>
<h1>Low-dose naltrexone, checked while ordering</h1>
<p>This is a clinical decision support service. An electronic health record calls it over
<a href="https://cds-hooks.hl7.org/">CDS Hooks</a> {specification} while a prescriber is ordering, and shows the cards
it answers with. It supports a professional's judgement and does not replace it; no clinician has signed its content
off.</p>
<p>The address to give to a health record, or to the CDS Hooks sandbox:
<a href="{discovery}"><code>{discovery}</code></a></p>
<table>
<caption>Services</caption>
<thead><tr><th scope="col">Hook</th><th scope="col">Service</th><th scope="col">What it does</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
<p>What is checked, why, and on what it rests: <a href="{base}/rules">the rules</a>,
<a href="{base}/source-attributes">their source attributes</a>. How a low dose is begun and stepped up:
<a href="{base}/plans">the titration schedules</a>.</p>
<p>Is it running? <a href="/healthz">healthz</a>. Can it answer? <a href="/readyz">readyz</a>. Which version is it?
<a href="/version">version</a>.</p>
</main>
</body>
</html>
"""
)
_BANNER: Final = Markup(
    '<p class="banner" role="note"><strong>Demo.</strong> For made-up patients only: nobody is asked who they are.</p>'
)
_ROW: Final = Markup("<tr><td><code>{}</code></td><td><code>{}</code></td><td>{}</td></tr>")
_STYLE: Final = """\
:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0; }
main { max-width: 48rem; margin: 0 auto; padding: 1rem; }
.banner { margin: 0; padding: .5rem 1rem; background: #fff4dc; color: #6b4300; border-bottom: 2px solid #b36b00; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: start; font-weight: bold; }
th, td { text-align: start; vertical-align: top; padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8884; }
code { overflow-wrap: anywhere; }
"""


def pages(desk: FrontDesk) -> Blueprint:
    """The pages beside the services."""
    blueprint = Blueprint("pages", __name__)
    front = _PAGE.format(
        banner=_BANNER if desk.settings.is_demo else "",
        specification=SPECIFICATION,
        base=urlsplit(desk.settings.public_url).path,
        discovery=f"{desk.settings.public_url}/cds-services",
        rows=Markup("\n").join(_ROW.format(one.hook.value, one.id, one.description) for one in desk.services),
    )

    @blueprint.get("/")
    def home() -> Response:
        """Say what this is and where discovery is."""
        return Response(front, mimetype="text/html")

    @blueprint.get("/style.css")
    def style() -> Response:
        """How the page looks."""
        return Response(_STYLE, mimetype="text/css")

    return blueprint
