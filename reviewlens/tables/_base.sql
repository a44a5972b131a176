-- What every table reads: the newest version of each review, and what it mentions.
-- `scored`, `mentioned` are the parts; `parts` has the age of each part's source.

CREATE TABLE winners AS
SELECT part, row FROM (
    SELECT s.part, s.row, row_number() OVER (
        PARTITION BY s.key
        ORDER BY s.exported_at DESC NULLS LAST, s.created_at DESC NULLS LAST, p.mtime_ns DESC, s.content DESC, s.part, s.row
    ) AS version
    FROM scored AS s JOIN parts AS p ON p.part = s.part
    WHERE $until IS NULL OR coalesce(s.exported_at, s.created_at) IS NULL OR coalesce(s.exported_at, s.created_at) < CAST($until AS TIMESTAMPTZ)
) WHERE version = 1;

-- The highest rating that the scale allows: as declared, else the least usual scale that holds every rating.
CREATE TABLE scale AS
SELECT coalesce($scale, CASE WHEN max(rating) <= 5 THEN 5 WHEN max(rating) <= 10 THEN 10 ELSE 100 END) AS highest
FROM scored AS s JOIN winners AS w ON w.part = s.part AND w.row = s.row
WHERE s.reason = 'scored';

-- Near-copies share a band: each text is counted under the smallest text of a band that it shares.
CREATE TABLE copies AS
SELECT text_hash, min(first) AS copy_of FROM (
    SELECT band, min(text_hash) AS first, list(DISTINCT text_hash) AS hashes FROM (
        SELECT s.text_hash, unnest(s.bands) AS band
        FROM scored AS s JOIN winners AS w ON w.part = s.part AND w.row = s.row
        WHERE s.reason = 'scored'
    ) GROUP BY band HAVING min(text_hash) <> max(text_hash)
), unnest(hashes) AS each(text_hash)
GROUP BY text_hash;

CREATE TABLE reviews AS
SELECT
    row_number() OVER (ORDER BY s.part, s.row) AS review, s.part, s.row, s.review_id, s.product_id, s.product_name, s.category, s.rating, coalesce(c.copy_of, s.text_hash) AS text_hash, s.language,
    -- who speaks: short texts may well be alike by chance, a long one twice is one voice
    CASE WHEN s.chars * CASE WHEN s.language IN ('zh', 'ja') THEN 3 ELSE 1 END >= 90 THEN coalesce(c.copy_of, s.text_hash)
         ELSE hash(s.part, s.row) END AS voice,
    s.created_at, CAST(date_trunc($period, s.created_at) AS DATE) AS period,
    floor(CAST(s.rating AS DOUBLE) * 500 / scale.highest + 0.5) / 100 AS stars_given,
    s.polarity, s.score, s.stars, s.unknown, s.chars, s.quote
FROM scored AS s JOIN winners AS w ON w.part = s.part AND w.row = s.row CROSS JOIN scale
LEFT JOIN copies AS c ON c.text_hash = s.text_hash
WHERE s.reason = 'scored';

CREATE VIEW mentions AS
SELECT
    r.review, m.part, m.row, m.review_id, m.start, m.theme_id, m.cue, m.polarity, m.score, m.intent, m.wish, m.quote, m.quote_rank,
    r.product_id, r.period, r.text_hash
FROM mentioned AS m JOIN reviews AS r ON r.part = m.part AND r.row = m.row;
