"""Files that lie: each is left out with a reason, or read; none ends the process, hangs or fills the memory."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reviewlens.errors import InputError, ReviewlensError
from reviewlens.read import UnreadableError, guard, plan
from reviewlens.read.bounds import BATCH_BYTES
from reviewlens.read.footer import Page, pages, read_footer
from reviewlens.read.thrift import EndsEarlyError, Reader

TABLE = pa.table(
    {
        "text": [f"review {i % 7} 很好 {'x' * (i % 50)}" for i in range(200)],
        "rating": pa.array([i % 5 + 1 for i in range(200)], pa.int8()),
        "date": pa.array(np.arange(200) * 86_400 * 10**6 + 10**15, pa.timestamp("us")),
        "product_id": [f"p{i % 3}" for i in range(200)],
    }
)
FORMS = [
    {"compression": packing, "use_dictionary": dictionary, "data_page_version": version}
    for packing in ("snappy", "zstd", "none", "gzip")
    for dictionary, version in ((True, "1.0"), (False, "2.0"))
]


def written(**options) -> bytes:
    sink = io.BytesIO()
    pq.write_table(TABLE, sink, row_group_size=70, **options)
    return sink.getvalue()


@pytest.mark.parametrize("options", FORMS, ids=str)
def test_footers_and_pages_say_what_pyarrow_says(options):
    """pyarrow is the oracle, for files that are whole."""
    data = written(**options)
    footer, metadata = read_footer(io.BytesIO(data), len(data)), pq.read_metadata(io.BytesIO(data))
    assert footer.rows == metadata.num_rows == 200
    assert [group.rows for group in footer.groups] == [70, 70, 60]
    for g, group in enumerate(footer.groups):
        for c, chunk in enumerate(group.chunks):
            said = metadata.row_group(g).column(c)
            assert chunk.column == said.path_in_schema
            assert (chunk.packed, chunk.unpacked) == (said.total_compressed_size, said.total_uncompressed_size)
            found = list(pages(io.BytesIO(data), chunk))
            assert sum(page.header + page.packed for page in found) == said.total_compressed_size
            assert sum(page.header + page.unpacked for page in found) == said.total_uncompressed_size
    assert guard.distrust(footer, len(data), None) is None


def changed(data: bytes, rng: random.Random, where: tuple[int, int]) -> bytes:
    found = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(*where)
        new = rng.choice(
            [
                bytes([rng.randrange(256)]),
                b"\xff\xff\xff\x0f",
                b"\xfe\xff\xff\xff\x0f",
                bytes([found[at] ^ 1 << rng.randrange(8)]),
            ]
        )
        found[at : at + len(new)] = new[: where[1] - at]
    return bytes(found)


@pytest.mark.parametrize("place", ["footer", "pages"])
def test_damaged_bytes_are_read_or_refused(tmp_path, place):
    rng = random.Random(7)
    path = tmp_path / "a.parquet"
    ends = {"refused": 0, "read": 0}
    whole = [written(**form) for form in FORMS]
    for i in range(120):
        data = whole[i % len(FORMS)]
        footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        path.write_bytes(changed(data, rng, (footer, len(data) - 8) if place == "footer" else (4, footer)))
        try:
            found = plan(path)
            assert sum(batch.num_rows for part in found.parts for batch in part.batches(64)) == found.rows
            ends["read"] += 1
        except ReviewlensError as error:
            assert isinstance(error, InputError)
            assert error.exit_code == 2
            ends["refused"] += 1
    assert min(ends.values()) > 4  # both ends are reached, or the test shows nothing


def refused(path: Path) -> str:
    with pytest.raises(InputError, match="claims_too_much") as caught:
        for part in plan(path).parts:
            for batch in part.batches():
                assert batch.nbytes < 3 * BATCH_BYTES
    return str(caught.value)


def test_millions_of_rows_in_a_small_file(tmp_path):
    path = tmp_path / "bomb.parquet"
    pq.write_table(pa.table({"text": pa.nulls(5_000_000, pa.string())}), path)
    assert "5,000,000 rows" in refused(path)
    pq.write_table(pa.table({"text": ["good"] * 100_000}), path)  # equal rows alone are no bomb
    assert sum(batch.num_rows for batch in plan(path).parts[0].batches()) == 100_000


def test_one_long_text_that_all_rows_repeat(tmp_path):
    path = tmp_path / "bomb.parquet"
    texts = pa.DictionaryArray.from_arrays(pa.array(np.zeros(50_000, np.int32)), pa.array(["x" * 900_000]))
    pq.write_table(pa.table({"text": texts}), path, compression="zstd", dictionary_pagesize_limit=1 << 30)
    assert path.stat().st_size < 10_000
    assert "unpack" in refused(path)


def test_long_texts_come_in_small_batches(tmp_path):
    path = tmp_path / "long.parquet"
    rng = np.random.default_rng(0)
    texts = ["".join(map(chr, rng.integers(97, 123, 800_000))) for _ in range(8)]
    pq.write_table(pa.table({"text": [*texts * 8, "short", "x" * 5_000_000]}), path, compression="zstd")
    batches = list(plan(path).parts[0].batches())
    assert [batch.num_rows for batch in batches][:2] == [BATCH_BYTES // 800_000] * 2
    assert sum(batch.num_rows for batch in batches) == 66
    assert [row for batch in batches for row in batch.column("reason").to_pylist()] == [None] * 65 + ["too_long"]


def test_a_page_that_claims_to_be_huge(tmp_path):
    """A reader allocates what the page's own header says, whatever the footer says."""
    data = written(compression="none", use_dictionary=False)
    chunk = read_footer(io.BytesIO(data), len(data)).groups[0].chunks[0]
    page = next(pages(io.BytesIO(data), chunk))
    header = data[chunk.start : chunk.start + page.header]
    assert header[:3] == b"\x15\x00\x15"  # page type 0, then the unpacked size
    digits = next(n for n in range(1, 6) if not header[2 + n] & 128)
    huge = b"\xfe" + b"\xff" * (digits - 1) if digits == 5 else None
    forged = data[: chunk.start + 3] + (huge or b"\xff" * (digits - 1) + b"\x7f") + data[chunk.start + 3 + digits :]
    path = tmp_path / "a.parquet"
    path.write_bytes(forged)
    with pytest.raises(UnreadableError):
        list(plan(path).parts[0].batches())
    for page in (
        Page(50, 10, 1 << 31),
        Page(50, 1 << 10, guard.PAGE_BELIEVED + guard.RATIO * (1 << 10)),
        Page(50, 1 << 31, 1 << 31),
    ):
        assert "claims to unpack" in str(guard.distrust_page(page))
    assert guard.distrust_page(Page(50, 10, guard.PAGE_BELIEVED)) is None


