"""Scheduled meetings, their invitations, and the live room."""
