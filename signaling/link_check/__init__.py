"""The check of a line before a visit: one socket at ``/check/line``, one measurement, nothing kept."""
