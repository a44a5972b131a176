-- Reviews whose stars and text disagree: high ratings with negative text and the reverse, the widest gaps first. One review stands for the copies of its text.
SELECT
    review_id, -- the review
    CAST(sum(copies) AS BIGINT) AS reviews, -- it and the reviews with the same or nearly the same text that disagree the same way
    max(product_id) AS product_id, -- its product
    max(CAST(rating AS DOUBLE)) AS rating, -- its rating as given
    max(stars_given) AS stars_given, -- the rating on a scale of 1 to 5 stars
    max(stars) AS stars_sum, -- hidden: becomes stars
    max(score) AS score_sum, -- hidden: becomes score
    max(CASE WHEN score < 0 THEN 'high rating, negative text' ELSE 'low rating, positive text' END) AS kind, -- which way they disagree
    max(quote) AS quote -- the masked quote that shows it
FROM (
    SELECT *,
        row_number() OVER (PARTITION BY text_hash, score < 0 ORDER BY gap DESC, review_id, product_id, rating) AS place,
        count(*) OVER (PARTITION BY text_hash, score < 0) AS copies
    FROM (SELECT *, abs(stars_given * 10000 - stars) AS gap FROM reviews)
    WHERE (stars_given >= 4 AND score <= -6000) OR (stars_given <= 2 AND score >= 6000)
)
WHERE place = 1
GROUP BY review_id
ORDER BY max(gap) DESC, review_id
LIMIT 1000
