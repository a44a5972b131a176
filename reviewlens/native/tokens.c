/* Cuts texts into what copies of them share: see reviewlens/duplicates.py. */
#include "kernels.h"

enum { ALONE, COMPARED, UNSURE };                /* a text by itself, by its tokens, or for Python to tell */
enum { LETTERS_OF_A_WORD = 12, PAIR = 2 };

/* Return a character in case-folded form, 0 for white space, UINT32_MAX where only Python knows. */
static uint32_t folded_of(uint32_t point, const uint32_t *small, uint32_t low)
{
    if (point < low)
        return small[point];
    if ((point >= 0x2010 && point <= 0x2027) || (point >= 0x2030 && point <= 0x205E) ||
        (point >= 0x2190 && point <= 0x23FF) || (point >= 0x2500 && point <= 0x2BFF) ||
        (point >= 0x3001 && point <= 0xA63F) || (point >= 0xAC00 && point <= 0xD7FF) ||
        (point >= 0xF900 && point <= 0xFAFF) || (point >= 0x1F000 && point <= 0x1FAFF))
        return point;
    return UINT32_MAX;
}

/* Write for each text its folded characters without white space, end to end, and its tokens, where they begin in these,
   how many characters they have, and their keys: words, or pairs of neighbors where it has words of twelve letters on
   average, as no language has. A text of fewer than `fewest` words, or of no more characters, has none. `begins` are
   the first tokens of the texts. Return how many tokens there are. */
KERNEL int64_t cut_tokens(const uint32_t *points, const int64_t *offsets, int64_t n, const uint32_t *small, int64_t low,
                          int64_t fewest, uint32_t *said, int64_t *starts, int64_t *lengths, uint64_t *keys,
                          int64_t *begins, uint8_t *kinds)
{
    int64_t count = 0, at = 0;
    for (int64_t text = 0; text < n; text++) {
        int64_t first = at, words = 0, end = offsets[text + 1] - 1;
        uint64_t sum = 0;
        begins[text] = count;
        kinds[text] = ALONE;
        for (int64_t i = offsets[text]; i <= end && kinds[text] != UNSURE; i++) {
            uint32_t folded = i == end ? 0 : folded_of(points[i], small, (uint32_t)low);
            if (folded == UINT32_MAX) {
                kinds[text] = UNSURE;
            } else if (folded) {
                if (!sum)
                    starts[count + words] = at;
                sum = (sum + folded + 1) * ODD;
                said[at++] = folded;
            } else if (sum) {
                keys[count + words] = mix(sum);
                lengths[count + words] = at - starts[count + words];
                words++;
                sum = 0;
            }
        }
        if (kinds[text] == UNSURE)
            continue;
        if (words * LETTERS_OF_A_WORD >= end - offsets[text]) {
            kinds[text] = words >= fewest ? COMPARED : ALONE;
            count += words >= fewest ? words : 0;
            continue;
        }
        if (at - first <= fewest)
            continue;
        kinds[text] = COMPARED;
        for (int64_t i = first; i + 1 < at; i++) {
            starts[count] = i;
            lengths[count] = PAIR;
            keys[count++] = mix(((uint64_t)(said[i] + 1) * ODD + said[i + 1] + 1) * ODD);
        }
    }
    begins[n] = count;
    return count;
}
