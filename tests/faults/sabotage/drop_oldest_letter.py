"""A spool that makes room for dead letters by dropping the oldest, and says nothing: R13."""

from bartizan.spool.outlet import Outlet


class ForgetfulOutlet(Outlet):
    """Keeps 100 letters, as if nobody counted."""

    def bury(self, letters):
        duplicates = super().bury(letters)
        self._database.execute(
            "DELETE FROM dead_letter WHERE id <= (SELECT max(id) FROM dead_letter) - 100"
        )
        return duplicates
