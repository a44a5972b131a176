/* Cuts words into runs, looks runs up, and lays out their subwords: see reviewlens/runs.py and memory.py. */
#include "kernels.h"

#define FIRST UINT64_C(0xD1B54A32D192ED03)
#define LENGTH_BITS 12
#define AHEAD 12 /* keys that are on their way from memory */

static uint64_t hash_of(const uint32_t *points, int64_t start, int64_t end, int opens, const uint64_t *ascii)
{
    uint64_t sum = 0, weight = 1;
    for (int64_t i = start; i < end; i++) {
        sum += (points[i] < 128 ? ascii[points[i]] : value_of(points[i])) * weight;
        weight *= ODD;
    }
    sum = mix(sum + (opens ? FIRST : 0));
    return sum ? sum : 1;
}

/* Write the runs of `n` characters; return how many, or -1 where a page of 256 code points is not `known` yet. */
KERNEL int64_t cut_runs(const uint32_t *points, int64_t n, const uint8_t *known, const int32_t *left,
                        const int32_t *right, const uint8_t *bridges, const uint8_t *sticky, const uint8_t *space,
                        const uint8_t *mark, int64_t shortest_cut, int64_t longest, int64_t *start, int64_t *end,
                        uint8_t *opens, uint64_t *key)
{
    int64_t count = 0, at = 0;
    uint64_t ascii[128]; /* the values of characters, capitals as small letters */
    for (uint64_t point = 0; point < 128; point++)
        ascii[point] = value_of(point - 'A' < 26 ? point + 32 : point);
    while (at < n) {
        int64_t stop = at, begin;
        int stuck = 0, cut_at_marks;
        uint32_t all = 0;
        for (; stop < n && known[points[stop] >> 8] && !space[points[stop]]; stop++)
            all |= points[stop];
        if (stop < n && !known[points[stop] >> 8])
            return -1;
        if (stop == at) {
            at++;
            continue;
        }
        if (all > 127) /* nothing of ASCII changes its neighbors */
            for (int64_t i = at; i < stop && !stuck; i++)
                stuck = sticky[points[i]];
        cut_at_marks = all > 127 && stop - at > shortest_cut;
        begin = at;
        for (int64_t i = at + 1; i <= stop; i++) {
            int cut = i == stop || (!stuck && !bridges[left[points[i - 1]] + right[points[i]]]) ||
                      (cut_at_marks && mark[points[i - 1]]) || i - begin == longest;
            if (!cut)
                continue;
            start[count] = begin;
            end[count] = i;
            opens[count] = begin == at;
            key[count] = hash_of(points, begin, i, begin == at, ascii);
            count++;
            begin = i;
        }
        at = stop;
    }
    return count;
}

/* Write the slot of each key, -1 for one that is not there; return how many are not. */
KERNEL int64_t find_keys(const uint64_t *table, int64_t mask, const uint64_t *keys, int64_t n, int64_t *slots)
{
    int64_t missing = 0;
    for (int64_t i = 0; i < n; i++) {
        if (i + AHEAD < n)
            PREFETCH(&table[keys[i + AHEAD] & (uint64_t)mask]);
        slots[i] = slot_of(table, (uint64_t)mask, keys[i]);
        missing += slots[i] < 0;
    }
    return missing;
}

/* Write the subwords of runs end to end, where in its text the run of each begins, and how many each text has.
 * `base` is where each text begins among the characters, and the end. Return the number of all, or, where there is
 * no `room` for them, what is needed, less than 0. */
KERNEL int64_t spread_runs(const int64_t *where, const int64_t *slots, int64_t n, const int64_t *start, int64_t texts,
                           const int64_t *base, const int32_t *kept, int64_t room, int32_t *ids, int32_t *starts,
                           int64_t *counts)
{
    int64_t total = 0, run = 0;
    for (int64_t i = 0; i < n; i++)
        total += where[slots[i]] & ((1 << LENGTH_BITS) - 1);
    if (total > room)
        return -total;
    total = 0;
    for (int64_t text = 0; text < texts; text++) {
        int64_t before = total;
        for (; run < n && start[run] < base[text + 1]; run++) {
            int64_t place = where[slots[run]], count = place & ((1 << LENGTH_BITS) - 1);
            const int32_t *from = kept + (place >> LENGTH_BITS);
            int32_t offset = (int32_t)(start[run] - base[text]);
            for (int64_t k = 0; k < count; k++) {
                ids[total] = from[k];
                starts[total++] = offset;
            }
        }
        counts[text] = total - before;
    }
    return total;
}
