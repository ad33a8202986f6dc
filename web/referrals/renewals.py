"""What one professional of a referral is told when the other's password was replaced by an administrator's link."""

from dataclasses import dataclass

from aiohttp import web

from rooms.people.views import AccountView
from rooms.referrals.views import ReferralView
from web import dates, keys


@dataclass(frozen=True, slots=True)
class RenewalLine:
    """Whose password was replaced, and on which day, on the reader's clock."""

    name: str
    on: str


def renewal_lines(request: web.Request, reader: AccountView, referral: ReferralView) -> tuple[RenewalLine, ...]:
    """Return the other professional's latest renewal; the reader's own stands on every page of theirs."""
    names = {
        referral.social_worker_id: referral.social_worker_name,
        referral.psychologist_id: referral.psychologist_name or "",
    }
    return tuple(
        RenewalLine(names[account], dates.day(renewed_at, reader.zone, language=request[keys.LANGUAGE]))
        for account, renewed_at in referral.password_renewals.items()
        if account != reader.id
    )
