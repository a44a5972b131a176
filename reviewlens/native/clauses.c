/* Cuts texts into clauses and finds the clause of each subword: see reviewlens/text.py and models/mixture.py. */
#include "kernels.h"

enum { NOTHING, SPACED, UNSPACED, PICTURE, SPACE, SOFT, HARD, BREAK }; /* of a character, as in text.py */

static int cuts_after(const uint32_t *points, int64_t n, const uint8_t *classes, int64_t i)
{
    int here = classes[points[i]], before = classes[points[i ? i - 1 : 0]];
    int after = classes[points[i + 1 < n ? i + 1 : n - 1]];
    if (here == BREAK)
        return 1;
    if (here == SPACE)
        return i > 0 && i + 1 < n && before == UNSPACED && after == UNSPACED;
    if (here < SOFT || after >= SOFT)
        return 0;
    return here == HARD || after != SPACED || before == UNSPACED;
}

/* Write where clauses begin and end; `extra` are further places, ascending, at which one begins. Return how many. */
KERNEL int64_t cut_clauses(const uint32_t *points, int64_t n, const uint8_t *classes, const int64_t *extra,
                           int64_t extras, int64_t *start, int64_t *end)
{
    int64_t count = 0, next = 0, first = -1, last = -1; /* of what is not blank since the last cut */
    int said = 0;
    for (int64_t i = 0; i < n; i++) {
        int kind = classes[points[i]], cut = i + 1 == n;
        if (kind != SPACE && kind != BREAK) {
            first = first < 0 ? i : first;
            last = i;
            said |= kind != NOTHING && kind < SPACE;
        }
        for (; next < extras && extra[next] <= i + 1; next++)
            cut |= extra[next] == i + 1;
        if (!cut && (kind < SPACE || !cuts_after(points, n, classes, i)))
            continue;
        if (said) {
            start[count] = first;
            end[count++] = last + 1;
        }
        first = -1;
        said = 0;
    }
    return count;
}

/* Write the clause of each subword, -1 for none. Clauses are by text and place, `owner` and `bounds` (m, 2). */
KERNEL int64_t find_clauses(const int64_t *offsets, int64_t n, const int32_t *starts, const int64_t *owner,
                            const int64_t *bounds, int64_t m, int64_t *clause)
{
    int64_t next = 0;
    for (int64_t text = 0; text < n; text++) {
        for (int64_t t = offsets[text]; t < offsets[text + 1]; t++) {
            while (next < m && (owner[next] < text || (owner[next] == text && bounds[2 * next] <= starts[t])))
                next++;
            clause[t] = next && owner[next - 1] == text && starts[t] < bounds[2 * next - 1] ? next - 1 : -1;
        }
    }
    return 0;
}
