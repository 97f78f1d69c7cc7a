import codecs
import gzip
import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.adapters.feeds.chunks import REASONS, Chunk, Source, in_chunks
from remit.adapters.feeds.open_feed import read


class Dribble(io.BytesIO):
    """A stream that gives at most ``step`` bytes a read, as a slow socket does."""

    def __init__(self, data: bytes, step: int = 1 << 20) -> None:
        super().__init__(data)
        self.step = step

    def read(self, size: int = -1, /) -> bytes:
        return super().read(min(size, self.step))


def chunks_of(data: bytes, step: int = 1 << 20, **options) -> list[Chunk]:
    return list(read(Source("input", len(data), "", lambda: Dribble(data, step)), **options))


def outcome(data: bytes, step: int = 1 << 20, **options) -> tuple[list[bytes], list[tuple[str, str]]]:
    chunks = chunks_of(data, step, **options)
    faults = [fault for chunk in chunks for fault in chunk.faults]
    assert all(fault.reason in REASONS and len(fault.sample) <= 2048 for fault in faults)
    return [record for chunk in chunks for record in chunk.records], [(fault.place, fault.reason) for fault in faults]


A, B, C = b'{"a":"}{\\"[]"}', b'{"b":[{"c":1},[]]}', b'{"d":null}'

SHAPES = {
    "lines": A + b"\n" + B + b"\n" + C + b"\n",
    "lines without a last newline": A + b"\n" + B + b"\n" + C,
    "lines with carriage returns and blank lines": b"\n\n" + A + b"\r\n\r\n" + B + b"\r\n  \n" + C,
    "a CloudTrail file": b'{"Records":[' + b",".join([A, B, C]) + b"]}",
    "a CloudTrail file with metadata around": b'{ "NextToken" : "x" , "Records" : ['
    + b" , ".join([A, B, C])
    + b'],"m":{"n":[1]}}',
    "an Azure export": b'{"records": [' + b",\n".join([A, B, C]) + b"]}\n",
    "an Azure listing": b'{"value":[' + b",".join([A, B, C]) + b'],"nextLink":"y"}',
    "GCP entries": b'{"entries":[' + b",".join([A, B, C]) + b'],"nextPageToken":"z"}',
    "a list": b"[" + b",\n  ".join([A, B, C]) + b"]",
    "printed by lines inside an envelope": b'{\n "Records": [\n' + b",\n".join([A, B, C]) + b"\n]\n}\n",
    "in a row with nothing between": A + B + C,
    "in a row by spaces": A + b"  " + B + b"\n\n" + C,
    "envelopes line by line": b'{"Records":[' + A + b"," + B + b']}\n{"Records":[' + C + b"]}\n",
    "an envelope in the middle of lines": A + b'\n{"Records":[' + B + b"]}\n" + C,
    "with a byte order mark": codecs.BOM_UTF8 + A + b"\n" + B + b"\n" + C,
    "UTF-16, little end first": (A + b"\n" + B + b"\n" + C).decode().encode("utf-16"),
    "UTF-16, big end first": codecs.BOM_UTF16_BE + (A + b"\n" + B + b"\n" + C).decode().encode("utf-16-be"),
    "LookupEvents output": json.dumps(
        {"Events": [{"EventId": "1", "CloudTrailEvent": value.decode()} for value in (A, B, C)], "NextToken": "n"}
    ).encode(),
}


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize("step", [1, 7, 1 << 20])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_gives_the_same_records(shape: str, step: int, compressed: bool) -> None:
    data = gzip.compress(SHAPES[shape]) if compressed else SHAPES[shape]
    assert outcome(data, step) == ([A, B, C], [])


def test_a_printed_object_is_one_record() -> None:
    text = json.dumps({"a": {"b": [1, {"c": 2}]}, "value": [3]}, indent=2).encode()
    assert outcome(text) == ([text], [])


