-- The best quote of each alert; `kept` are the alerts that passed the test, few of all the cells that were counted.
-- The least of many texts is kept in memory, its rank before it.
SELECT k.place, substr(min(lpad(CAST(m.quote_rank AS VARCHAR), 2, '0') || m.quote), 3) AS quote
FROM (
    SELECT place, CAST(theme_id AS theme) AS theme_id, product_id, period, measure, cue FROM kept
) AS k
JOIN mentions AS m ON m.theme_id = k.theme_id AND m.period = k.period
WHERE (k.product_id = '*' OR CAST(m.product_id AS VARCHAR) = k.product_id)
    AND (k.measure <> 'phrase' OR m.cue = k.cue)
    AND (k.measure <> 'complaints' OR m.intent = 'complaint')
GROUP BY k.place
ORDER BY k.place
