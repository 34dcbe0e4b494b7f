"""RightsChange: that somebody's rights have changed, written by triggers and by nobody else."""

from baselayer.app.controls.constant import restricted
from baselayer.app.db.base import Base


class RightsChange(Base):
    """One change, seen by every process as soon as it is committed.

    A row, not a counter: transactions that change rights need not wait for each other, and one that
    commits late is not overlooked.
    """

    __tablename__ = "rights_changes"
    create = read = update = delete = restricted
