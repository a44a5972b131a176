-- Needs that rise: texts of a period that mention a theme, complain of it or say one of its phrases, against the three
-- periods before. Copies of one long text are one voice, so that nobody can raise an alarm by pasting.
{% set measures = {
    "mentions": ("''", "TRUE"), "complaints": ("''", "intent = 'complaint'"), "phrase": ("cue", "TRUE")
} %}
{% set every = "CAST('*' AS product)" %}
-- One count after the other, for all of them at once would need six times the memory; what is distinct is counted by
-- grouping, which spills to disk.
CREATE OR REPLACE TABLE said AS
{%- for measure, (cue, which) in measures.items() %}{% for product in ("product_id", every) %}
{{ "" if measure == "mentions" and loop.first else "UNION ALL " }}SELECT
    theme_id, product_id, period, '{{ measure }}' AS measure, cue, count(*) AS texts
FROM (
    SELECT DISTINCT theme_id, {{ product }} AS product_id, period, {{ cue }} AS cue, voice FROM mentions
    WHERE theme_id <> 'other' AND period IS NOT NULL AND {{ product }} IS NOT NULL AND {{ which }}
) GROUP BY theme_id, product_id, period, cue
{%- endfor %}{% endfor %};

CREATE OR REPLACE TABLE risen AS
WITH sized AS (
    SELECT product_id, period, count(*) AS texts FROM (
        SELECT DISTINCT product_id, period, voice FROM reviews WHERE product_id IS NOT NULL AND period IS NOT NULL
    ) GROUP BY product_id, period
    UNION ALL
    SELECT {{ every }} AS product_id, period, count(*) AS texts FROM (
        SELECT DISTINCT period, voice FROM reviews WHERE period IS NOT NULL
    ) GROUP BY period
),
windows AS (
    SELECT
        product_id, period, texts,
        sum(texts) OVER before AS texts_before,
        min(period) OVER before AS since
    FROM sized
    WINDOW before AS (PARTITION BY product_id ORDER BY period ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)
)
SELECT
    c.theme_id, c.product_id, c.period, c.measure, c.cue, c.texts, w.texts AS texts_in_all, w.texts_before,
    CAST(coalesce(sum(b.texts), 0) AS BIGINT) AS said_before
FROM said AS c
JOIN windows AS w ON w.product_id = c.product_id AND w.period = c.period
LEFT JOIN said AS b
    ON b.theme_id = c.theme_id AND b.product_id = c.product_id AND b.measure = c.measure AND b.cue = c.cue
    AND b.period >= w.since AND b.period < c.period
WHERE w.texts_before >= $min_reviews AND c.texts >= $min_reviews
GROUP BY c.theme_id, c.product_id, c.period, c.measure, c.cue, c.texts, w.texts, w.texts_before;

SELECT
    r.theme_id, -- the theme
    r.product_id, -- the product; '*' is all of them together
    r.period, -- first day of the period in which it rose
    r.measure, -- 'mentions' of the theme, 'complaints' about it, or a 'phrase' of it
    r.cue, -- the phrase, empty for the theme as a whole
    r.texts AS reviews, -- reviews that say it in the period, copies of one long text counted once
    r.texts_in_all AS reviews_in_all, -- reviews of the period, likewise
    r.said_before AS reviews_before, -- reviews that said it in the three periods before
    CAST(r.texts_before AS BIGINT) AS reviews_before_in_all, -- reviews of those periods
    CAST(NULL AS VARCHAR) AS quote -- a masked quote that says it
FROM risen AS r
ORDER BY r.theme_id, r.product_id, r.period, r.measure, r.cue
