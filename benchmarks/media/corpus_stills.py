from benchmarks.media.cases import Case
STILLS_CASES: tuple[Case, ...] = ()
