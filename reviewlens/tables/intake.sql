-- Every row that was read, by what became of it; `reviews` adds up to the rows read.
SELECT
    reason,                          -- scored, superseded (an older version), deleted, empty_text, ...
    CAST(sum(n) AS BIGINT) AS reviews  -- rows with this reason
FROM (
    SELECT coalesce(d.reason, s.reason) AS reason, 1 AS n
    FROM scored AS s LEFT JOIN discounted AS d ON d.part = s.part AND d.row = s.row
    UNION ALL
    SELECT reason, reviews AS n FROM quarantined
) GROUP BY reason
ORDER BY reason
