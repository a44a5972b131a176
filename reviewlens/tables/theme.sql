-- One row per theme{% for key in keys %} and {{ names[key] }}{% endfor %}.
WITH base AS (
    SELECT {% for key in keys %}{{ key }}, {% endfor %}count(*) AS reviews_in_all FROM reviews
    WHERE TRUE{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}
    {% if keys %}GROUP BY {{ keys | join(", ") }}{% endif %}
),
cells AS (
    SELECT
        {{ cell }},
        count(DISTINCT review) AS reviews,
        count(DISTINCT text_hash) AS distinct_texts,
        count(*) AS mentions,
        sum(score) AS score_sum,
        sum(CASE WHEN intent = 'praise' THEN 1 ELSE 0 END) AS praise_sum,
        sum(CASE WHEN intent = 'complaint' THEN 1 ELSE 0 END) AS complaint_sum,
        sum(CASE WHEN intent = 'wish' THEN 1 ELSE 0 END) AS wish_sum
    FROM mentions
    WHERE TRUE{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}
    GROUP BY {{ cell }}
),
told AS (
    SELECT {{ cell }}, intent, count(*) AS times, sum(score) AS total FROM mentions GROUP BY {{ cell }}, intent
),
candidates AS (
    -- the same clause is quoted once; the nearer to the mean score of its intent and the better it reads, the earlier
    SELECT
        {{ cell }}, intent, quote, times, min(review_id) AS review_id, min(text_hash) AS text_hash,
        min(CAST(quote_rank AS BIGINT) * 2000 + abs(m.score * t.times - t.total) // t.times) AS badness
    FROM mentions AS m JOIN told AS t USING ({{ cell }}, intent)
    WHERE quote IS NOT NULL
    GROUP BY {{ cell }}, intent, times, quote
),
lined AS (
    SELECT *, row_number() OVER (PARTITION BY {{ cell }}, intent ORDER BY badness, text_hash, quote) AS turn FROM candidates
),
ranked AS (
    -- intents take turns in proportion to how often they occur (highest averages)
    SELECT *, row_number() OVER (
        PARTITION BY {{ cell }} ORDER BY (2 * turn - 1) * 1000000 // times, intent, badness, text_hash, quote
    ) AS place
    FROM lined
),
quoted AS (
    SELECT
        {{ cell }},
        list(quote ORDER BY place) AS quotes,
        list(review_id ORDER BY place) AS quote_ids
    FROM ranked WHERE place <= {{ candidates }} GROUP BY {{ cell }}
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
    q.quote_ids -- hidden: becomes quote_1_id, quote_2_id, ...
FROM cells AS c JOIN base AS b ON TRUE{% for key in keys %} AND b.{{ key }} = c.{{ key }}{% endfor %}

LEFT JOIN quoted AS q ON q.theme_id = c.theme_id{% for key in keys %} AND q.{{ key }} = c.{{ key }}{% endfor %}

ORDER BY c.theme_id{% for key in keys %}, c.{{ key }}{% endfor %}
