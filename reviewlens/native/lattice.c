/* The best way through each run by the scores of its subwords: see reviewlens/lattice.py. */
#include <math.h>

#include "kernels.h"

#define MOST 64 /* characters of a run */

/* Write the subwords of `n` forms end to end and how many each has: none where it has more than `longest` characters
 * or one that is no subword. `score` has one entry behind the last slot. Return the number of all, -1 where `longest`
 * is too much. */
KERNEL int64_t search_ways(const uint32_t *points, const int64_t *lengths, int64_t n, const uint64_t *keys,
                           int64_t mask, const double *score, const int32_t *id, int64_t longest_piece,
                           int64_t longest, int32_t *ids, int64_t *counts)
{
    int64_t total = 0;
    if (longest > MOST)
        return -1;
    for (int64_t form = 0; form < n; points += lengths[form++]) {
        double best[MOST + 1];
        int64_t back[MOST + 1], slot[MOST + 1], size = lengths[form], pieces = 0;
        uint64_t values[MOST];
        int known = 1;
        counts[form] = 0;
        if (size == 0 || size > longest)
            continue;
        for (int64_t i = 0; i < size; i++)
            values[i] = value_of(points[i]);
        for (int64_t i = 1; i <= size; i++)
            best[i] = -INFINITY;
        best[0] = 0;
        for (int64_t begin = 0; begin < size && known; begin++) {
            uint64_t sum = 0, weight = 1;
            for (int64_t end = begin + 1; end <= size && end - begin <= longest_piece; end++) {
                int64_t found;
                double way;
                sum += values[end - 1] * weight;
                weight *= ODD;
                found = slot_of(keys, (uint64_t)mask, mix(sum));
                if (found < 0 || score[found] == -INFINITY) {
                    if (end == begin + 1)
                        known = 0;
                    continue;
                }
                way = best[begin] + score[found];
                if (way > best[end]) { /* of equal ways the first, whose last subword is longest */
                    best[end] = way;
                    back[end] = begin;
                    slot[end] = found;
                }
            }
        }
        if (!known)
            continue;
        for (int64_t end = size; end > 0; end = back[end])
            pieces++;
        counts[form] = pieces;
        total += pieces;
        for (int64_t end = size, place = total; end > 0; end = back[end])
            ids[--place] = id[slot[end]];
    }
    return total;
}
