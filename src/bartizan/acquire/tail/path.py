"""One path followed for ever: across rotation by renaming, copying, truncating and compressing.

Every file that ever stood at the path is read once, the oldest first, beginning with those that
rotation has left when the path is first seen. After a rotation the old file is read on until
nothing has come for ten minutes: whoever writes notices a rotation when he is told, and finishes
what he is at. What was written between the last look and a copytruncate is read from the copy.
"""

from collections.abc import Sequence
from pathlib import Path

from bartizan.acquire.tail.bookmark import Bookmark
from bartizan.acquire.tail.cutter import Cut
from bartizan.acquire.tail.file import TailFile
from bartizan.acquire.tail.growing import Beginning, Replaced, beginning_of
from bartizan.acquire.tail.rotated import Candidate, candidates
from bartizan.kit import log

_PATIENCE_S = 600.0
_MOST_LINGERING = 16
_TRIES = 4

_log = log.get("tail")


class _FoundReplaced(Exception):  # noqa: N818 - caught where it is raised from
    """The files followed are others than before; `torn` is what one of them has left."""

    def __init__(self, torn: list[Cut]) -> None:
        super().__init__()
        self.torn = torn


class Tail:
    """Blocking, for one thread. Raises nothing: what cannot be read now is told and tried again."""

    def __init__(self, path: Path, bookmarks: Sequence[Bookmark], *, max_entry_bytes: int) -> None:
        """Goes on where the bookmarks say, wherever those files are now."""
        self.path = path
        self._max_entry_bytes = max_entry_bytes
        self._files: list[TailFile] = []
        self._sought = [one for one in bookmarks if not one.is_over]
        self._over = [one for one in bookmarks if one.is_over]
        self._torn: list[Cut] = []
        self._beginnings: dict[Candidate, Beginning] = {}
        self._current: tuple[int, int] | None = None
        self._trouble: dict[Path, str] = {}
        self._origin = path

    @property
    def origin(self) -> Path:
        """The file that the entries read last came from."""
        return self._origin

    @property
    def held_bytes(self) -> int:
        """Bytes of entries that are not complete."""
        return sum(file.held_bytes for file in self._files)

    def bookmarks(self) -> list[Bookmark]:
        """What to remember once everything that was read is durable."""
        marks = [file.bookmark() for file in self._files]
        return [*self._over, *self._sought, *(mark for mark in marks if mark is not None)]

    def look(self, *, thoroughly: bool) -> None:
        """See whether another file is at the path; `thoroughly`: at the rotated ones too."""
        try:
            status = self.path.stat()
            current = (status.st_dev, status.st_ino)
        except OSError as error:
            current = None
            self._tell(self.path, error.strerror or str(error))
        is_other = current not in {None, self._current}
        self._current = current
        if (thoroughly or is_other) and self._scan() and current is not None:
            self._give_up()

    def read(self) -> list[Cut]:
        """More entries of one file; [] if there are none for now."""
        for _ in range(_TRIES):
            try:
                return self._read()
            except _FoundReplaced as found:
                if found.torn:
                    return found.torn
        return []

    def _read(self) -> list[Cut]:
        for file in list(self._files):
            try:
                cuts = file.read()
            except (Replaced, FileNotFoundError):
                raise _FoundReplaced(self._replaced(file)) from None
            except OSError as error:
                self._tell(file.candidate.path, error.strerror or str(error))
                continue
            if file.is_at_end and self._is_over(file):
                cuts = cuts + self._leave(file)
            if cuts:
                self._origin = file.candidate.path
                return cuts
        return []

    def close(self) -> None:
        for file in self._files:
            file.close()

    def _is_over(self, file: TailFile) -> bool:
        if file.is_packed:
            return True
        if file.candidate.identity == self._current:
            return False
        lingering = len(self._files) > _MOST_LINGERING and file is self._files[0]
        return lingering or file.quiet_s() > _PATIENCE_S

    def _leave(self, file: TailFile) -> list[Cut]:
        """Close a rotated file; what it holds of an unfinished entry will not be completed."""
        if file.damage:
            _log.warning("tail.file.damaged", path=str(file.candidate.path), reason=file.damage)
        cuts = file.finish()
        mark = file.bookmark(is_over=True)
        if mark is not None:
            self._over.append(mark)
        self._files.remove(file)
        file.close()
        return cuts

    def _replaced(self, file: TailFile) -> list[Cut]:
        """The file was truncated, or replaced before it was opened: find what it held elsewhere."""
        mark = file.bookmark()
        torn = file.finish()
        if file.candidate.identity == self._current and not file.is_packed:
            file.begin_again()
        else:
            self._files.remove(file)
            file.close()
        if mark is None:
            self._scan()
            return []
        self._sought.append(mark)
        self._scan()
        if mark not in self._sought:
            _log.info("tail.file.copied", path=str(self.path), read_bytes=mark.position)
            return []
        self._sought.remove(mark)  # no copy: what was not read before is gone
        _log.warning("tail.file.truncated", path=str(self.path), read_bytes=mark.position)
        return torn

    def _scan(self) -> bool:
        """Find every file that stood at the path, and what is new among them."""
        try:
            found = candidates(self.path)
        except OSError as error:
            self._tell(self.path, error.strerror or str(error))
            return False
        known = self._beginnings
        self._beginnings = {
            one: known[one] if one in known and known[one].head else beginning_of(one)
            for one in found
        }
        met = [mark for one in found if (mark := self._meet(one)) is not None]
        self._over = [mark for mark in self._over if mark in met]
        return True

    def _meet(self, candidate: Candidate) -> Bookmark | None:
        """Follow a file, unless it is followed or was; the bookmark by which it is known as over.

        A copy of a followed file is not followed beside it: it is the copy of a copytruncate that
        has not truncated yet, or the compressed file beside the one that will be removed.
        """
        if any(file.candidate.identity == candidate.identity for file in self._files):
            return None
        begins = self._beginnings[candidate]
        if begins.trouble:
            self._tell(candidate.path, begins.trouble)
            return None
        if not begins.head:
            if candidate.is_current:
                self._follow(candidate, begins, None)
            return None
        sought = next((mark for mark in self._sought if _fits(mark, begins, candidate)), None)
        if sought is not None:
            self._sought.remove(sought)
            self._follow(candidate, begins, sought)
            return None
        over = next((mark for mark in self._over if mark.is_of(begins.head)), None)
        if over is None:
            self._meet_unknown(candidate, begins)
        elif candidate.is_current or (not begins.is_packed and candidate.size > over.position):
            self._follow(candidate, begins, over if _fits(over, begins, candidate) else None)
            return None
        return over

    def _meet_unknown(self, candidate: Candidate, begins: Beginning) -> None:
        heads = [(one.head, one) for one in self._files if one.head]
        same = next((one for head, one in heads if begins.head.startswith(head)), None)
        if same is None:
            self._follow(candidate, begins, None)
        elif candidate.is_current:  # rewritten by way of another file
            mark = same.bookmark()
            is_longer = mark is not None and _fits(mark, begins, candidate)
            self._follow(candidate, begins, mark if is_longer else None)

    def _follow(self, candidate: Candidate, begins: Beginning, mark: Bookmark | None) -> None:
        file = TailFile(
            candidate,
            is_packed=begins.is_packed,
            max_entry_bytes=self._max_entry_bytes,
            head=begins.head,
            bookmark=mark,
        )
        if candidate.is_current:
            try:
                file.open()  # now, so that its next rotation does not matter
            except Replaced:
                return
            except OSError as error:
                self._tell(candidate.path, error.strerror or str(error))
                return
        self._files.append(file)
        self._trouble.pop(candidate.path, None)
        position = mark.position if mark else 0
        _log.info("tail.file.followed", path=str(candidate.path), position=position)

    def _give_up(self) -> None:
        """What was being read when we stopped is nowhere any more."""
        for mark in self._sought:
            _log.warning("tail.file.gone", path=str(self.path), read_bytes=mark.position)
        self._sought.clear()

    def _tell(self, path: Path, reason: str) -> None:
        """Once, until it changes."""
        if self._trouble.get(path) != reason:
            self._trouble[path] = reason
            _log.warning("tail.file.unreadable", path=str(path), reason=reason)


def _fits(mark: Bookmark, begins: Beginning, candidate: Candidate) -> bool:
    """Whether a file is the one of a bookmark, and long enough to go on there."""
    is_long_enough = begins.is_packed or candidate.size >= mark.position
    return is_long_enough and mark.is_of(begins.head)
