#include "login/token.hpp"

#include <algorithm>

#include "base/base64url.hpp"
#include "base/check.hpp"

namespace ferrotunnel::login {
namespace {

constexpr std::size_t checksum_bytes = 4;

// Key and checksum as they stand in a token; wiped by the destructor.
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

}  // namespace

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
    if (!text.starts_with(token_prefix)) {
        Digest key = sha256({as_bytes(text)});
        Token token = token_of(key, TokenStrength::weak);
        wipe(key);
        return token;
    }
    Body body;
    bool whole = decode_base64url(text.substr(token_prefix.size()), body.bytes);
    Digest sum = checksum_of(body.key());
    if (!whole || !std::equal(body.checksum().begin(), body.checksum().end(), sum.begin())) {
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
