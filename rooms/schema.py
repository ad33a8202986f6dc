"""All tables of the program, for those who need the whole: migrations, retention, and tests that walk every column."""

from rooms import audit, vault
from rooms.followup import models as followup
from rooms.health import models as health
from rooms.mapping import Base
from rooms.people import models as people
from rooms.referrals import models as referrals
from rooms.visits import models as visits

#: Every module with mapped classes. Importing them fills the metadata; a test finds one that is not listed.
MODULES = (audit, vault, people, referrals, visits, followup, health)
METADATA = Base.metadata
