-- Which needs make the difference between one star and five?
SELECT
    m.theme_id,
    count(DISTINCT m.review_id) FILTER (s.rating <= 2) AS low_ratings,
    count(DISTINCT m.review_id) FILTER (s.rating >= 4) AS high_ratings,
    round(avg(m.score) / 10000, 2) AS score
FROM mentions AS m
JOIN scored AS s ON s.part = m.part AND s.row = m.row
GROUP BY m.theme_id
HAVING count(*) >= 10
ORDER BY low_ratings - high_ratings DESC, m.theme_id
