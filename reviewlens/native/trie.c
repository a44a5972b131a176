/* Where phrases stand in a text: see reviewlens/trie.py. */
#include "kernels.h"

/* A trie: the edges in a hash table by node and character, and per node the phrase that ends there, -1 for none. */
struct trie {
    const uint8_t *opens; /* what is told from the hash of the first characters of a place: see `may_open` */
    const uint64_t *keys;
    uint64_t mask;
    const int32_t *target, *phrase;
};

#define SINGLE 1 /* at one character: it is a phrase */
#define SHORT 2  /* at two: a phrase of two or three begins with them */
#define LONG 4   /* at four: a phrase begins with them */

/* Whether a phrase may begin here, told without the trie, and at most places without a branch. */
static int may_open(const struct trie *t, const uint32_t *points, int64_t left)
{
    uint32_t one = points[0], two, four;
    int found = t->opens[one & 0xFFFF] & SINGLE;
    if (left < 4)
        return found || left > 1;
    two = one * 40503u ^ points[1];
    four = (two * 40503u ^ points[2]) * 40503u ^ points[3];
    return found | (t->opens[two & 0xFFFF] & SHORT) | (t->opens[four & 0xFFFF] & LONG);
}

static int64_t step(const struct trie *t, int64_t node, uint32_t point)
{
    int64_t slot = slot_of(t->keys, t->mask, mix(((uint64_t)node << 21 | point) + 1));
    return slot < 0 ? -1 : t->target[slot];
}

/* Write phrase, start and end of every phrase at word boundaries: no character of kind `spaced` stands beside one that is
 * the first or last of the phrase. `kinds` is what a character is. Return how many there are, of which no more than `room` were written. */
KERNEL int64_t find_words(const uint32_t *points, int64_t n, const uint8_t *kinds, int64_t spaced,
                          const uint8_t *opens, const uint64_t *keys, int64_t mask, const int32_t *target,
                          const int32_t *phrase, int64_t room, int64_t *found)
{
    struct trie t = {opens, keys, (uint64_t)mask, target, phrase};
    int64_t count = 0;
    int inside = 0; /* whether the character before is of kind `spaced` */
    for (int64_t i = 0; i < n; i++) {
        uint32_t point = points[i];
        int here = kinds[point] == spaced;
        if (!(inside && here) && may_open(&t, points + i, n - i)) {
            int64_t node = step(&t, 0, point), end = i + 1;
            while (node > 0) {
                uint32_t last = points[end - 1], next = end < n ? points[end] : 0;
                if (phrase[node] >= 0 && !(kinds[last] == spaced && end < n && kinds[next] == spaced)) {
                    if (count < room) {
                        found[3 * count] = phrase[node];
                        found[3 * count + 1] = i;
                        found[3 * count + 2] = end;
                    }
                    count++;
                }
                node = end < n ? step(&t, node, next) : -1;
                end++;
            }
        }
        inside = here;
    }
    return count;
}

/* Write phrase, start and end of phrases from left to right, of those that begin at a place the longest, and none within
 * another. Return how many there are, of which no more than `room` were written. */
KERNEL int64_t find_leftmost(const uint32_t *points, int64_t n, const uint8_t *opens,
                             const uint64_t *keys, int64_t mask, const int32_t *target, const int32_t *phrase,
                             int64_t room, int64_t *found)
{
    struct trie t = {opens, keys, (uint64_t)mask, target, phrase};
    int64_t count = 0;
    for (int64_t i = 0; i < n;) {
        uint32_t point = points[i];
        int64_t best = 0;
        if (may_open(&t, points + i, n - i)) {
            int64_t node = step(&t, 0, point), end = i + 1;
            while (node > 0) {
                if (phrase[node] >= 0) {
                    best = end;
                    if (count < room) {
                        found[3 * count] = phrase[node];
                        found[3 * count + 1] = i;
                        found[3 * count + 2] = end;
                    }
                }
                node = end < n ? step(&t, node, points[end]) : -1;
                end++;
            }
        }
        count += best > 0;
        i = best > 0 ? best : i + 1;
    }
    return count;
}
