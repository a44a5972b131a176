"""The Arrow schemas that flow through the job, with the meaning and unit of each column.

`REVIEWS` lives in memory only. `SCORED` and `MENTIONS` are what parts store: keys, offsets, numbers and masked
quotes, never raw text. Scores are stored as integers in ten-thousandths (`SCALE`), so that sums are exact.
"""

from __future__ import annotations

import pyarrow as pa

SCALE = 10_000
LABELS = ("negative", "neutral", "positive")
MIXED = "mixed"
POLARITIES = ("negative", "neutral", MIXED, "positive")
ABSTAINED = "abstained"  # in place of a polarity, where the classifier is less sure than it was asked to be
INTENTS = ("praise", "complaint", "wish", "statement")
OTHER = "other"
SCORED_REASON = "scored"
FORGOTTEN = "forgotten"

_TIME = pa.timestamp("us", tz="UTC")


def _schema(**columns: tuple[pa.DataType, str]) -> pa.Schema:
    return pa.schema([pa.field(name, kind, metadata={"meaning": note}) for name, (kind, note) in columns.items()])


REVIEWS = _schema(
    row=(pa.int64(), "0-based row in the file, table or list that it came from"),
    review_id=(pa.string(), "the export's own id; null where it has none"),
    product_id=(pa.string(), "product, null where unknown"),
    product_name=(pa.string(), "name of the product"),
    category=(pa.string(), "category of the product"),
    rating=(pa.float32(), "stars as given, on the export's own scale; null where absent or unreadable"),
    title=(pa.string(), "title of the review"),
    text=(pa.string(), "text of the review"),
    customer=(pa.string(), "customer as given; never stored"),
    created_at=(_TIME, "when the review was written"),
    exported_at=(_TIME, "when the export was made"),
    deleted_at=(_TIME, "when the review was deleted; null where it stands"),
    language=(pa.string(), "language as declared by the export"),
    reason=(pa.string(), "why the row cannot be read, e.g. bad_encoding; null where it can"),
)

SCORED = _schema(
    part=(pa.int64(), "the part that holds the row"),
    row=(pa.int64(), "0-based row in the source"),
    key=(pa.int64(), "hash of the identity of the review"),
    reason=(pa.string(), "scored, deleted, empty_text, ...: what became of the row"),
    review_id=(pa.string(), "the export's id, or the hash of the identity"),
    product_id=(pa.string(), "product, null where unknown"),
    product_name=(pa.string(), "name of the product, masked"),
    category=(pa.string(), "category of the product"),
    rating=(pa.float32(), "stars as given, on the export's own scale"),
    customer=(pa.string(), "keyed hash of the customer"),
    created_at=(_TIME, "when the review was written"),
    exported_at=(_TIME, "when the export was made"),
    content=(pa.int64(), "hash of everything the export says of the review; breaks ties between versions"),
    text_hash=(pa.int64(), "hash of the letters and digits of the text; equal for copies"),
    bands=(pa.list_(pa.int64()), "band hashes of the words; near-copies share one"),
    language=(pa.string(), "language as declared or else detected, in ISO 639-1; 'und' where nothing tells it"),
    chars=(pa.int32(), "length of title and text in characters"),
    unknown=(pa.int16(), "share of tokens that the classifier does not know, in ten-thousandths"),
    polarity=(pa.string(), "negative, neutral, mixed or positive; abstained if less sure than asked"),
    p_negative=(pa.int16(), "probability in ten-thousandths"),
    p_neutral=(pa.int16(), "probability in ten-thousandths"),
    p_positive=(pa.int16(), "probability in ten-thousandths"),
    score=(pa.int16(), "p_positive - p_negative in ten-thousandths"),
    stars=(pa.int32(), "expected stars, 1 to 5, in ten-thousandths"),
    quote=(pa.string(), "the masked sentence that shows the polarity best"),
)

MENTIONS = _schema(
    part=(pa.int64(), "the part that holds the row"),
    row=(pa.int64(), "row of the review"),
    review_id=(pa.string(), "as in SCORED"),
    start=(pa.int32(), "first character of the clause in title and text"),
    end=(pa.int32(), "one past its last character"),
    theme_id=(pa.string(), "theme, or 'other' for a wish that fits none"),
    cue=(pa.string(), "the cue as the theme set spells it"),
    cue_start=(pa.int32(), "first character of the cue"),
    cue_end=(pa.int32(), "one past its last character"),
    polarity=(pa.string(), "negative, neutral, mixed or positive"),
    score=(pa.int16(), "p_positive - p_negative of the clause in ten-thousandths"),
    intent=(pa.string(), "praise, complaint, wish or statement"),
    wish=(pa.string(), "what is wished for, masked; null unless the intent is wish"),
    quote=(pa.string(), "the sentence of the clause, or what fits of it, masked"),
    quote_rank=(pa.int16(), "how well it reads as a quote: 0 is best"),
)
