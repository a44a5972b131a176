/* Words of many texts: their numbers for the model of wishes, and the languages that they speak for; see
   reviewlens/wish_model.py and function_words.py. The key of a word is that of reviewlens/forms.py, `keys_of`. */
#include "kernels.h"

enum { GAP, WORD, MARK, END }; /* of a character below 128; the others are gaps */
enum { UNKNOWN, END_NUMBER };
enum { NOBODY = -1, UNSURE = -2, MOST_CODES = 64 };

/* Write the number of each word and mark of passages that end with END, and for each passage how many words it has,
   how many characters these have, and how many characters are no spaces. Return how many numbers there are. */
KERNEL int64_t number_words(const uint32_t *points, int64_t n, const uint8_t *classes, const uint64_t *keys,
                            int64_t mask, const int32_t *number, int64_t digits, int64_t passages, int32_t *said,
                            int64_t *words, int64_t *letters, int64_t *ink)
{
    int64_t count = 0, passage = 0, before = 0;
    for (int64_t i = 0; i < passages; i++)
        letters[i] = ink[i] = 0;
    for (int64_t i = 0; i < n && passage < passages;) {
        int kind = points[i] < 128 ? classes[points[i]] : GAP, numeral = 1;
        uint64_t sum = 0;
        int64_t begin = i, slot;
        if (kind == GAP) {
            ink[passage] += points[i++] != ' ';
            continue;
        }
        if (kind == END) {
            words[passage++] = count - before;
            said[count++] = END_NUMBER;
            before = count;
            i++;
            continue;
        }
        do {
            numeral &= points[i] >= '0' && points[i] <= '9';
            sum = (sum + points[i++] + 1) * ODD;
        } while (kind == WORD && i < n && points[i] < 128 && classes[points[i]] == WORD);
        slot = slot_of(keys, (uint64_t)mask, mix(sum));
        said[count++] = numeral ? (int32_t)digits : slot < 0 ? UNKNOWN : number[slot];
        letters[passage] += i - begin;
        ink[passage] += i - begin;
    }
    return count;
}

static int lowest_bit(uint64_t word)
{
#if defined(__GNUC__)
    return __builtin_ctzll(word);
#else
    int bit = 0;
    for (; !(word & 1); word >>= 1)
        bit++;
    return bit;
#endif
}

/* Write passage and phrase, ascending, and how often, for each known word and each known pair of words that stand side
   by side or with one between them. `bits` tell by the highest bits of a pair's key, all but `shift`, whether to look
   it up. `counts` of all phrases are 0, as are the bits of `counted`, and are so again. Return how many there are. */
KERNEL int64_t pair_words(const int32_t *said, int64_t n, const int32_t *alone, int64_t size, const uint8_t *bits,
                          int64_t shift, const uint64_t *keys, int64_t mask, const int32_t *phrase, int64_t known,
                          int64_t *counts, uint64_t *counted, int32_t *passages, int32_t *phrases, int64_t *times)
{
    int64_t count = 0;
    int32_t passage = 0;
    for (int64_t i = 0; i < n; i++) {
        int32_t found[3];
        int many = 0;
        if (alone[said[i]] >= 0)
            found[many++] = alone[said[i]];
        for (int64_t gap = 0; gap < 2 && i + 1 + gap < n; gap++) {
            int64_t slot;
            uint64_t key;
            if (said[i] <= END_NUMBER || said[i + 1 + gap] <= END_NUMBER || said[i + 1] == END_NUMBER)
                continue;
            key = mix((uint64_t)((gap * size + said[i]) * size + said[i + 1 + gap]));
            if (!is_set(bits, key >> shift))
                continue;
            slot = slot_of(keys, (uint64_t)mask, key);
            if (slot >= 0)
                found[many++] = phrase[slot];
        }
        for (int k = 0; k < many; k++) {
            counts[found[k]]++;
            counted[found[k] >> 6] |= UINT64_C(1) << (found[k] & 63);
        }
        if (said[i] != END_NUMBER)
            continue;
        for (int64_t word = 0; word <= known >> 6; word++)
            for (; counted[word]; counted[word] &= counted[word] - 1) {
                int64_t one = word << 6 | lowest_bit(counted[word]);
                passages[count] = passage;
                phrases[count] = (int32_t)one;
                times[count++] = counts[one];
                counts[one] = 0;
            }
        passage++;
    }
    return count;
}

/* Write for each text the first of the languages that its words weigh most for, NOBODY where no word is known, UNSURE
   where a character is not below `low`. A bit of `spoken` stands for a language, `lower` has 0 for what is no letter
   and -1 for what a text of its own has to tell. */
KERNEL int64_t weigh_languages(const uint32_t *points, const int64_t *offsets, int64_t n, const uint32_t *lower,
                               int64_t low, const uint64_t *keys, int64_t mask, const int64_t *spoken,
                               const double *share, int64_t codes, int32_t *best)
{
    for (int64_t text = 0; text < n; text++) {
        double scores[MOST_CODES] = {0};
        int64_t end = offsets[text + 1] - 1;
        uint64_t sum = 0;
        best[text] = NOBODY;
        for (int64_t i = offsets[text]; i <= end && best[text] != UNSURE; i++) {
            uint32_t letter = i == end ? 0 : points[i] < (uint32_t)low ? lower[points[i]] : UINT32_MAX;
            if (letter == UINT32_MAX) {
                best[text] = UNSURE;
            } else if (letter) {
                sum = (sum + letter + 1) * ODD;
            } else if (sum) {
                int64_t slot = slot_of(keys, (uint64_t)mask, mix(sum));
                for (int64_t code = 0; slot >= 0 && code < codes; code++)
                    if (spoken[slot] >> code & 1)
                        scores[code] += share[slot];
                sum = 0;
            }
        }
        for (int64_t code = 0; code < codes && best[text] != UNSURE; code++)
            if (scores[code] > (best[text] < 0 ? 0 : scores[best[text]]))
                best[text] = (int32_t)code;
    }
    return n;
}
