"""The site as a WSGI application. Before it answers anyone, the record is compared with what was published."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "samkeeper.site.settings")
application = get_wsgi_application()

from django.utils import timezone  # noqa: E402 (Django is set up above)

from samkeeper.ledger.sealing import start  # noqa: E402

start(at=timezone.now())
