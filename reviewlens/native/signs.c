/* Which texts may hold personal data: see reviewlens/privacy/find.py. */
#include "kernels.h"

enum { NOTHING, DIGIT, AT, COLON, LETTER_W, BRACKET, NUMERAL, BLANK }; /* of a character, as in find.py */
enum { FEWEST_DIGITS = 3, FEWEST_IN_FORM = 6, FARTHEST = 3, DOTS = 3, FEWEST_NUMERALS = 10, HEX_DIGITS = 4 };
enum { NO_SIGN, DIGITS, SIGN };

static int is_hex(uint32_t point)
{
    return (point >= '0' && point <= '9') || ((point | 32) >= 'a' && (point | 32) <= 'f' && point < 128);
}

static int is_letter(const uint32_t *points, int64_t at, int64_t end, uint32_t letter)
{
    return at < end && (points[at] == letter || points[at] == letter - 32);
}

static int is_sign(const uint32_t *points, int64_t at, int64_t end, int kind, const uint8_t *classes, int64_t low)
{
    int64_t next = at + 1;
    switch (kind) {
    case AT:
        return 1;
    case COLON: /* "::", "a:f0:", "://" */
        if (next + 1 < end && points[next] == '/' && points[next + 1] == '/')
            return 1;
        while (next < end && next <= at + HEX_DIGITS && is_hex(points[next]))
            next++;
        return next < end && points[next] == ':';
    case LETTER_W: /* "www." */
        return is_letter(points, at + 1, end, 'w') && is_letter(points, at + 2, end, 'w') && at + 3 < end &&
               points[at + 3] == '.';
    case BRACKET: /* "(at", "[ at" */
        next += next < end && points[next] < low && classes[points[next]] == BLANK;
        return is_letter(points, next, end, 'a') && is_letter(points, next + 1, end, 't');
    case NUMERAL:
        while (next < end && points[next] < low && classes[points[next]] == NUMERAL)
            next++;
        return next - at >= FEWEST_NUMERALS;
    default:
        return 0;
    }
}

static int is_latin(uint32_t point)
{
    return (point | 32) >= 'a' && (point | 32) <= 'z' && point < 128;
}

/* Whether what begins with the digit at `at` may be a number with letters: "1Z...", or "GB29" as a word begins. */
static int has_letters(const uint32_t *points, int64_t at, int64_t begin, int64_t end, const uint8_t *classes,
                       int64_t low)
{
    if (at + 1 >= end)
        return 0;
    if (points[at] == '1' && points[at + 1] == 'Z')
        return 1;
    return at >= begin + 2 && is_latin(points[at - 1]) && is_latin(points[at - 2]) && points[at + 1] < low &&
           classes[points[at + 1]] == DIGIT;
}

/* Write for each text SIGN where something may be personal as it is written, DIGITS where it has enough of them for
   what a word announces, else NO_SIGN; return how many have no NO_SIGN. */
KERNEL int64_t find_signs(const uint32_t *points, const int64_t *offsets, int64_t n, const uint8_t *classes,
                          int64_t low, uint8_t *signs)
{
    int64_t count = 0;
    for (int64_t text = 0; text < n; text++) {
        int64_t digits = 0, together = 0, dots = 0, lettered = 0, last = 0;
        int64_t begin = offsets[text], end = offsets[text + 1] - 1;
        signs[text] = NO_SIGN;
        for (int64_t i = begin; i < end && signs[text] != SIGN; i++) {
            int kind = points[i] < low ? classes[points[i]] : NOTHING;
            if (kind == DIGIT) {
                if (!digits || i - last > FARTHEST)
                    together = dots = 0;
                dots += together && i - last == 2 && points[i - 1] == '.';
                lettered |= has_letters(points, i, begin, end, classes, low);
                together++;
                last = i;
                if (++digits >= FEWEST_DIGITS)
                    signs[text] = together >= FEWEST_IN_FORM || dots >= DOTS || lettered ? SIGN : DIGITS;
            } else if (kind != NOTHING && kind != BLANK && is_sign(points, i, end, kind, classes, low)) {
                signs[text] = SIGN;
            }
        }
        count += signs[text] != NO_SIGN;
    }
    return count;
}
