-- What every table reads: the newest version of each review, and what it mentions.
-- `scored`, `mentioned` are the parts; `parts` has the age of each part's source.

CREATE TABLE horizon AS SELECT CAST($until AS TIMESTAMPTZ) AS until;

-- Most reviews come once; only those that come again need to be put in order.
CREATE VIEW timely AS
SELECT part, row, key, exported_at, created_at, content FROM scored CROSS JOIN horizon
WHERE until IS NULL OR coalesce(exported_at, created_at) IS NULL OR coalesce(exported_at, created_at) < until;

CREATE TABLE repeated AS SELECT key FROM timely GROUP BY key HAVING count(*) > 1;

-- Rows that do not count, and why.
CREATE TABLE discounted AS
SELECT part, row, 'superseded' AS reason FROM (
    SELECT s.part, s.row, row_number() OVER (
        PARTITION BY s.key
        ORDER BY s.exported_at DESC NULLS LAST, s.created_at DESC NULLS LAST, p.mtime_ns DESC, s.content DESC, s.part, s.row
    ) AS version
    FROM timely AS s JOIN repeated AS r ON r.key = s.key JOIN parts AS p ON p.part = s.part
) WHERE version > 1
UNION ALL
SELECT part, row, 'later' AS reason FROM scored CROSS JOIN horizon WHERE coalesce(exported_at, created_at) >= until;

CREATE VIEW standing AS
SELECT s.* FROM scored AS s ANTI JOIN discounted AS d ON d.part = s.part AND d.row = s.row
WHERE s.reason = 'scored';

-- The highest rating that the scale allows: as declared, else the least usual scale that holds all ratings but at most
-- 5% of ten or more, for a slip of the keyboard makes no scale (`reviewlens.read.stars.likely_scale`).
CREATE TABLE scale AS
SELECT coalesce($scale, CASE WHEN above_5 <= slips THEN 5 WHEN above_10 <= slips THEN 10 ELSE 100 END) AS highest
FROM (
    SELECT
        coalesce(sum(CASE WHEN rating > 5 THEN 1 ELSE 0 END), 0) AS above_5,
        coalesce(sum(CASE WHEN rating > 10 THEN 1 ELSE 0 END), 0) AS above_10,
        CASE WHEN count(rating) < 10 THEN 0 WHEN count(rating) < 40 THEN 1 ELSE count(rating) // 20 END AS slips
    FROM standing
);

-- Near-copies share a band: each text is counted under the smallest text of a band that it shares.
CREATE VIEW banded AS SELECT unnest(bands) AS band, text_hash FROM standing;

CREATE TABLE shared AS
SELECT band, min(text_hash) AS first FROM banded GROUP BY band HAVING min(text_hash) <> max(text_hash);

-- A table of its own: joining and grouping at once would need the memory of both.
CREATE TABLE sharing AS
SELECT b.text_hash, s.first FROM banded AS b JOIN shared AS s ON s.band = b.band;

CREATE TABLE copies AS
SELECT text_hash, min(first) AS copy_of FROM sharing GROUP BY text_hash;

-- Numbers in the order of their names stand for names that are grouped by again and again; '*' is all products.
CREATE TYPE product AS ENUM (
    SELECT product_id FROM (SELECT product_id FROM standing UNION SELECT '*') WHERE product_id IS NOT NULL ORDER BY product_id
);
CREATE TYPE theme AS ENUM (SELECT theme_id FROM (SELECT DISTINCT theme_id FROM mentioned) ORDER BY theme_id);
CREATE TYPE intent AS ENUM ('complaint', 'praise', 'statement', 'wish');

CREATE TABLE reviews AS
SELECT
    p.ordinal * 4294967296 + s.row AS review, s.part, s.row, s.review_id, CAST(s.product_id AS product) AS product_id,
    s.product_name, s.category,
    CASE WHEN s.rating <= scale.highest THEN s.rating END AS rating, -- what is off the scale says nothing
    coalesce(c.copy_of, s.text_hash) AS text_hash, s.language,
    -- who speaks: short texts may well be alike by chance, a long one twice is one voice
    CASE WHEN s.chars * CASE WHEN s.language IN ('zh', 'ja') THEN 3 ELSE 1 END >= 90 THEN coalesce(c.copy_of, s.text_hash)
         ELSE hash(s.part, s.row) END AS voice,
    s.created_at, CAST(date_trunc($period, s.created_at) AS DATE) AS period,
    CASE WHEN s.rating <= scale.highest THEN floor(CAST(s.rating AS DOUBLE) * 500 / scale.highest + 0.5) / 100 END AS stars_given,
    s.polarity, s.score, s.stars, s.unknown, s.chars, s.quote
FROM standing AS s JOIN parts AS p ON p.part = s.part CROSS JOIN scale LEFT JOIN copies AS c ON c.text_hash = s.text_hash;

CREATE TABLE mentions AS
SELECT
    r.review, m.part, m.row, m.review_id, m.start, CAST(m.theme_id AS theme) AS theme_id, m.cue, m.polarity, m.score,
    CAST(m.intent AS intent) AS intent, m.wish, m.quote, m.quote_rank,
    r.product_id, r.period, r.text_hash, r.voice
FROM mentioned AS m JOIN reviews AS r ON r.part = m.part AND r.row = m.row;

-- Who speaks of a theme: one row per theme and review, with all that it says of it.
CREATE TABLE speakers AS
SELECT
    theme_id, review, product_id, period, text_hash,
    count(*) AS mentions,
    CAST(sum(score) AS BIGINT) AS score_sum,
    CAST(sum(CASE WHEN intent = 'praise' THEN 1 ELSE 0 END) AS BIGINT) AS praise_sum,
    CAST(sum(CASE WHEN intent = 'complaint' THEN 1 ELSE 0 END) AS BIGINT) AS complaint_sum,
    CAST(sum(CASE WHEN intent = 'wish' THEN 1 ELSE 0 END) AS BIGINT) AS wish_sum
FROM mentions
GROUP BY theme_id, review, product_id, period, text_hash;
