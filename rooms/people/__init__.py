"""Accounts, schools, vetting and caseload."""
