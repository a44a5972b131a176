-- Every row that was read, by what became of it; `reviews` adds up to the rows read.
SELECT
    reason,                          -- scored, superseded (an older version), deleted, empty_text, ...
    language,                        -- hidden: `finish` adds the languages of a reason up
    CAST(sum(n) AS BIGINT) AS reviews, -- rows with this reason
    CAST(sum(CASE WHEN reason = 'scored' AND polarity = 'negative' THEN 1 ELSE 0 END) AS BIGINT) AS negative, -- reviews that count and are negative
    CAST(sum(CASE WHEN reason = 'scored' AND polarity = 'neutral' THEN 1 ELSE 0 END) AS BIGINT) AS neutral,   -- reviews that count and are neutral
    CAST(sum(CASE WHEN reason = 'scored' AND polarity = 'mixed' THEN 1 ELSE 0 END) AS BIGINT) AS mixed,       -- reviews that count and whose clauses disagree
    CAST(sum(CASE WHEN reason = 'scored' AND polarity = 'positive' THEN 1 ELSE 0 END) AS BIGINT) AS positive, -- reviews that count and are positive
    CAST(sum(CASE WHEN reason = 'scored' AND polarity = 'abstained' THEN 1 ELSE 0 END) AS BIGINT) AS abstained -- reviews that count and of which the classifier is less sure than it was asked to be
FROM (
    SELECT coalesce(d.reason, s.reason) AS reason, s.language, s.polarity, 1 AS n
    FROM scored AS s LEFT JOIN discounted AS d ON d.part = s.part AND d.row = s.row
    UNION ALL
    SELECT reason, CAST(NULL AS VARCHAR) AS language, CAST(NULL AS VARCHAR) AS polarity, reviews AS n FROM quarantined
) GROUP BY reason, language
ORDER BY reason, language
