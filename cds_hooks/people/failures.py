"""How often somebody was wrong lately, so that passwords cannot be tried out.

Counted by the name that was tried, and by the place it was tried from. A place may be a whole hospital behind one
address, and is given more. The price of counting by name is known: who fails on purpose keeps somebody out for five
minutes; sign-in by a provider or a proxy is not counted.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Sequence
from threading import Lock
from typing import Final

MOST_FAILURES: Final = 10
"""Failed passwords for one name within ``WINDOW_SECONDS``, after which it must wait."""
MOST_FROM_ONE_PLACE: Final = 50
WINDOW_SECONDS: Final = 300
_MOST_KNOWN: Final = 10_000


class Failures:
    """The failures of this process, and bounded: of more names or places than that, the oldest are forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._names: OrderedDict[str, deque[float]] = OrderedDict()
        self._places: OrderedDict[str, deque[float]] = OrderedDict()

    def too_many(self, name: str, place: str, now: float) -> bool:
        """Whether that name, or that place, must wait."""
        with self._lock:
            return (
                _recent(self._names, _key(name), now) >= MOST_FAILURES
                or _recent(self._places, place, now) >= MOST_FROM_ONE_PLACE
            )

    def add(self, name: str, place: str, now: float) -> None:
        """Note a failure."""
        with self._lock:
            for known, key, most in (
                (self._names, _key(name), MOST_FAILURES),
                (self._places, place, MOST_FROM_ONE_PLACE),
            ):
                known.setdefault(key, deque(maxlen=most)).append(now)
                known.move_to_end(key)
                if len(known) > _MOST_KNOWN:
                    known.popitem(last=False)

    def forget(self, name: str) -> None:
        """Begin anew with a name whose password was right."""
        with self._lock:
            self._names.pop(_key(name), None)


def place_of(peer: str, forwarded: str, proxies: Sequence[str]) -> str:
    """Where somebody signs in from: the peer, or where a proxy of ours says that it comes from.

    ``forwarded`` is X-Forwarded-For. Anybody can write it; what one of our proxies added last counts, and only where
    it is such a proxy that calls. Of IPv6 the network of one household counts, for it has addresses without number.

    >>> place_of("203.0.113.9", "198.51.100.7", ["10.1.2.0/24"])
    '203.0.113.9'
    >>> place_of("10.1.2.3", "192.0.2.1, 198.51.100.7, 10.1.2.4", ["10.1.2.0/24"])
    '198.51.100.7'
    >>> place_of("10.1.2.3", "nonsense", ["10.1.2.0/24"]), place_of("2001:db8::1", "", [])
    ('10.1.2.3', '2001:db8::/64')
    """
    told = [one.strip() for one in forwarded.split(",")]
    place = _address(peer)
    while place is not None and told and any(place in ipaddress.ip_network(proxy) for proxy in proxies):
        before = _address(told.pop())
        if before is None:
            break
        place = before
    if isinstance(place, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((place, 64), strict=False))
    return str(place or "")


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _key(name: str) -> str:
    return name.casefold()[:100]


def _recent(known: OrderedDict[str, deque[float]], key: str, now: float) -> int:
    times = known.get(key, deque())
    while times and times[0] < now - WINDOW_SECONDS:
        times.popleft()
    return len(times)
