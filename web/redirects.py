"""After a POST that did its work the browser is led to a page (RFC 9110, 15.4.4), so that a reload asks nothing."""

from aiohttp import web


def see_other(address: str) -> web.Response:
    """Lead the browser to a path of this server by GET."""
    return web.Response(status=303, headers={"Location": address})