def test_footers_that_lie():
    data = written()
    footer = read_footer(io.BytesIO(data), len(data))
    first = footer.groups[0]
    chunk = first.chunks[0]
    for lie in (
        footer._replace(rows=10**12),
        footer._replace(rows=-1),
        footer._replace(rows=201),
        footer._replace(rows=0, groups=(first, first._replace(rows=-70))),
        footer._replace(rows=0, groups=(first._replace(rows=0),) * (guard.ROW_GROUPS + 1)),
        *(
            footer._replace(rows=70, groups=(first._replace(chunks=(chunk._replace(**said),)),))
            for said in ({"start": 0}, {"packed": -1}, {"packed": 10**9}, {"unpacked": 10**12}, {"unpacked": -5})
        ),
    ):
        assert guard.distrust(lie, len(data), None)
    assert (
        guard.distrust(
            footer._replace(rows=70, groups=(first._replace(chunks=(chunk._replace(start=0),)),)), len(data), {"rating"}
        )
        is None
    )


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", EndsEarlyError),
        (b"\x19\xf8\xff\xff\xff\xff\x0f", EndsEarlyError),  # a list of four billion elements
        (b"\x18\xff\xff\xff\xff\x0f", EndsEarlyError),  # a string of four billion bytes
        (b"\x1c" * 50, ValueError),  # structs in structs in structs
        (b"\x15" + b"\xff" * 20, ValueError),  # a number without end
        (b"\x1f\x00", ValueError),  # a type that is none
    ],
)
def test_thrift_is_bounded_by_its_bytes(data, error):
    with pytest.raises(error):
        Reader(data).struct()
