"""The account pages of workers: signing in and out, the one-time link, language, logins; in a demo, sign-in links."""
