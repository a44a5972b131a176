/* Sums of the rows of hashed n-grams, by text and by clause: see reviewlens/models/linear.py. */
#include "kernels.h"

#define MOST_ORDERS 5

static const uint64_t MULTIPLIERS[MOST_ORDERS] = {
    UINT64_C(0x9E3779B97F4A7C15), UINT64_C(0xC2B2AE3D27D4EB4F), UINT64_C(0x165667B19E3779F9),
    UINT64_C(0xD6E8FEB86659FD93), UINT64_C(0xA0761D6478BD642F)};

static uint64_t key_of(const int32_t *ids, int64_t order)
{
    uint64_t key = (uint64_t)order;
    for (int64_t part = 0; part <= order; part++) {
        key ^= (uint64_t)(int64_t)ids[part] + 1;
        key *= MULTIPLIERS[part];
        key ^= key >> 29;
    }
    return key;
}

static int has(const int32_t *ids, int64_t n, int64_t wanted)
{
    for (int64_t i = 0; i < n; i++)
        if (ids[i] == wanted)
            return 1;
    return 0;
}

/* Count a bucket in an open table of `size` pairs of bucket + 1 and count; return its place. */
static int64_t counted(int64_t *seen, int64_t size, int64_t bucket)
{
    int64_t place = bucket & (size - 1);
    while (seen[2 * place] && seen[2 * place] != bucket + 1)
        place = (place + 1) & (size - 1);
    seen[2 * place] = bucket + 1;
    seen[2 * place + 1]++;
    return place;
}

static void add(double *sums, const float *row, int64_t width, float square, float rest)
{
    sums[0] += (float)(row[0] * square);
    for (int64_t k = 1; k < width; k++)
        sums[k] += (float)(row[k] * rest);
}

/* Add rows of `width` numbers to the sums of texts (n, width) and of groups (groups, width); `group` is -1 for none.
 *
 * A row that a text has c times counts `scale[2c]` (its first number) and `scale[2c + 1]` (the others) times each; where
 * `damped` is 0, once. `seen` is room for 2 * `size` numbers, all 0 before and after, `size` a power of two above the
 * length of each text; `places` for two numbers per unit of the longest text, and one unit more. Return 0, or -1 for too long n-grams. */
WIDE KERNEL int64_t add_ngrams(const int32_t *ids, const int64_t *offsets, int64_t n, const int64_t *group, int64_t shortest,
                          int64_t orders, int64_t space, const float *rows, int64_t width, const uint8_t *check,
                          int64_t mask, int64_t damped, const float *scale, int64_t *seen, int64_t size,
                          int64_t *places, double *of_text, double *of_group)
{
    if (orders > MOST_ORDERS)
        return -1;
    for (int64_t text = 0; text < n; text++, of_text += width) {
        for (int64_t order = shortest - 1; order < orders; order++) {
            int64_t found = 0;
            for (int64_t first = offsets[text]; first + order < offsets[text + 1]; first++) {
                uint64_t key = key_of(ids + first, order);
                int64_t bucket = (int64_t)(key & (uint64_t)mask);
                int known = check[bucket] == ((uint8_t)(key >> 48) | 1);
                if (space >= 0)
                    known &= !has(ids + first + 1, order - 1, space);
                PREFETCH(rows + bucket * width);
                places[2 * found] = first; /* without a branch, for whether an n-gram is known cannot be foreseen */
                places[2 * found + 1] = bucket;
                found += known;
            }
            for (int64_t i = 0; damped && i < found; i++)
                places[2 * i + 1] = counted(seen, size, places[2 * i + 1]);
            for (int64_t i = 0; i < found; i++) {
                int64_t first = places[2 * i], place = places[2 * i + 1], own = group[first + order];
                int64_t bucket = damped ? seen[2 * place] - 1 : place, times = damped ? seen[2 * place + 1] : 1;
                add(of_text, rows + bucket * width, width, scale[2 * times], scale[2 * times + 1]);
                if (own >= 0 && own == group[first])
                    add(of_group + own * width, rows + bucket * width, width, scale[2 * times], scale[2 * times + 1]);
            }
            for (int64_t i = 0; damped && i < found; i++)
                seen[2 * places[2 * i + 1]] = seen[2 * places[2 * i + 1] + 1] = 0;
        }
    }
    return 0;
}
