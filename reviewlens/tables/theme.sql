-- One row per theme{% for key in keys %} and {{ names[key] }}{% endfor %}.
{% set sums = ["mentions", "score_sum", "praise_sum", "complaint_sum", "wish_sum"] %}
-- What is distinct is counted by grouping, which spills to disk; count(DISTINCT) holds all that it has seen in memory.
CREATE OR REPLACE TABLE cells AS
WITH by_text AS (
    SELECT
        {{ cell }}, count(*) AS reviews,
        {% for sum in sums %}sum({{ sum }}) AS {{ sum }}{{ ", " if not loop.last }}{% endfor %}

    FROM speakers
    WHERE TRUE{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}

    GROUP BY {{ cell }}, text_hash
)
SELECT
    {{ cell }}, count(*) AS distinct_texts,
    {% for sum in ["reviews"] + sums %}CAST(sum({{ sum }}) AS BIGINT) AS {{ sum }}{{ ", " if not loop.last }}{% endfor %}

FROM by_text GROUP BY {{ cell }};

-- The same clause is quoted once; the nearer to the mean score of its intent and the better it reads, the earlier.
CREATE OR REPLACE TABLE candidates AS
WITH told AS (
    SELECT {{ cell }}, intent, count(*) AS times, CAST(sum(score) AS BIGINT) AS total FROM mentions GROUP BY {{ cell }}, intent
)
SELECT
    {{ cell }}, intent, quote, times, min(text_hash) AS text_hash,
    min(CAST(quote_rank AS BIGINT) * 2000 + abs(m.score * t.times - t.total) // t.times) AS badness
FROM mentions AS m JOIN told AS t USING ({{ cell }}, intent)
WHERE quote IS NOT NULL
GROUP BY {{ cell }}, intent, times, quote;

-- Ordered by one value, the first of each cell are kept while all go by, which is quicker than to sort them; they are kept
-- in memory, which is too little for those of every product where there are many.
{% set packed = small or "product_id" not in keys %}
{% set best = "struct_pack(a := badness, b := text_hash, c := quote)" if packed else "badness, text_hash, quote" %}
{% set first = "struct_pack(t := 1000000 // times, i := intent, a := badness, b := text_hash, c := quote)" if packed
    else "1000000 // times, intent, badness, text_hash, quote" %}
CREATE OR REPLACE TABLE quoted AS
WITH
{%- if candidates > 1 %} lined AS (
    SELECT * FROM (
        SELECT *, row_number() OVER (
            PARTITION BY {{ cell }}, intent ORDER BY {{ best }}
        ) AS turn
        FROM candidates
    ) WHERE turn <= {{ candidates }}
),
ranked AS (
    -- intents take turns in proportion to how often they occur (highest averages)
    SELECT *, row_number() OVER (
        PARTITION BY {{ cell }} ORDER BY (2 * turn - 1) * 1000000 // times, intent, badness, text_hash, quote
    ) AS place
    FROM lined
),
{%- else %} ranked AS (
    -- the first turn has the most frequent intent, and of that the best
    SELECT *, row_number() OVER (PARTITION BY {{ cell }} ORDER BY {{ first }}) AS place FROM candidates
),
{%- endif %}
-- The least of many texts is kept in memory: it is sought for the few quotes that are left.
named AS (
    SELECT {{ cell }}, place, quote, intent, min(review_id) AS review_id
    FROM (SELECT {{ cell }}, intent, quote, place FROM ranked WHERE place <= {{ candidates }}) AS r
    JOIN mentions AS m USING ({{ cell }}, intent, quote)
    GROUP BY {{ cell }}, place, quote, intent
)
SELECT
    {{ cell }},
    list(quote ORDER BY place) AS quotes,
    list(review_id ORDER BY place) AS quote_ids,
    list(CAST(intent AS VARCHAR) ORDER BY place) AS quote_intents
FROM named GROUP BY {{ cell }};

WITH base AS (
    SELECT {% for key in keys %}{{ key }}, {% endfor %}count(*) AS reviews_in_all FROM reviews
    WHERE TRUE{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}
    {% if keys %}GROUP BY {{ keys | join(", ") }}{% endif %}
)
SELECT
    c.theme_id, -- the theme
{% for key in keys %}    c.{{ key }}, -- {{ meanings[key] }}
{% endfor %}    c.reviews, -- reviews that mention the theme
    c.distinct_texts, -- distinct texts among them: copies of one text count once
    c.mentions, -- clauses that mention it
    b.reviews_in_all, -- all reviews of the same cell, mentioning the theme or not
    c.score_sum, -- hidden: becomes score
    c.praise_sum, -- hidden: becomes praise_share
    c.complaint_sum, -- hidden: becomes complaint_share
    c.wish_sum, -- hidden: becomes wish_share
    q.quotes, -- hidden: becomes quote_1, quote_2, ...
    q.quote_ids, -- hidden: becomes quote_1_id, quote_2_id, ...
    q.quote_intents -- hidden: becomes quote_1_intent, quote_2_intent, ...
FROM cells AS c JOIN base AS b ON TRUE{% for key in keys %} AND b.{{ key }} = c.{{ key }}{% endfor %}

LEFT JOIN quoted AS q ON q.theme_id = c.theme_id{% for key in keys %} AND q.{{ key }} = c.{{ key }}{% endfor %}

ORDER BY c.theme_id{% for key in keys %}, c.{{ key }}{% endfor %}
