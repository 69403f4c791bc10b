"""What an unfinished run keeps beside its output: sealed segments and a manifest of them.

A segment counts once its file is on the disk and the manifest that names it has taken the place
of the one before. Whatever ends a process between any two steps, the next one finds a manifest
that is whole and segments that are whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from dain.errors import EncodeError, OutputError, reason_of
from dain.jobs.fingerprint import Fingerprint, differences
from dain.jobs.segment_files import SegmentFile, read_records
from dain.media.output import remove_stale, sync_folder
from dain.media.segments import Record
from dain.media.stills_names import is_stills_output, pattern_of
from dain.transfer.digests import difference

_FORMAT = 3
_LONGEST_NAME = 150  # bytes of the output's name in ours; file systems allow 255
_MANIFEST, _LOCK = "manifest.json", "lock"


@dataclass(frozen=True)
class Segment:
    """A sealed segment.

    Attributes:
        name: of its file.
        count: output frames in it.
        end: when its last frame ends in the output, seconds as a fraction.
        source_frames: of the source that were done with when its last frame was made.
        size: of its file in bytes.
        sha256: of its file.
    """

    name: str
    count: int
    end: str
    source_frames: int
    size: int
    sha256: str


@dataclass
class Manifest:
    """What is known of the work so far.

    Attributes:
        fingerprint: what it depends on.
        engine: what made the frames: device, precision, tile, threads, weights.
        segments: sealed, in order; together they are the frames from the first on.
        damage: places of the source that were damaged.
        findings: what was found out about the source.
        result: of the whole run, once nothing is left but to join the segments.
    """

    fingerprint: Fingerprint
    engine: dict[str, Any] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    damage: list[Any] = field(default_factory=list)
    findings: dict[str, Any] = field(default_factory=dict)
    result: dict[str, Any] | None = None


def work_path(output: Path) -> Path:
    """Where the work of an output lies: hidden, beside it, under a name that follows from its own.

    Of a pattern or folder of stills that is there already it is in that folder, which may be
    writable where the one around it is not; but not where work began before there was that folder.
    Links are followed, so that one output has one place.
    """
    pattern = pattern_of(output)
    final = Path(os.path.realpath(output if pattern is None else output.parent))
    name = _work_name(final.name if pattern is None else f"{final.name}-{output.name}")
    if is_stills_output(output) and final.is_dir() and not (final.parent / name).is_dir():
        return final / name
    return final.parent / name


def _work_name(name: str) -> str:
    data = name.encode(errors="surrogateescape")
    if len(data) > _LONGEST_NAME:
        short = data[:_LONGEST_NAME].decode(errors="ignore")
        return f".{short}-{hashlib.sha256(data).hexdigest()[:8]}.dain"
    return f".{name}.dain"


class WorkFolder:
    """The work folder of one output, held by one process at a time.

    Leaving it as a context removes it, whatever is in it.

    Args:
        output: that the work is for.

    Attributes:
        manifest: of what is there.
        found: frames that an earlier run left and this one goes on from.

    Raises:
        OutputError: another run holds it, or it cannot be made.
    """

    def __init__(self, output: Path) -> None:
        self._output = output
        self.path = work_path(output)
        try:
            self.path.mkdir(exist_ok=True)
            self._lock = FileLock(self.path / _LOCK, blocking=False)
            self._lock.acquire()
        except Timeout:
            raise OutputError(
                f"another run of dain is writing {output}; wait for it or choose another name"
            ) from None
        except OSError as error:
            reason = reason_of(error)
            raise OutputError(f"cannot write beside {output}: {reason}") from error
        if pattern_of(output) is None:
            remove_stale(output)
        else:
            remove_stale(output.parent, output.name)
        self.manifest = Manifest({})
        self.found = 0

    def __enter__(self) -> WorkFolder:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()

    @property
    def frames(self) -> int:
        """Output frames that are kept."""
        return sum(segment.count for segment in self.manifest.segments)

    @property
    def source_frames(self) -> int:
        """Source frames that are done with."""
        segments = self.manifest.segments
        return segments[-1].source_frames if segments else 0

    def open(self, fingerprint: Fingerprint) -> list[str]:
        """Take up what an earlier run left, or begin afresh.

        Returns:
            Messages where something that was kept is of no use.

        Raises:
            EncodeError: the disk refused.
        """
        found = self._read_manifest()
        messages = []
        if found is None or not found.segments:
            found = Manifest(fingerprint)
        elif changed := differences(found.fingerprint, fingerprint):
            messages.append(f"starting over: {_listed(changed)} changed since the unfinished run")
            found = Manifest(fingerprint)
        sound = [*self._sound(found.segments)]
        if len(sound) < len(found.segments):
            messages.append("some of the work that was kept is damaged, and is done again")
            found.segments, found.result = sound, None
        self.manifest = found
        self.found = self.frames
        self._remove_strangers()
        return messages

    def begin_again(self) -> None:
        """Let go of all that is kept."""
        self.found = 0
        self.manifest = Manifest(self.manifest.fingerprint)
        self._remove_strangers()

    def new_segment(self) -> tuple[str, SegmentFile]:
        """The name and file of the next segment.

        Raises:
            EncodeError: the disk refused.
        """
        name = f"{len(self.manifest.segments):06d}.segment"
        with self.disk_errors():
            path = self.path / name
            path.unlink(missing_ok=True)
            return name, SegmentFile(path)

    def keep(
        self,
        segment: Segment | None,
        damage: list[Any],
        findings: dict[str, Any],
        result: dict[str, Any] | None = None,
    ) -> None:
        """Count a segment whose file is sealed, all that was found so far, and the result if any.

        Raises:
            EncodeError: the disk refused.
        """
        segments = [*self.manifest.segments, *([segment] if segment else [])]
        known = self.manifest
        fresh = Manifest(known.fingerprint, known.engine, segments, damage, findings, result)
        with self.disk_errors():
            draft = self.path / f"{_MANIFEST}.part"
            with draft.open("w", encoding="utf-8") as file:
                json.dump({"format": _FORMAT, **asdict(fresh)}, file)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / _MANIFEST)
            sync_folder(self.path)
        self.manifest = fresh

    def records(self) -> Iterator[Record]:
        """Everything that the segments hold, in order.

        Raises:
            EncodeError: a segment cannot be read.
        """
        with self.disk_errors("read"):
            for segment in self.manifest.segments:
                yield from read_records(self.path / segment.name)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        self._remove_all_but({_LOCK})
        # The lock goes last, and while it is ours: whoever comes next loses nothing to us.
        if os.name != "nt":
            self._unlink_lock()
        self._lock.release()
        if os.name == "nt":  # where what is open cannot be removed
            self._unlink_lock()
        with contextlib.suppress(OSError):
            self.path.rmdir()

    def _unlink_lock(self) -> None:
        with contextlib.suppress(OSError):
            (self.path / _LOCK).unlink()

    def leave(self) -> None:
        """Let go of the folder; it stays if there is something in it to go on from."""
        if self.manifest.segments:
            self._remove_strangers()
            self._lock.release()
        else:
            self.remove()

    def _read_manifest(self) -> Manifest | None:
        try:
            found = json.loads((self.path / _MANIFEST).read_text(encoding="utf-8"))
            if found.pop("format") != _FORMAT:
                return None
            found["segments"] = [Segment(**each) for each in found["segments"]]
            return Manifest(**found)
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None  # there is none, or not of ours

    def _sound(self, segments: list[Segment]) -> Iterator[Segment]:
        """Segments up to the first that is not as it was sealed."""
        for segment in segments:
            path = self.path / segment.name
            try:
                if path.stat().st_size != segment.size:
                    return
                if difference(path, f"sha256:{segment.sha256}"):
                    return
            except OSError:
                return
            yield segment

    def _remove_strangers(self) -> None:
        """Remove what the manifest does not name, such as a segment that was not sealed."""
        known = {_LOCK, *(segment.name for segment in self.manifest.segments)}
        self._remove_all_but(known | ({_MANIFEST} if self.manifest.segments else set()))

    def _remove_all_but(self, names: set[str]) -> None:
        try:
            entries = [entry for entry in self.path.iterdir() if entry.name not in names]
        except OSError:
            return  # someone has removed the folder itself
        # The manifest first, as it must not name what is gone.
        for entry in sorted(entries, key=lambda entry: entry.name != _MANIFEST):
            with contextlib.suppress(OSError):
                entry.unlink()

    @contextlib.contextmanager
    def disk_errors(self, verb: str = "write") -> Iterator[None]:
        """Turn what the disk says into one line.

        Raises:
            EncodeError: the disk refused.
        """
        try:
            yield
        except OSError as error:
            reason = reason_of(error)
            raise EncodeError(f"cannot {verb} what is made of {self._output}: {reason}") from error


def _listed(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    return f"{', '.join(names[:-1])} and {names[-1]}"
