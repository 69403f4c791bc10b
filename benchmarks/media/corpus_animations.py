from benchmarks.media.cases import Case
ANIMATION_CASES: tuple[Case, ...] = ()
