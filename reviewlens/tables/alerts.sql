-- Needs that rise: texts of a period that mention a theme, complain of it or say one of its phrases, against the three
-- periods before. Copies of one long text are one voice, so that nobody can raise an alarm by pasting.
{% set measures = {
    "mentions": ("''", "TRUE"), "complaints": ("''", "intent = 'complaint'"), "phrase": ("cue", "TRUE")
} %}
WITH sized AS (
    SELECT product_id, period, count(DISTINCT voice) AS texts
    FROM reviews WHERE product_id IS NOT NULL AND period IS NOT NULL GROUP BY product_id, period
    UNION ALL
    SELECT '*' AS product_id, period, count(DISTINCT voice) AS texts FROM reviews WHERE period IS NOT NULL GROUP BY period
),
windows AS (
    SELECT
        product_id, period, texts,
        sum(texts) OVER before AS texts_before,
        min(period) OVER before AS since
    FROM sized
    WINDOW before AS (PARTITION BY product_id ORDER BY period ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)
),
-- one count after the other, for all of them at once would need six times the memory
cells AS (
{%- for measure, (cue, which) in measures.items() %}{% for product in ("product_id", "'*'") %}
    {{ "" if measure == "mentions" and loop.first else "UNION ALL " }}SELECT
        theme_id, {{ product }} AS product_id, period, '{{ measure }}' AS measure, {{ cue }} AS cue,
        count(DISTINCT voice) AS texts, min(CASE WHEN quote_rank < 6 THEN quote END) AS quote
    FROM mentions
    WHERE theme_id <> 'other' AND period IS NOT NULL AND {{ product }} IS NOT NULL AND {{ which }}
    GROUP BY theme_id, period{{ ", product_id" if product == "product_id" }}{{ ", cue" if cue == "cue" }}
{%- endfor %}{% endfor %}
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
WHERE w.texts_before >= $min_reviews AND c.texts >= $min_reviews
GROUP BY c.theme_id, c.product_id, c.period, c.measure, c.cue, c.texts, w.texts, w.texts_before
ORDER BY c.theme_id, c.product_id, c.period, c.measure, c.cue