BROKEN = {
    "a bad line": (A + b"\nnot json\n" + B + b"\n" + C, [A, B, C], [("input:line 2", "not-json")]),
    "a bad first line": (b'{"a": tru\n' + B + b"\n" + C, [B, C], [("input:line 1", "not-json")]),
    "half a last line": (A + b"\n" + B[:9], [A], [("input:line 2", "not-json")]),
    "a line in Latin-1": (A + b'\n{"n":"\xe9"}\n' + B, [A, B], [("input:line 2", "wrong-encoding")]),
    "a bad record in an envelope": (
        b'{"Records":[' + A + b',{"x":tru},' + B + b"]}",
        [A, B],
        [("input:byte 27", "not-json")],
    ),
    "Latin-1 in an envelope": (b'{"Records":[' + A + b',{"x":"\xe9"}]}', [A], [("input:byte 27", "wrong-encoding")]),
    "an envelope cut in a record": (b'{"Records":[' + A + b"," + B[:6], [A], [("input:byte 27", "not-json")]),
    "an envelope cut in a string": (b'{"Records":[' + A + b',{"k":"v', [A], [("input:byte 27", "not-json")]),
    "an envelope cut between records": (b'{"Records":[' + A + b",", [A], [("input:byte 27", "not-json")]),
    "an envelope cut at its end": (b'{"Records":[' + A + b"]", [A], [("input:byte 26", "not-json")]),
    "words between objects": (A + b" oops " + B, [A, B], [("input:byte 15", "not-json")]),
    "nothing": (b"", [], [("input", "empty")]),
    "white space": (b" \n\t\n", [], [("input", "empty")]),
    "an empty gzip": (gzip.compress(b""), [], [("input", "empty")]),
    "UTF-32": ("[]".encode("utf-32"), [], [("input", "wrong-encoding")]),
    "UTF-16 without a mark": ('{"a":1}'.encode("utf-16-le"), [], [("input", "wrong-encoding")]),
    "UTF-16 cut in a character": (
        (A + b"\n" + B + b"\n").decode().encode("utf-16")[:-1],
        [A, B],
        [("input", "wrong-encoding")],
    ),
    "zstd": (b"\x28\xb5\x2f\xfdxxxxxxxxxxxxxxxx", [], [("input", "unreadable")]),
    "Parquet": (b"PAR1" + bytes(40), [], [("input", "unreadable")]),
    "gzip in gzip": (gzip.compress(gzip.compress(A)), [], [("input", "unreadable")]),
    "a torn gzip header": (b"\x1f\x8b\x08", [], [("input", "truncated-gzip")]),
    "something behind gzip data": (gzip.compress(A + b"\n") + b"tail", [A], [("input", "unreadable")]),
    "a very deep list": (b"[" * 1_000_000, [], [("input:byte 1", "too-deep")]),
    "a very deep object in lines": (
        A + b"\n" + b'{"a":' * 1_000_000 + b"\n" + B,
        [A, B],
        [("input:line 2", "too-deep")],
    ),
    "a very deep record in an envelope": (
        b'{"Records":[' + A + b',{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}," + B + b"]}",
        [A, B],
        [("input:byte 27", "too-deep")],
    ),
}


@pytest.mark.parametrize("step", [4096, 1 << 20])
@pytest.mark.parametrize("case", BROKEN)
def test_what_is_broken_is_a_fault_with_its_place_and_the_rest_goes_in(case: str, step: int) -> None:
    data, records, faults = BROKEN[case]
    assert outcome(data, step) == (records, faults)


def test_values_that_are_json_but_no_objects_are_handed_on_for_the_decoder_to_judge() -> None:
    assert outcome(b'{"a":1}\n2\n"x"\n')[0] == [b'{"a":1}', b"2", b'"x"']


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (b"time,who,what\n" * 50_000, 50_000),
        (b"# Logs\n\nHow these are kept:\n\n* by month\n* [by account](x)\n", 4),
        (b"no newline", 1),
    ],
)
def test_a_file_of_text_is_one_fault_however_long(text: bytes, lines: int) -> None:
    chunks = chunks_of(text)
    (fault,) = [fault for chunk in chunks for fault in chunk.faults]
    assert (fault.place, fault.reason) == ("input", "unreadable")
    assert fault.detail == f"it looks like text, not JSON records; {lines} line{'s' * (lines > 1)} left out"
    assert [record for chunk in chunks for record in chunk.records] == []


