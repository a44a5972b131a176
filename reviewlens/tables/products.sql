-- One row per product.
SELECT
    product_id,                                              -- the product
    count(*) AS reviews,                                     -- reviews that count
    max(product_name) AS product_name,                       -- its name, the last in the alphabet where exports disagree
    max(category) AS category,                               -- its category, likewise
    CAST(sum(CASE WHEN polarity = 'negative' THEN 1 ELSE 0 END) AS BIGINT) AS negative,  -- reviews that are negative
    CAST(sum(CASE WHEN polarity = 'neutral' THEN 1 ELSE 0 END) AS BIGINT) AS neutral,    -- reviews that are neutral
    CAST(sum(CASE WHEN polarity = 'mixed' THEN 1 ELSE 0 END) AS BIGINT) AS mixed,        -- reviews whose clauses disagree
    CAST(sum(CASE WHEN polarity = 'positive' THEN 1 ELSE 0 END) AS BIGINT) AS positive,  -- reviews that are positive
    sum(score) AS score_sum,                                 -- hidden: becomes score
    sum(stars) AS stars_sum,                                 -- hidden: becomes stars
    count(rating) AS rated,                                  -- reviews that carry a rating
    sum(CAST(round(CAST(rating AS DOUBLE) * 10000) AS BIGINT)) AS rating_sum, -- hidden: becomes rating
    min(created_at) AS first_review,                         -- oldest review
    max(created_at) AS last_review                           -- newest review
FROM reviews
WHERE product_id IS NOT NULL
GROUP BY product_id
ORDER BY product_id
