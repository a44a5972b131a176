-- Texts that several reviews share, word for word or nearly: boilerplate and copy-paste, the most frequent first.
SELECT
    text_hash AS copy_id, -- the text that they share, as a hash
    count(*) AS reviews, -- reviews that carry it
    count(DISTINCT product_id) AS products, -- products that they speak of
    CAST(min(created_at) AS DATE) AS first_day, -- day of the oldest
    CAST(max(created_at) AS DATE) AS last_day, -- day of the newest
    CAST(sum(CASE WHEN polarity = 'positive' THEN 1 ELSE 0 END) AS BIGINT) AS positive, -- how many are read as positive
    min(quote) AS quote -- a masked quote of it; empty where it is too short to quote
FROM reviews
GROUP BY text_hash
HAVING count(*) >= 3
ORDER BY count(*) DESC, text_hash
LIMIT 1000
