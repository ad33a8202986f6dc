"""The server's own WebRTC peer, for measuring a line before a visit. The only package that knows aiortc and PyAV.

Both belong to the extra ``media`` and are imported when the first check needs them: a server without them starts, runs
visits and checks lines over the web alone.
"""
