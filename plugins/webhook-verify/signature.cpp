#include "webhook-verify/signature.hpp"

#include <charconv>
#include <span>
#include <utility>

#include "common/base64.hpp"
#include "common/hex.hpp"

namespace ferrotunnel::plugins {
namespace {

using Signature = std::vector<std::uint8_t>;

constexpr std::size_t signatures_max = 8;    // of one request
constexpr std::size_t time_digits_max = 12;  // enough for 30,000 years

constexpr std::string_view no_signature = "it has no signature";
constexpr std::string_view several = "it has several fields with signatures or times";
constexpr std::string_view malformed = "its signature is malformed";
constexpr std::string_view bad_time = "its time is missing or malformed";

std::optional<Signature> decode(std::string_view text, bool is_base64, HashName hash) {
    Signature bytes(digest_size(hash));
    if (!is_base64) {
        return decode_hex(text, bytes) ? std::optional(std::move(bytes)) : std::nullopt;
    }
    const std::optional<std::string> decoded = decode_base64(text);
    if (!decoded || decoded->size() != bytes.size()) {
        return std::nullopt;
    }
    return Signature(decoded->begin(), decoded->end());
}

/// Whether the text is a time within the tolerance; otherwise `fault` has the reason.
bool is_timely(std::string_view text, std::chrono::seconds tolerance, std::chrono::seconds now,
               std::string_view& fault) {
    std::int64_t seconds = 0;
    const char* const end = text.data() + text.size();
    const bool is_number = !text.empty() && text.size() <= time_digits_max && text.front() != '-' &&
                           std::from_chars(text.data(), end, seconds).ptr == end;
    if (!is_number) {
        fault = bad_time;
        return false;
    }
    const std::chrono::seconds age = now - std::chrono::seconds(seconds);
    if (age > tolerance || -age > tolerance) {
        fault = age > tolerance ? "its time is too far in the past" : "its time is too far in the future";
        return false;
    }
    return true;
}

/// "t=1,v1=0a,v1=0b": the time, and the signatures of version 1. Other names are skipped.
bool read_stripe(std::string_view value, SignatureClaim& claim, std::string_view& time, std::string_view& fault) {
    bool has_time = false;
    while (!value.empty()) {
        const std::string_view item = value.substr(0, value.find(','));
        value.remove_prefix(item.size() < value.size() ? item.size() + 1 : item.size());
        if (item.starts_with("t=")) {
            if (std::exchange(has_time, true)) {
                fault = "it has several times";
                return false;
            }
            time = item.substr(2);
        } else if (item.starts_with("v1=")) {
            std::optional<Signature> signature = decode(item.substr(3), false, HashName::sha256);
            if (!signature || claim.signatures.size() == signatures_max) {
                fault = signature ? "it has too many signatures" : malformed;
                return false;
            }
            claim.signatures.push_back(std::move(*signature));
        }
    }
    fault = claim.signatures.empty() ? no_signature : std::string_view();
    return fault.empty();
}

}  // namespace

std::optional<SignatureClaim> read_claim(const SignatureStyle& style, const SignatureFields& fields,
                                         std::chrono::seconds now, std::string_view& fault) {
    if (fields.signature.size() != 1 || fields.time.size() > 1) {
        fault = fields.signature.empty() ? no_signature : several;
        return std::nullopt;
    }
    const std::string_view value = fields.signature.front();
    SignatureClaim claim;
    if (style.kind == SignatureStyle::Kind::stripe) {
        std::string_view time;
        if (!read_stripe(value, claim, time, fault) || !is_timely(time, style.tolerance, now, fault)) {
            return std::nullopt;
        }
        claim.before.append(time).append(".");
        claim.time = time;
        return claim;
    }
    std::optional<Signature> signature;
    if (value.starts_with(style.prefix)) {
        signature = decode(value.substr(style.prefix.size()), style.is_base64, style.hash);
    }
    if (!signature) {
        fault = malformed;
        return std::nullopt;
    }
    claim.signatures.push_back(std::move(*signature));
    if (style.kind == SignatureStyle::Kind::slack) {
        const std::string_view time = fields.time.empty() ? std::string_view() : fields.time.front();
        if (!is_timely(time, style.tolerance, now, fault)) {
            return std::nullopt;
        }
        claim.before.append("v0:").append(time).append(":");
        claim.time = time;
    }
    return claim;
}

bool is_timely(const SignatureClaim& claim, const SignatureStyle& style, std::chrono::seconds now,
               std::string_view& fault) {
    return claim.time.empty() || is_timely(claim.time, style.tolerance, now, fault);
}

std::optional<std::size_t> find_key(const SignatureClaim& claim, std::string_view body,
                                    const std::vector<HmacKey>& keys) {
    for (std::size_t i = 0; i < keys.size(); ++i) {
        const HmacKey::Mac mac = keys[i].of({claim.before, body});
        for (const Signature& signature : claim.signatures) {
            if (is_equal(signature, std::span(mac).first(digest_size(keys[i].hash())))) {
                return i;
            }
        }
    }
    return std::nullopt;
}

}  // namespace ferrotunnel::plugins