def test_text_around_few_records_leaves_the_records() -> None:
    assert outcome(b"words\n" * 40 + A + b"\n" + b"more\n" * 40) == ([A], [("input", "unreadable")])


def test_many_bad_lines_before_many_records_are_named_up_to_a_thousand_and_then_counted() -> None:
    records, faults = outcome(b"words\n" * 1500 + (A + b"\n") * 1000 + b"bad\n" + (A + b"\n") * 10, step=4096)
    assert len(records) == 1010
    assert faults[:2] == [("input:line 1", "not-json"), ("input:line 2", "not-json")]
    assert len(faults) == 1001
    assert faults[-1] == ("input", "not-json")


PRINTED = b'{\n  "p": [\n    1\n  ]\n}'
ROWS = {
    "a line, then printed objects": (A + b"\n" + PRINTED + b"\n" + PRINTED + b"\n", [A, PRINTED, PRINTED], []),
    "an empty object, then printed objects": (b"{}\n" + PRINTED + PRINTED, [b"{}", PRINTED, PRINTED], []),
    "printed, then lines": (PRINTED + b"\n" + A + b"\n" + B, [PRINTED, A, B], []),
    "a line cut after a comma among lines": (
        A + b'\n{"x":1,\n' + B + b"\n" + C,
        [A, B, C],
        [("input:line 2", "not-json")],
    ),
    "a line cut after a comma at the end": (A + b'\n{"x":1,\n', [A], [("input:line 2", "not-json")]),
    "printed objects, one without its end": (
        PRINTED + b'\n{\n  "q": {\n    "r": 1\n  }\n' + PRINTED + b"\n" + C,
        [PRINTED, PRINTED, C],
        [(f"input:byte {len(PRINTED) + 1}", "not-json")],
    ),
    "printed objects, one cut in a string": (
        PRINTED + b'\n{\n  "q": "r\n' + PRINTED + b"\n" + C,
        [PRINTED, PRINTED, C],
        [(f"input:byte {len(PRINTED) + 1}", "not-json")],
    ),
}


@pytest.mark.parametrize("step", [1, 5, 1 << 20])
@pytest.mark.parametrize("case", ROWS)
def test_objects_over_lines_and_in_lines_mix_and_one_without_an_end_takes_no_other_with_it(
    case: str, step: int
) -> None:
    data, records, faults = ROWS[case]
    assert outcome(data, step) == (records, faults)


@pytest.mark.parametrize("form", ["lines", "envelope", "row"])
def test_a_record_over_the_limit_is_named_and_passed_over(form: str) -> None:
    big = b'{"x":"' + b"y" * 70_000 + b'"}'
    data = {
        "lines": b"\n".join([A, big, B]),
        "envelope": b'{"Records":[' + b",".join([A, big, B]) + b"]}",
        "row": A + big + B,
    }[form]
    for step in (1000, 1 << 20):
        records, faults = outcome(data, step, max_record=50_000)
        assert (records, [reason for _, reason in faults]) == ([A, B], ["too-large"])


@pytest.mark.parametrize("form", ["lines", "envelope"])
@pytest.mark.parametrize("cut", [4, 60, 2000])
def test_truncated_gzip_gives_every_complete_record_and_one_fault(form: str, cut: int) -> None:
    many = [b'{"n":%d,"s":"%x"}' % (n, n * 2654435761) for n in range(5000)]
    plain = b"\n".join(many) if form == "lines" else b'{"Records":[' + b",".join(many) + b"]}"
    records, faults = outcome(gzip.compress(plain)[:-cut])
    assert faults == [("input", "truncated-gzip")]
    assert records == many[: len(records)]
    assert len(records) >= (5000 if cut == 4 else 4000 if cut == 60 else 3000)


