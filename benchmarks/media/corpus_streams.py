from benchmarks.media.cases import Case
STREAM_CASES: tuple[Case, ...] = ()
