-- One row per period in which a review was written; reviews without a date are in no period.
SELECT
    period,                                                  -- first day of the period
    count(*) AS reviews,                                     -- reviews that count
    count(DISTINCT product_id) AS products,                  -- products that were reviewed
    CAST(sum(CASE WHEN polarity = 'negative' THEN 1 ELSE 0 END) AS BIGINT) AS negative,  -- reviews that are negative
    CAST(sum(CASE WHEN polarity = 'neutral' THEN 1 ELSE 0 END) AS BIGINT) AS neutral,    -- reviews that are neutral
    CAST(sum(CASE WHEN polarity = 'mixed' THEN 1 ELSE 0 END) AS BIGINT) AS mixed,        -- reviews whose clauses disagree
    CAST(sum(CASE WHEN polarity = 'positive' THEN 1 ELSE 0 END) AS BIGINT) AS positive,  -- reviews that are positive
    sum(score) AS score_sum,                                 -- hidden: becomes score
    sum(stars) AS stars_sum,                                 -- hidden: becomes stars
    count(rating) AS rated,                                  -- reviews that carry a rating
    sum(CAST(round(CAST(rating AS DOUBLE) * 10000) AS BIGINT)) AS rating_sum -- hidden: becomes rating
FROM reviews
WHERE period IS NOT NULL
GROUP BY period
ORDER BY period
