/* Words of many texts: their numbers for the model of wishes, and the languages that they speak for; see
   reviewlens/wish_model.py and identify.py. The key of a word is that of a phrase: see phrases.c. */
#include "kernels.h"

enum { GAP, WORD, MARK, END }; /* of a character below 128; the others are gaps */
enum { UNKNOWN, END_NUMBER };
enum { FEW = 64 }; /* values that are sorted at once */
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

/* Sort the values (Shell 1959; few at once), write how often each occurs, and return how many differ. */
static int64_t tally(int32_t *values, int64_t n, int64_t *times)
{
    int64_t count = 0;
    for (int64_t gap = n < FEW ? 1 : n / 2; gap > 0 && n; gap /= 2)
        for (int64_t i = gap; i < n; i++) {
            int64_t at = i;
            int32_t value = values[i];
            for (; at >= gap && values[at - gap] > value; at -= gap)
                values[at] = values[at - gap];
            values[at] = value;
        }
    for (int64_t i = 0; i < n; i++) {
        if (count && values[count - 1] == values[i]) {
            times[count - 1]++;
        } else {
            values[count] = values[i];
            times[count++] = 1;
        }
    }
    return count;
}

/* Write passage and phrase, ascending, and how often, for each known word and each known pair of words that stand side
   by side or with one between them. `bits` tell by the highest bits of a pair's key, all but `shift`, whether to look
   it up. Return how many there are. */
KERNEL int64_t pair_words(const int32_t *said, int64_t n, const int32_t *alone, int64_t size, const uint8_t *bits,
                          int64_t shift, const uint64_t *keys, int64_t mask, const int32_t *phrase, int32_t *passages,
                          int32_t *phrases, int64_t *times)
{
    int64_t count = 0, first = 0;
    int32_t passage = 0;
    for (int64_t i = 0; i < n; i++) {
        if (alone[said[i]] >= 0)
            phrases[count++] = alone[said[i]];
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
                phrases[count++] = phrase[slot];
        }
        if (said[i] == END_NUMBER) {
            count = first + tally(phrases + first, count - first, times + first);
            for (; first < count; first++)
                passages[first] = passage;
            passage++;
        }
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
