// How senders sign webhooks, and what a request says of its signature.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "webhook-verify/hmac.hpp"

namespace ferrotunnel::plugins {

struct SignatureStyle {
    enum class Kind : std::uint8_t {
        plain,   // prefix and digest of the body, in one field
        stripe,  // "t=TIME,v1=DIGEST[,v1=DIGEST]", of TIME.BODY
        slack,   // "v0=DIGEST", of v0:TIME:BODY, with the time in a field of its own
    } kind = Kind::plain;
    std::string field;       // with the signature
    std::string time_field;  // of `slack`
    std::string prefix;      // before the digest, of `plain`
    bool is_base64 = false;  // else the digest is in hexadecimal digits
    HashName hash = HashName::sha256;
    std::chrono::seconds tolerance{0};  // by how much a time may differ from ours, both ways
};

/// The values of a request's fields of those names. The fields of a request that is genuine are there once.
struct SignatureFields {
    std::vector<std::string_view> signature;
    std::vector<std::string_view> time;
};

/// What a request says: that one of these signatures is of `before` and its body.
struct SignatureClaim {
    std::string before;
    std::vector<std::vector<std::uint8_t>> signatures;
    std::string time;  // that is signed, if the style signs one
};

/// Reads what the fields say. Nothing: it is missing, malformed, or of another time than `now`, the time since 1970;
/// `fault` then says why.
std::optional<SignatureClaim> read_claim(const SignatureStyle& style, const SignatureFields& fields,
                                         std::chrono::seconds now, std::string_view& fault);

/// Whether the time that the request claims is still near enough; otherwise `fault` says why not.
bool is_timely(const SignatureClaim& claim, const SignatureStyle& style, std::chrono::seconds now,
               std::string_view& fault);

/// Which of the keys has made one of the signatures; nothing: none of them. Throws where there is no memory.
std::optional<std::size_t> find_key(const SignatureClaim& claim, std::string_view body,
                                    const std::vector<HmacKey>& keys);

}  // namespace ferrotunnel::plugins
