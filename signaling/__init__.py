"""The wire: one WebSocket per peer, messages, negotiation, ICE servers."""
