/* Lays reviews out for the packed network, and looks its convolution up: see reviewlens/models/packed.py. */
#include "kernels.h"

#define MOST_FEATURES 256
#define AHEAD 6 /* subwords whose features are on their way from memory */

static int32_t at(const int32_t *ids, int64_t length, int64_t i)
{
    return i >= 0 && i < length ? ids[i] : 0;
}

/* Write the features of the places of `n` reviews end to end, (places, width + ones), the last ones 1, and the strongest
 * of each group where the LSTM reads it, (steps, batch, width). Review i has `groups[i]` groups of `stride` places of
 * `pooled` subwords. `taps` is what a subword adds before, at and after its place, (v, 3, width). Return 0, or -1 for too
 * many features. */
WIDE KERNEL int64_t convolve(const int32_t *ids, const int64_t *starts, const int64_t *lengths, const int64_t *groups,
                             int64_t n, const float *taps, int64_t width, int64_t pooled, int64_t stride, int64_t ones,
                             int64_t batch, float *places, float *steps)
{
    float best[MOST_FEATURES], group_best[MOST_FEATURES];
    if (width > MOST_FEATURES)
        return -1;
    for (int64_t row = 0; row < n; row++) {
        const int32_t *own = ids + starts[row];
        int64_t i = 0, length = lengths[row];
        const float *before = taps, *here = taps + 3 * width * at(own, length, 0);
        for (int64_t group = 0; group < groups[row]; group++) {
            for (int64_t k = 0; k < width; k++)
                group_best[k] = 0;
            for (int64_t place = 0; place < stride; place++) {
                for (int64_t k = 0; k < width; k++)
                    best[k] = 0;
                for (int64_t nth = 0; nth < pooled; nth++, i++) {
                    const float *after = taps + 3 * width * at(own, length, i + 1);
                    const char *coming = (const char *)(taps + 3 * width * at(own, length, i + AHEAD));
                    for (int64_t byte = 0; byte < 12 * width; byte += 64)
                        PREFETCH(coming + byte);
                    for (int64_t k = 0; k < width; k++) {
                        float sum = before[k] + here[width + k] + after[2 * width + k];
                        best[k] = sum > best[k] ? sum : best[k]; /* above 0, as ReLU */
                    }
                    before = here;
                    here = after;
                }
                for (int64_t k = 0; k < width; k++) {
                    places[k] = best[k];
                    group_best[k] = best[k] > group_best[k] ? best[k] : group_best[k];
                }
                for (int64_t k = width; k < width + ones; k++)
                    places[k] = 1;
                places += width + ones;
            }
            for (int64_t k = 0; k < width; k++)
                steps[(group * batch + row) * width + k] = group_best[k];
        }
    }
    return 0;
}

/* Write to which sums each place belongs, `of_review` and `of_clause`, and the shares of the groups in the sums, of each
 * batch those of its reviews and then those of its clauses; `parts` is where each batch begins. Return how many shares.
 *
 * `first` is where the clauses of each review begin among those of all, and the end; `clause` the place of a subword's
 * clause among those of its review, -1 for none. */
KERNEL int64_t lay_out_places(const int64_t *clause, const int64_t *starts, const int64_t *lengths,
                              const int64_t *groups, const int64_t *first, int64_t n, int64_t pooled, int64_t stride,
                              int64_t batch, int64_t *of_review, int64_t *of_clause, int64_t *share_place,
                              float *share_weight, int64_t *share_sum, int64_t *parts)
{
    int64_t shares = 0;
    *parts++ = 0;
    for (int64_t open = 0; open < n; open += batch) {
        int64_t close = open + batch < n ? open + batch : n;
        int64_t unread = batch + first[close] - first[open];
        for (int64_t row = open; row < close; row++) {
            int64_t places = (lengths[row] + pooled - 1) / pooled;
            for (int64_t group = 0; group < groups[row]; group++) {
                int64_t left = places - group * stride;
                share_place[shares] = group * batch + row - open;
                share_weight[shares] = (float)(left < stride ? left : stride) / (float)stride;
                share_sum[shares++] = row - open;
            }
        }
        for (int64_t row = open; row < close; row++) {
            int64_t places = (lengths[row] + pooled - 1) / pooled, before = batch + first[row] - first[open];
            int64_t size = groups[row] * stride, run = 0, last = -1;
            for (int64_t nth = 0; nth < size; nth++) {
                int64_t end = (nth + 1) * pooled < lengths[row] ? (nth + 1) * pooled : lengths[row];
                int64_t own = nth < places ? clause[starts[row] + end - 1] : -1;
                *of_review++ = nth < places ? row - open : unread;
                *of_clause++ = own < 0 ? unread : before + own;
                if (run && (own != last || nth % stride == 0))
                    run = 0;
                if (own >= 0) {
                    if (!run) {
                        share_place[shares] = nth / stride * batch + row - open;
                        share_sum[shares++] = before + own;
                    }
                    share_weight[shares - 1] = (float)++run / (float)stride;
                }
                last = own;
            }
        }
        *parts++ = shares;
    }
    return shares;
}
