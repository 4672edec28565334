// Tokens: the secret that client and server share, in the form that people copy and paste.
//
//    "ft1_" + base64url without padding of
//    +----------------------------+------------------------------------------+
//    | 32 random bytes: the key   | first 4 of SHA-256("ferrotunnel ft1" key) |    52 characters in all
//    +----------------------------+------------------------------------------+
//
// Any other text is a *weak* token: it works, but an observer of a login can try guesses without asking the server.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/random.hpp"
#include "base/result.hpp"
#include "login/key.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::login {

enum class TokenStrength : std::uint8_t { strong, weak };

/// Identifies a token without revealing it: the client's hello carries it, so that a server can hold several.
using TokenId = wire::TokenId;

/// A parsed token. Its text is not kept.
struct Token {
    Key key;
    TokenId id;
    TokenStrength strength;
};

inline constexpr std::string_view token_prefix = "ft1_";
inline constexpr std::size_t token_length = 52;

/// A new strong token as text. `random` must be cryptographic outside tests.
std::string make_token(Random& random);

/// Returns a token, or a sentence for the user that does not repeat the text. The text is used as it is, including
/// spaces; a text that contains a token made by make_token() and more is rejected, since it would be a weak one.
Result<Token, std::string> parse_token(std::string_view text);

/// Returns the part that begins with ft1_ between whitespace, line ends and quotation marks; the text itself if there
/// is none.
std::string_view unwrapped_token(std::string_view text) noexcept;

TokenId token_id(const Key& key);

}  // namespace ferrotunnel::login
