import re
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmops_workbench.core.errors import NotFoundError
from llmops_workbench.text.checksums import is_iban, is_luhn
from llmops_workbench.text.pii import Detector, find, kinds, mask, redact, redact_all, usual_kinds

# The example numbers that the IBAN registry publishes, and the test cards of payment networks.
IBANS = [
    "GB82 WEST 1234 5698 7654 32",
    "DE89370400440532013000",
    "FR14 2004 1010 0505 0001 3M02 606",
    "CH93 0076 2011 6238 5295 7",
    "NO93 8601 1117 947",
    "MT84MALT011000012345MTLCAST001S",
    "SA03 8000 0000 6080 1016 7519",
    "BR1800360305000010009795493C1",
]
CARDS = ["4111 1111 1111 1111", "5555555555554444", "378282246310005", "6011-1111-1111-1117"]
FOUND = {
    "email": [
        "a@example.com",
        "first.last+tag@mail.example.co.uk",
        "x_1@xn--fsq.example.org",
        "почта@пример.рф",
    ],
    "phone": [
        "+1 (415) 555-2671",
        "+44 (0)20 7946 0958",
        "(212) 555-0187",
        "415-555-2671",
        "03-1234-5678",
        "13812345678",
        "8 (495) 123-45-67",
        "+966 50 123 4567",
    ],
    "ip": ["192.168.0.1", "2001:db8::8a2e:370:7334", "::ffff:10.0.0.1", "fe80::1"],
    "iban": IBANS,
    "card": CARDS,
    "ssn": ["123-45-6789", "078-05-1120"],
    "url": ["https://example.com/a?b=c#d"],
    "aws_key": ["AKIAIOSFODNN7EXAMPLE"],
    "github_token": ["ghp_" + "aB3" * 12, "github_pat_" + "A1" * 11 + "_" + "b" * 59],
    "slack_token": ["xoxb-" + "1234567890-abcdef"],
    "google_key": ["AIza" + "Sy3" * 11 + "ab"],
    "huggingface_token": ["hf_" + "aBcDeFgH1j" * 3 + "abcd"],
    "openai_key": ["sk-proj-" + "a1B2" * 10],
    "json_web_token": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dozjgNryP4J3jVmN"],
}
NOT_FOUND = {
    "email": ["a@b", "@example.com", "a@.com", "user at example.com"],
    "phone": ["2024-01-15", "3.14159265", "1234", "12:30:45", "v1.2.3", "1 2 3 4 5 6 7 8"],
    "ip": [
        "999.1.1.1",
        "1.2.3",
        "12:30:45",
        "std::vector",
        "a::b",
        "1.2.3.4.5",
        "00:1A:2B:3C:4D:5E",
    ],
    "iban": ["GB82 WEST 1234 5698 7654 33", "DE8937040044053201300", "XX89370400440532013000"],
    "card": [
        "4111 1111 1111 1112",
        "1234567890123456",
        "4444444444444444444444",
        "2222222222222222",
    ],
    "ssn": ["000-12-3456", "666-12-3456", "912-12-3456", "123-00-6789", "123-45-0000"],
    "secret": ["api_key=${API_KEY}", "token: <token>", "The secret: practice", "password=********"],
    "aws_key": ["AKIAIOSFODNN7EXAMPL", "xAKIAIOSFODNN7EXAMPLE"],
}
AROUND = ["{}", "see {}.", "联系{}谢谢", "هاتف {} من", "โทร {} ครับ", "👩‍👧{}👍🏽", "“{}”, и так"]


@pytest.mark.parametrize("around", AROUND)
@pytest.mark.parametrize("kind", FOUND)
def test_found_between_words_of_any_script(kind, around):
    for value in FOUND[kind]:
        text = around.format(value)
        spans = find(text, [kind])
        assert [text[span.start : span.end] for span in spans] == [value]
        assert spans[0].kind == kind
        assert redact(text, [kind])[0] == around.format(f"[{kind.upper()}]")


@pytest.mark.parametrize("kind", NOT_FOUND)
def test_not_found(kind):
    assert [value for value in NOT_FOUND[kind] if find(value, [kind])] == []


def test_all_kinds_together_name_each_find_once():
    text = "\n".join(values[0] for kind, values in FOUND.items() if kind != "url")
    assert [span.kind for span in find(text)] == [kind for kind in FOUND if kind != "url"]
    assert "url" not in usual_kinds()


