# Variants of the loops: what the processor is and runs, and the choice of one.
#
# The baseline rounds every product before it is added, on every machine, so its results have the same bits everywhere.

cdef extern from *:
    """
    #if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
    static int cpu_level(void) {
        __builtin_cpu_init();
        if (!(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")
              && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2"))) return 0;
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw")
               && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") ? 2 : 1;
    }
    static int is_amd(void) { return __builtin_cpu_is("amd"); }
    #else
    #if defined(__aarch64__)
    static int cpu_level(void) { return 1; }
    #else
    static int cpu_level(void) { return 0; }
    #endif
    static int is_amd(void) { return 0; }
    #endif
    #if defined(__aarch64__)
    #define HAS_NEON 1
    #else
    #define HAS_NEON 0
    #endif
    """
    int cpu_level()
    bint is_amd()
    enum:
        HAS_NEON

_VARIANTS = ("baseline", "neon") if HAS_NEON else ("baseline", "v3", "v4")

cdef const Loops *loops = NULL
cdef const Loops *baseline = NULL
_using = None


def simd_variants():
    """Return the instruction-set variants that this build has and this processor runs, best last."""
    names = []
    for variant in _VARIANTS[:cpu_level() + 1]:
        try:
            __import__(f"imfilter.engine._loops_{variant}")
        except ImportError:
            continue
        names.append(variant)
    return names


def use_variant(variant):
    """Use the loops of an instruction-set variant from now on; return the one used before."""
    global loops, _using
    before = _using
    loops = load_loops(variant)
    _using = variant
    return before


def vector_bytes():
    """Return how wide the vectors of the loops in use are."""
    return loops.lanes_bytes


def used_variant():
    """Return the instruction-set variant in use."""
    return _using


cdef const Loops *load_loops(variant) except NULL:
    module = __import__(f"imfilter.engine._loops_{variant}", fromlist=["table"])
    return <const Loops *>PyCapsule_GetPointer(module.table, "imfilter.loops")


cdef const Loops *find_loops(bint exact) except NULL:
    """Return the loops in use or, for the same bits everywhere, those of the baseline."""
    global baseline
    if not exact:
        return loops
    if baseline == NULL:
        baseline = load_loops("baseline")
    return baseline


def _choose_variant():
    wanted = os.environ.get("IMFILTER_SIMD")
    if not wanted:
        for variant in reversed(_VARIANTS[:cpu_level() + 1]):
            try:
                return use_variant(variant)
            except ImportError:
                continue
        raise ImportError("the loops of imfilter are missing: install it again")
    if wanted not in simd_variants():
        raise ImportError(f"IMFILTER_SIMD must be one of {', '.join(simd_variants())} here, got {wanted!r}")
    use_variant(wanted)


_choose_variant()
