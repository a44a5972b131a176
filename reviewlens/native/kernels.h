/* What all kernels share. */
#ifndef REVIEWLENS_KERNELS_H
#define REVIEWLENS_KERNELS_H

#include <limits.h> /* says whether there is a glibc */
#include <stdint.h>

#define KERNELS_VERSION 5 /* raise it, here and in __init__.py, when what a kernel takes or does changes */

#if defined(_WIN32)
#define KERNEL __declspec(dllexport)
#else
#define KERNEL __attribute__((visibility("default")))
#endif

#if defined(__GNUC__)
#define PREFETCH(place) __builtin_prefetch(place)
#else
#define PREFETCH(place) ((void)0)
#endif

/* Several versions of a loop, of which the processor's is taken: the same operations on more numbers at once. */
#if defined(__x86_64__) && defined(__linux__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#define ODD UINT64_C(0x9E3779B97F4A7C15)

/* The finalizer of MurmurHash3, as `reviewlens.keys.mix`. */
static inline uint64_t mix(uint64_t key)
{
    key ^= key >> 33;
    key *= UINT64_C(0xFF51AFD7ED558CCD);
    return key ^ (key >> 29);
}

/* The number of a character in the polynomial hashes of runs and subwords. */
static inline uint64_t value_of(uint64_t point)
{
    return mix((point + 1) * ODD);
}

/* The slot of a key by linear probing, as `reviewlens.keys.Keys`; -1 where it is not. */
static inline int64_t slot_of(const uint64_t *table, uint64_t mask, uint64_t key)
{
    uint64_t slot = key & mask;
    for (;;) {
        uint64_t held = table[slot];
        if (held == key)
            return (int64_t)slot;
        if (held == 0)
            return -1;
        slot = (slot + 1) & mask;
    }
}

/* Whether a bit is set: see `sieve` in reviewlens/keys.py. */
static inline int is_set(const uint8_t *bits, uint64_t place)
{
    return bits[place >> 3] >> (place & 7) & 1;
}

#endif