def test_checksums_of_published_numbers():
    assert all(is_iban(number) for number in IBANS)
    assert all(is_luhn(number.translate({32: None, 45: None})) for number in CARDS)
    assert is_luhn("79927398713")  # the worked example of the algorithm
    assert not any(is_luhn(f"7992739871{digit}") for digit in range(10) if digit != 3)
    assert not is_iban("") and not is_luhn("") and not is_iban("DE৪৯")


@given(st.sampled_from(IBANS), st.data())
def test_one_wrong_digit_is_no_iban(number, data):
    code = number.replace(" ", "")
    place = data.draw(st.integers(2, len(code) - 1))
    other = data.draw(st.sampled_from("0123456789").filter(lambda c: c != code[place]))
    # Modulo 97 sees every single substitution of a digit by a digit.
    if code[place].isdigit():
        assert not is_iban(code[:place] + other + code[place + 1 :])


def test_an_iban_ends_where_its_country_says():
    text = "Pay DE89 3704 0044 0532 0130 00 AND GB82WEST12345698765432 NOW"
    assert redact(text)[0] == "Pay [IBAN] AND [IBAN] NOW"


def test_values_of_keys_are_hidden_and_their_names_stay():
    text = (
        "API_KEY='abc123XYZ' password: hunter secret=qwertz9! "
        "パスワード：さくら2024桜 пароль=секрет"
    )
    expected = (
        "API_KEY='[SECRET]' password: [SECRET] secret=[SECRET] パスワード：[SECRET] пароль=[SECRET]"
    )
    assert redact(text)[0] == expected


def test_private_keys_go_whole_even_when_cut_off():
    begin, end = "-----BEGIN RSA PRIVATE KEY-----", "-----END RSA PRIVATE KEY-----"
    assert redact(f"a {begin}\nMIIE+/=\n{end} b")[0] == "a [PRIVATE_KEY] b"
    assert redact(f"a {begin}\nMIIEabc")[0] == "a [PRIVATE_KEY]"
    assert "MIIE" not in find(f"{begin}\nMIIEabc")[0].masked


@given(
    st.text(alphabet=st.sampled_from("a1@.:+-() 東=é٣")),
    st.sampled_from([*FOUND["email"][:2], *CARDS]),
)
def test_spans_are_in_order_inside_and_masked(noise, value):
    text = f"{noise} {value} {noise}"
    spans = find(text)
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    assert all(a.end <= b.start for a, b in pairwise(spans))
    assert all(value not in span.masked for span in spans)
    redacted, same = redact(text)
    assert same == spans
    assert value not in redacted


def test_masks():
    assert mask("a@example.com") == "a@*******.**m"
    assert mask("secret", keep_ends=False) == "******"
    assert mask("abc") == "***"


def test_a_column_keeps_missing_texts():
    changed, spans = redact_all(["a@example.com", None, ""])
    assert changed == ["[EMAIL]", None, ""]
    assert [len(found) for found in spans] == [1, 0, 0]


def test_an_unknown_kind_is_named():
    with pytest.raises(NotFoundError, match="did you mean 'email'"):
        find("", ["e-mail"])


def test_a_kind_can_be_added():

    kinds.get("email")
    kinds.register("ticket")(Detector(re.compile(r"TICKET-\d+"), lambda match: match.span()))
    try:
        assert redact("see TICKET-12")[0] == "see [TICKET]"
    finally:
        del kinds._parts["ticket"], kinds._meta["ticket"]


EVIL = [
    *("a", "a.", "1 ", "0-", "+1 ", "((", "DE12 ", ":", "eyJ", "eyJaaaaaaaa.", "password:    "),
    *('key"', "a-", "a@b-", "1.1.", "http://", "token=", "4 1-", "secret = '", "xoxb-", "12-"),
    *("-----BEGIN PRIVATE KEY-----", "a@" + "b." * 9, "0 123-", "ab12-", "::1.", "密码："),
]


@pytest.mark.parametrize("unit", EVIL)
def test_time_is_linear_in_the_text(unit):
    def seconds(length: int) -> float:
        text = (unit * (length // len(unit) + 1))[:length] + "\0"
        begun = time.process_time()
        find(text, kinds.names())
        return time.process_time() - begun

    # A quadratic pattern takes 64 times as long on eight times the text, and seconds at this size.
    small, large = min(seconds(8_000) for _ in range(3)), seconds(64_000)
    assert large < 30 * small + 0.25


def test_a_rejected_candidate_does_not_hide_what_begins_inside_it():
    text = "Order AB12 3456 7890 GB82WEST12345698765432 is paid"
    assert redact(text)[0] == "Order AB12 3456 7890 [IBAN] is paid"
