-- Every row that was read, by what became of it; `reviews` adds up to the rows read.
SELECT
    reason,                          -- scored, superseded (an older version), deleted, empty_text, ...
    CAST(sum(n) AS BIGINT) AS reviews  -- rows with this reason
FROM (
    SELECT
        CASE WHEN w.part IS NOT NULL THEN s.reason
             WHEN $until IS NOT NULL AND coalesce(s.exported_at, s.created_at) >= CAST($until AS TIMESTAMPTZ) THEN 'later'
             ELSE 'superseded' END AS reason,
        1 AS n
    FROM scored AS s LEFT JOIN winners AS w ON w.part = s.part AND w.row = s.row
    UNION ALL
    SELECT reason, reviews AS n FROM quarantined
) GROUP BY reason
ORDER BY reason
