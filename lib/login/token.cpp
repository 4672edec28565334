#include "login/token.hpp"

#include <algorithm>
#include <iterator>

#include "base/base64url.hpp"
#include "base/check.hpp"

namespace ferrotunnel::login {
namespace {

constexpr std::size_t checksum_bytes = 4;

// Key and checksum in the layout of a token; wiped by the destructor.
struct Body {
    std::array<std::uint8_t, Key::size_bytes + checksum_bytes> bytes{};

    ~Body() { wipe(bytes); }
    MutableBytes key() { return MutableBytes(bytes).first(Key::size_bytes); }
    MutableBytes checksum() { return MutableBytes(bytes).last(checksum_bytes); }
};

Digest checksum_of(Bytes key) {
    return sha256({as_bytes("ferrotunnel ft1"), key});
}

Token token_of(Bytes key_bytes, TokenStrength strength) {
    Key key(key_bytes);
    return {key, token_id(key), strength};
}

// Characters that people and programs put around a token.
struct Wrapping {
    std::string_view text;
    const char* name;
};
constexpr const char* whitespace = "whitespace";
constexpr const char* quote = "a quotation mark";
constexpr Wrapping wrappings[] = {
    {" ", whitespace},
    {"\t", whitespace},
    {"\xc2\xa0", "a no-break space"},
    {"\r", "a line end"},
    {"\n", "a line end"},
    {"\"", quote},
    {"'", quote},
    {"`", quote},
    {"\xe2\x80\x98", quote},
    {"\xe2\x80\x99", quote},
    {"\xe2\x80\x9c", quote},
    {"\xe2\x80\x9d", quote},
    {"\xe2\x80\x8b", "a space of no width"},
    {"\xef\xbb\xbf", "a byte order mark"},
};

const Wrapping* wrapping_at_begin(std::string_view text) noexcept {
    const auto* const found = std::find_if(std::begin(wrappings), std::end(wrappings),
                                           [text](const Wrapping& each) { return text.starts_with(each.text); });
    return found == std::end(wrappings) ? nullptr : found;
}

const Wrapping* wrapping_at_end(std::string_view text) noexcept {
    const auto* const found = std::find_if(std::begin(wrappings), std::end(wrappings),
                                           [text](const Wrapping& each) { return text.ends_with(each.text); });
    return found == std::end(wrappings) ? nullptr : found;
}

bool is_of_token(char c) noexcept {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool read_body(std::string_view text, Body& body) {
    if (!text.starts_with(token_prefix) || !decode_base64url(text.substr(token_prefix.size()), body.bytes)) {
        return false;
    }
    const Digest sum = checksum_of(body.key());
    return std::equal(body.checksum().begin(), body.checksum().end(), sum.begin());
}

bool is_whole(std::string_view text) {
    Body body;
    return read_body(text.substr(0, token_length), body);
}

// Where a token begins within the text: ft1_ that is not a part of a longer word, or that is followed by a whole token.
std::size_t find_token(std::string_view text) {
    std::size_t at = text.find(token_prefix);
    while (at != std::string_view::npos && at > 0 && is_of_token(text[at - 1]) && !is_whole(text.substr(at))) {
        at = text.find(token_prefix, at + 1);
    }
    return at;
}

// The error message if `text` has a token and other text before or after it; otherwise empty.
std::string surrounding_text_error(std::string_view text) {
    const std::size_t at = find_token(text);
    const auto name_of = [](const Wrapping* wrapping) { return wrapping == nullptr ? "other text" : wrapping->name; };
    std::string what;
    if (at != std::string_view::npos && at > 0) {
        what = std::string(name_of(wrapping_at_end(text.substr(0, at)))) + " before it";
    } else if (at == 0 && text.size() > token_length && is_whole(text)) {
        what = std::string(name_of(wrapping_at_begin(text.substr(token_length)))) + " after it";
    }
    return what.empty() ? what
                        : "This contains a token with " + what +
                              ". Pass only the token: ft1_ and the 48 characters after "
                              "it.";
}

}  // namespace

std::string_view unwrapped_token(std::string_view text) noexcept {
    std::string_view inner = text;
    while (const Wrapping* const wrapping = wrapping_at_begin(inner)) {
        inner.remove_prefix(wrapping->text.size());
    }
    while (const Wrapping* const wrapping = wrapping_at_end(inner)) {
        inner.remove_suffix(wrapping->text.size());
    }
    return inner.starts_with(token_prefix) ? inner : text;
}

std::string make_token(Random& random) {
    Body body;
    random.fill(body.key());
    Digest sum = checksum_of(body.key());
    std::copy_n(sum.begin(), checksum_bytes, body.checksum().begin());
    std::string text(token_prefix);
    text += encode_base64url(body.bytes);
    check(text.size() == token_length, "a token has the length that is documented");
    return text;
}

Result<Token, std::string> parse_token(std::string_view text) {
    if (text.empty()) {
        return std::string("The token is empty. Make one with `ferrotunnel token`.");
    }
    if (std::string error = surrounding_text_error(text); !error.empty()) {
        return error;
    }
    if (!text.starts_with(token_prefix)) {
        Digest key = sha256({as_bytes(text)});
        Token token = token_of(key, TokenStrength::weak);
        wipe(key);
        return token;
    }
    Body body;
    if (!read_body(text, body)) {
        return std::string(
            "This looks like a token that was cut or mistyped: it begins with ft1_ but its checksum does not fit. "
            "Copy the whole token again (52 characters), or make a new one with `ferrotunnel token`.");
    }
    return token_of(body.key(), TokenStrength::strong);
}

TokenId token_id(const Key& key) {
    Digest digest = sha256({as_bytes("ferrotunnel token id"), key.bytes()});
    TokenId id;
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

}  // namespace ferrotunnel::login
