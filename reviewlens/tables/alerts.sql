-- Needs that rise: texts of a period that mention a theme, complain of it or say one of its phrases, against the three
-- periods before. Copies of one long text are one voice, so that nobody can raise an alarm by pasting.
WITH said AS (
    SELECT review, voice, product_id, period FROM reviews WHERE product_id IS NOT NULL AND period IS NOT NULL
    UNION ALL
    SELECT review, voice, '*' AS product_id, period FROM reviews WHERE period IS NOT NULL
),
sized AS (
    SELECT product_id, period, count(DISTINCT voice) AS texts FROM said GROUP BY product_id, period
),
windows AS (
    SELECT
        product_id, period, texts,
        sum(texts) OVER before AS texts_before,
        min(period) OVER before AS since
    FROM sized
    WINDOW before AS (PARTITION BY product_id ORDER BY period ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)
),
measures AS (
    SELECT theme_id, '' AS cue, 'mentions' AS measure, review, quote, quote_rank FROM mentions
    UNION ALL
    SELECT theme_id, '' AS cue, 'complaints' AS measure, review, quote, quote_rank FROM mentions WHERE intent = 'complaint'
    UNION ALL
    SELECT theme_id, cue, 'phrase' AS measure, review, quote, quote_rank FROM mentions WHERE theme_id <> 'other'
),
cells AS (
    SELECT
        m.theme_id, s.product_id, s.period, m.measure, m.cue,
        count(DISTINCT s.voice) AS texts,
        min(CASE WHEN m.quote_rank < 6 THEN m.quote END) AS quote
    FROM measures AS m JOIN said AS s ON s.review = m.review
    GROUP BY m.theme_id, s.product_id, s.period, m.measure, m.cue
)
SELECT
    c.theme_id, -- the theme
    c.product_id, -- the product; '*' is all of them together
    c.period, -- first day of the period in which it rose
    c.measure, -- 'mentions' of the theme, 'complaints' about it, or a 'phrase' of it
    c.cue, -- the phrase, empty for the theme as a whole
    c.texts AS reviews, -- reviews that say it in the period, copies of one long text counted once
    w.texts AS reviews_in_all, -- reviews of the period, likewise
    CAST(coalesce(sum(b.texts), 0) AS BIGINT) AS reviews_before, -- reviews that said it in the three periods before
    CAST(w.texts_before AS BIGINT) AS reviews_before_in_all, -- reviews of those periods
    max(c.quote) AS quote -- a masked clause that says it
FROM cells AS c
JOIN windows AS w ON w.product_id = c.product_id AND w.period = c.period
LEFT JOIN cells AS b
    ON b.theme_id = c.theme_id AND b.product_id = c.product_id AND b.measure = c.measure AND b.cue = c.cue
    AND b.period >= w.since AND b.period < c.period
WHERE w.texts_before >= $min_reviews AND c.texts >= $min_reviews AND c.theme_id <> 'other'
GROUP BY c.theme_id, c.product_id, c.period, c.measure, c.cue, c.texts, w.texts, w.texts_before
ORDER BY c.theme_id, c.product_id, c.period, c.measure, c.cue
