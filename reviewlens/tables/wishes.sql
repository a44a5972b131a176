-- What customers wish for, grouped by theme and the phrase that names it; most reviews first within a theme.
WITH told AS (
    SELECT theme_id, cue, review, product_id, text_hash, review_id, wish, quote, quote_rank
    FROM mentions WHERE intent = 'wish'
),
cells AS (
    SELECT theme_id, cue, count(DISTINCT review) AS reviews, count(DISTINCT text_hash) AS distinct_texts,
        count(DISTINCT product_id) AS products
    FROM told GROUP BY theme_id, cue
),
candidates AS (
    SELECT theme_id, cue, coalesce(quote, wish) AS quote, min(review_id) AS review_id, min(text_hash) AS text_hash, min(quote_rank) AS badness
    FROM told WHERE coalesce(quote, wish) IS NOT NULL GROUP BY theme_id, cue, coalesce(quote, wish)
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY theme_id, cue ORDER BY badness, text_hash, quote) AS place FROM candidates
),
quoted AS (
    SELECT theme_id, cue, list(quote ORDER BY place) AS quotes, list(review_id ORDER BY place) AS quote_ids
    FROM ranked WHERE place <= {{ candidates }} GROUP BY theme_id, cue
)
SELECT
    c.theme_id, -- the theme, 'other' where none fits
    c.cue, -- the phrase that names what is wished for
    c.reviews, -- reviews that wish for it
    c.distinct_texts, -- distinct texts among them
    c.products, -- products that they speak of
    q.quotes, -- hidden: becomes quote_1, quote_2, ...
    q.quote_ids -- hidden: becomes quote_1_id, quote_2_id, ...
FROM cells AS c LEFT JOIN quoted AS q ON q.theme_id = c.theme_id AND q.cue = c.cue
ORDER BY c.reviews DESC, c.theme_id, c.cue
