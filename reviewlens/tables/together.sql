-- Products that the same customers reviewed: up to five companions per product, the closest first.
-- Each customer counts once per pair. Customers with more than 30 products (resellers, test accounts) are left out,
-- and so are pairs that only one customer has. The closest have the highest cosine of their customers, ten customers
-- added to the other product, so that a product with one customer is nobody's best companion.
WITH taken AS (
    SELECT customer, product_id, max(CASE WHEN polarity = 'positive' THEN 1 ELSE 0 END) AS liked
    FROM standing
    WHERE customer IS NOT NULL AND product_id IS NOT NULL
    GROUP BY customer, product_id
),
counted AS (
    SELECT t.* FROM taken AS t
    JOIN (SELECT customer FROM taken GROUP BY customer HAVING count(*) <= 30) AS c ON c.customer = t.customer
),
sizes AS (SELECT product_id, count(*) AS customers FROM counted GROUP BY product_id),
everyone AS (SELECT count(DISTINCT customer) AS all_customers FROM counted),
pairs AS (
    SELECT a.product_id, b.product_id AS other_id, count(*) AS both_took,
        CAST(sum(a.liked * b.liked) AS BIGINT) AS both_liked
    FROM counted AS a JOIN counted AS b ON b.customer = a.customer AND b.product_id <> a.product_id
    GROUP BY a.product_id, b.product_id
    HAVING count(*) > 1
),
ranked AS (
    SELECT p.product_id, p.other_id, p.both_took, p.both_liked, s.customers, o.customers AS other_customers, e.all_customers,
        row_number() OVER (
            PARTITION BY p.product_id
            ORDER BY CAST(p.both_took * p.both_took AS DOUBLE) / (o.customers + 10) DESC, p.other_id
        ) AS place
    FROM pairs AS p JOIN sizes AS s ON s.product_id = p.product_id JOIN sizes AS o ON o.product_id = p.other_id CROSS JOIN everyone AS e
)
SELECT
    product_id,                                              -- the product
    other_id,                                                -- its companion
    both_took AS reviews,                                    -- customers who reviewed both
    CAST(place AS INTEGER) AS place,                         -- 1 is the closest companion of the product
    both_liked AS liked,                                     -- customers with a positive review of either
    customers,                                               -- customers who reviewed the product
    other_customers,                                         -- customers who reviewed the companion
    all_customers                                            -- customers who reviewed any product
FROM ranked
WHERE place <= 5
ORDER BY product_id, place