@pytest.mark.parametrize("at", [-1, -6])
def test_gzip_with_a_wrong_checksum_or_length_gives_all_it_holds_and_one_fault(at: int) -> None:
    data = bytearray(gzip.compress(b"\n".join([A] * 1000) + b"\n"))
    data[at] ^= 255
    assert outcome(bytes(data)) == ([A] * 1000, [("input", "unreadable")])


def test_gzip_members_and_padding_are_one_stream() -> None:
    assert outcome(gzip.compress(A + b"\n") + gzip.compress(B + b"\n") + bytes(512)) == ([A, B], [])


def test_chunks_hold_twenty_thousand_records_and_count_on() -> None:
    found = chunks_of(b"{}\n" * 45_000)
    assert [len(chunk.records) <= 20_000 for chunk in found] == [True] * len(found)
    assert [chunk.first for chunk in found] == [sum(len(c.records) for c in found[:i]) for i in range(len(found))]
    assert sum(len(chunk.records) for chunk in found) == 45_000


def test_chunks_hold_about_twenty_four_megabytes() -> None:
    found = list(in_chunks("x", iter([[b"r" * 1_000_000]] * 60)))
    assert [len(chunk.records) for chunk in found] == [26, 26, 8]


def test_text_that_could_mislead_a_terminal_is_escaped() -> None:
    (chunk,) = read(Source("evil\x1b[2J\u202e", 0, "", lambda: io.BytesIO(b"")))
    assert chunk.faults[0].place == "evil\\x1b[2J\\u202e"


RESERVED = {"Records", "records", "value", "entries", "Events", "count", "Count"}
leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=20)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
)
objects = st.dictionaries(st.text(max_size=6).filter(lambda key: key not in RESERVED), values, max_size=4)


def framed(shape: str, texts: list[str]) -> bytes:
    if shape in ("Records", "records", "value", "entries"):
        return f'{{"{shape}":[{",".join(texts)}]}}'.encode()
    if shape == "Events":
        return json.dumps({"Events": [{"CloudTrailEvent": text} for text in texts]}).encode()
    return {
        "lines": "\n".join(texts),
        "crlf": "\r\n".join(texts),
        "list": f"[{','.join(texts)}]",
        "row": "".join(texts),
        "printed": "\n".join(texts),
    }[shape].encode()


@settings(max_examples=150, deadline=None)
@given(
    st.lists(objects, min_size=1, max_size=6),
    st.sampled_from(["lines", "crlf", "list", "row", "printed", "Records", "records", "value", "entries", "Events"]),
    st.integers(1, 70),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
    st.booleans(),
    st.booleans(),
)
def test_any_objects_in_any_framing_and_any_blocks_are_the_same_records(
    items, shape, step, encoding, escape, compressed
):
    texts = [json.dumps(item, ensure_ascii=escape, indent=1 if shape == "printed" else None) for item in items]
    try:
        data = framed(shape, texts).decode().encode(encoding)
    except UnicodeEncodeError:  # a lone surrogate, which no encoding of Unicode can carry
        return
    records, faults = outcome(gzip.compress(data) if compressed else data, step)
    assert faults == []
    assert [json.loads(record) for record in records] == items


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from([A, B, b"{", b"}", b"[", b"]", b'"', b"\\", b",", b"\n", b"\xff", b"x", b'{"Records":[']),
        max_size=14,
    )
)
def test_any_bytes_give_records_that_are_json_or_faults_and_never_raise(pieces):
    records, _ = outcome(b"".join(pieces), 3)
    for record in records:
        json.loads(record)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=60), st.booleans())
def test_any_binary_input_never_raises(data, compressed):
    outcome((b"\x1f\x8b\x08\x00" if compressed else b"") + data, 5)
