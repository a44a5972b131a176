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
        count(*) AS mentions,
        sum(score) AS score_sum,
        sum(CASE WHEN intent = 'praise' THEN 1 ELSE 0 END) AS praise_sum,
        sum(CASE WHEN intent = 'complaint' THEN 1 ELSE 0 END) AS complaint_sum,
        sum(CASE WHEN intent = 'wish' THEN 1 ELSE 0 END) AS wish_sum
    FROM mentions
    WHERE TRUE{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}
    GROUP BY {{ cell }}
),
distinct_quotes AS (
    SELECT {{ cell }}, quote, min(quote_rank) AS quote_rank, min(text_hash) AS text_hash
    FROM mentions
    WHERE quote IS NOT NULL{% for key in keys %} AND {{ key }} IS NOT NULL{% endfor %}
    GROUP BY {{ cell }}, quote
),
ranked AS (
    SELECT {{ cell }}, quote, row_number() OVER (PARTITION BY {{ cell }} ORDER BY quote_rank, text_hash, quote) AS place
    FROM distinct_quotes
),
quoted AS (
    SELECT
        {{ cell }},
        max(CASE WHEN place = 1 THEN quote END) AS quote_1,
        max(CASE WHEN place = 2 THEN quote END) AS quote_2,
        max(CASE WHEN place = 3 THEN quote END) AS quote_3
    FROM ranked WHERE place <= 3 GROUP BY {{ cell }}
)
SELECT
    c.theme_id, -- the theme
{% for key in keys %}    c.{{ key }}, -- {{ meanings[key] }}
{% endfor %}    c.reviews, -- reviews that mention the theme
    c.mentions, -- clauses that mention it
    b.reviews_in_all, -- all reviews of the same cell, mentioning the theme or not
    c.score_sum, -- hidden: becomes score
    c.praise_sum, -- hidden: becomes praise_share
    c.complaint_sum, -- hidden: becomes complaint_share
    c.wish_sum, -- hidden: becomes wish_share
    q.quote_1, -- a masked clause that shows the theme
    q.quote_2, -- a masked clause that shows the theme
    q.quote_3 -- a masked clause that shows the theme
FROM cells AS c JOIN base AS b ON TRUE{% for key in keys %} AND b.{{ key }} = c.{{ key }}{% endfor %}
LEFT JOIN quoted AS q ON q.theme_id = c.theme_id{% for key in keys %} AND q.{{ key }} = c.{{ key }}{% endfor %}
ORDER BY c.theme_id{% for key in keys %}, c.{{ key }}{% endfor %}
