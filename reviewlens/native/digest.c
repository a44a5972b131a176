/* BLAKE2b (RFC 7693) of many short texts: see reviewlens/digests.py. */
#include <string.h>

#include "kernels.h"

enum { BLOCK = 128, ROUNDS = 12 };

static const uint64_t IV[8] = {
    UINT64_C(0x6A09E667F3BCC908), UINT64_C(0xBB67AE8584CAA73B), UINT64_C(0x3C6EF372FE94F82B),
    UINT64_C(0xA54FF53A5F1D36F1), UINT64_C(0x510E527FADE682D1), UINT64_C(0x9B05688C2B3E6C1F),
    UINT64_C(0x1F83D9ABFB41BD6B), UINT64_C(0x5BE0CD19137E2179)};
static const uint8_t SIGMA[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0}};

static inline uint64_t turned(uint64_t word, int by)
{
    return word >> by | word << (64 - by);
}

static inline void stir(uint64_t *v, int a, int b, int c, int d, uint64_t x, uint64_t y)
{
    v[a] += v[b] + x;
    v[d] = turned(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = turned(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = turned(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = turned(v[b] ^ v[c], 63);
}

static inline uint64_t word_of(const uint8_t *bytes) /* compilers make one load of it */
{
    return (uint64_t)bytes[0] | (uint64_t)bytes[1] << 8 | (uint64_t)bytes[2] << 16 | (uint64_t)bytes[3] << 24 |
           (uint64_t)bytes[4] << 32 | (uint64_t)bytes[5] << 40 | (uint64_t)bytes[6] << 48 | (uint64_t)bytes[7] << 56;
}

static void compress(uint64_t *h, const uint8_t *block, uint64_t read, int last)
{
    uint64_t v[16], m[16];
    for (int i = 0; i < 16; i++) {
        m[i] = word_of(block + 8 * i);
        v[i] = i < 8 ? h[i] : IV[i - 8];
    }
    v[12] ^= read;
    v[14] ^= last ? UINT64_MAX : 0;
#if defined(__GNUC__)
#pragma GCC unroll 12 /* so that all places are known beforehand */
#endif
    for (int round = 0; round < ROUNDS; round++) {
        const uint8_t *s = SIGMA[round % 10];
        stir(v, 0, 4, 8, 12, m[s[0]], m[s[1]]);
        stir(v, 1, 5, 9, 13, m[s[2]], m[s[3]]);
        stir(v, 2, 6, 10, 14, m[s[4]], m[s[5]]);
        stir(v, 3, 7, 11, 15, m[s[6]], m[s[7]]);
        stir(v, 0, 5, 10, 15, m[s[8]], m[s[9]]);
        stir(v, 1, 6, 11, 12, m[s[10]], m[s[11]]);
        stir(v, 2, 7, 8, 13, m[s[12]], m[s[13]]);
        stir(v, 3, 4, 9, 14, m[s[14]], m[s[15]]);
    }
    for (int i = 0; i < 8; i++)
        h[i] ^= v[i] ^ v[i + 8];
}

/* Write the first `size` bytes, at most 64, of the digest of a text; the key has at most 64 bytes. */
static void digest(const uint8_t *text, int64_t length, const uint8_t *key, int64_t key_length, int64_t size,
                   uint8_t *result)
{
    uint64_t h[8], read = 0;
    uint8_t block[BLOCK];
    memcpy(h, IV, sizeof h);
    h[0] ^= 0x01010000 ^ (uint64_t)key_length << 8 ^ (uint64_t)size;
    if (key_length) {
        memset(block, 0, BLOCK);
        memcpy(block, key, (size_t)key_length);
        read = BLOCK;
        compress(h, block, read, length == 0);
    }
    for (; length > BLOCK; text += BLOCK, length -= BLOCK)
        compress(h, text, read += BLOCK, 0);
    if (length || !key_length) {
        memset(block, 0, BLOCK);
        if (length)
            memcpy(block, text, (size_t)length);
        compress(h, block, read + (uint64_t)length, 1);
    }
    for (int64_t i = 0; i < size; i++)
        result[i] = (uint8_t)(h[i >> 3] >> (8 * (i & 7)));
}

/* Write the digest of each of `n` texts, `size` bytes each. */
KERNEL int64_t digest_texts(const uint8_t *texts, const int64_t *offsets, int64_t n, const uint8_t *key,
                            int64_t key_length, int64_t size, uint8_t *results)
{
    for (int64_t i = 0; i < n; i++)
        digest(texts + offsets[i], offsets[i + 1] - offsets[i], key, key_length, size, results + i * size);
    return n;
}

/* What a character of the low table or of the scripts below is: its small letter, 0 for no letter or digit, UINT32_MAX
   for what only Python knows. */
static uint32_t letter_of(uint32_t point, const uint32_t *small, uint32_t low)
{
    if (point < low)
        return small[point];
    if ((point >= 0x4E00 && point <= 0x9FA5) || (point >= 0x3041 && point <= 0x3096) ||
        (point >= 0x30A1 && point <= 0x30FA) || (point >= 0xAC00 && point <= 0xD7A3))
        return point;
    if ((point >= 0x2010 && point <= 0x2027) || (point >= 0x3001 && point <= 0x3003) ||
        (point >= 0x3008 && point <= 0x3011))
        return 0;
    return UINT32_MAX;
}

/* Write the letters and digits of each text as UTF-8, in lower case, and where those of each begin; 1 in `unsure` where
   Python is to do it, for there is none or a character that only Python knows. Return how many bytes there are. */
KERNEL int64_t spell_letters(const uint32_t *points, const int64_t *offsets, int64_t n, const uint32_t *small,
                             int64_t low, uint8_t *spelled, int64_t *begins, uint8_t *unsure)
{
    int64_t at = 0;
    for (int64_t text = 0; text < n; text++) {
        begins[text] = at;
        unsure[text] = 0;
        for (int64_t i = offsets[text]; i < offsets[text + 1] - 1 && !unsure[text]; i++) {
            uint32_t letter = letter_of(points[i], small, (uint32_t)low);
            if (letter == UINT32_MAX) {
                unsure[text] = 1;
            } else if (letter >= 0x800) {
                spelled[at++] = (uint8_t)(0xE0 | letter >> 12);
                spelled[at++] = (uint8_t)(0x80 | (letter >> 6 & 0x3F));
                spelled[at++] = (uint8_t)(0x80 | (letter & 0x3F));
            } else if (letter >= 0x80) {
                spelled[at++] = (uint8_t)(0xC0 | letter >> 6);
                spelled[at++] = (uint8_t)(0x80 | (letter & 0x3F));
            } else if (letter) {
                spelled[at++] = (uint8_t)letter;
            }
        }
        unsure[text] |= at == begins[text];
    }
    begins[n] = at;
    return at;
}
