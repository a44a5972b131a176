-- Reviews whose stars and text disagree: high ratings with negative text and the reverse, the widest gaps first.
SELECT
    review_id, -- the review
    count(*) AS reviews, -- always 1
    max(product_id) AS product_id, -- its product
    max(CAST(rating AS DOUBLE)) AS rating, -- its rating as given
    max(stars_given) AS stars_given, -- the rating on a scale of 1 to 5 stars
    max(stars) AS stars_sum, -- hidden: becomes stars
    max(score) AS score_sum, -- hidden: becomes score
    max(CASE WHEN score < 0 THEN 'high rating, negative text' ELSE 'low rating, positive text' END) AS kind, -- which way they disagree
    max(quote) AS quote -- the masked quote that shows it
FROM (SELECT *, abs(stars_given * 10000 - stars) AS gap FROM reviews)
WHERE (stars_given >= 4 AND score <= -6000) OR (stars_given <= 2 AND score >= 6000)
GROUP BY review_id
ORDER BY max(gap) DESC, review_id
LIMIT 1000
