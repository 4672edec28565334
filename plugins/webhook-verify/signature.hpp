// Signature styles of webhook senders, and the signature of a request.
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
    bool is_base64 = false;  // otherwise the digest has hexadecimal digits
    HashName hash = HashName::sha256;
    std::chrono::seconds tolerance{0};  // allowed difference of times, in both directions
};

/// The values of a request's fields of those names. A genuine request has each field once.
struct SignatureFields {
    std::vector<std::string_view> signature;
    std::vector<std::string_view> time;
};

/// The claim of a request: one of these signatures is of `before` and its body.
struct SignatureClaim {
    std::string before;
    std::vector<std::vector<std::uint8_t>> signatures;
    std::string time;  // the signed time, if the style signs one
};

/// Reads the fields. Empty, with the reason in `fault`, if the signature is missing or malformed, or its time is too
/// far from `now`, the time since 1970.
std::optional<SignatureClaim> read_claim(const SignatureStyle& style, const SignatureFields& fields,
                                         std::chrono::seconds now, std::string_view& fault);

/// Whether the claimed time is still within the tolerance; otherwise `fault` has the reason.
bool is_timely(const SignatureClaim& claim, const SignatureStyle& style, std::chrono::seconds now,
               std::string_view& fault);

/// The key that has made one of the signatures; empty if none has. Throws without memory.
std::optional<std::size_t> find_key(const SignatureClaim& claim, std::string_view body,
                                    const std::vector<HmacKey>& keys);

}  // namespace ferrotunnel::plugins
