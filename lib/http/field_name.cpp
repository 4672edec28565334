#include "http/field_name.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "http/certificate_fields.hpp"
#include "http/characters.hpp"

namespace ferrotunnel::http {
namespace {

struct Known {
    FieldName id;
    std::string_view usual;
};

// The known names, in the order of the enumeration.
constexpr std::array names = {
    Known{FieldName::other, ""},
    Known{FieldName::accept, "Accept"},
    Known{FieldName::accept_encoding, "Accept-Encoding"},
    Known{FieldName::authorization, "Authorization"},
    Known{FieldName::cf_connecting_ip, "CF-Connecting-IP"},
    Known{FieldName::client_ip, "Client-IP"},
    Known{FieldName::connection, "Connection"},
    Known{FieldName::content_encoding, "Content-Encoding"},
    Known{FieldName::content_length, "Content-Length"},
    Known{FieldName::content_range, "Content-Range"},
    Known{FieldName::content_type, "Content-Type"},
    Known{FieldName::cookie, "Cookie"},
    Known{FieldName::date, "Date"},
    Known{FieldName::expect, "Expect"},
    Known{FieldName::forwarded, "Forwarded"},
    Known{FieldName::forwarded_for, "Forwarded-For"},
    Known{FieldName::front_end_https, "Front-End-Https"},
    Known{FieldName::host, "Host"},
    Known{FieldName::http2_settings, "HTTP2-Settings"},
    Known{FieldName::keep_alive, "Keep-Alive"},
    Known{FieldName::location, "Location"},
    Known{FieldName::max_forwards, "Max-Forwards"},
    Known{FieldName::origin, "Origin"},
    Known{FieldName::proxy, "Proxy"},
    Known{FieldName::proxy_authenticate, "Proxy-Authenticate"},
    Known{FieldName::proxy_authorization, "Proxy-Authorization"},
    Known{FieldName::proxy_connection, "Proxy-Connection"},
    Known{FieldName::range, "Range"},
    Known{FieldName::retry_after, "Retry-After"},
    Known{FieldName::server, "Server"},
    Known{FieldName::set_cookie, "Set-Cookie"},
    Known{FieldName::te, "TE"},
    Known{FieldName::tls_claim, ""},
    Known{FieldName::trailer, "Trailer"},
    Known{FieldName::transfer_encoding, "Transfer-Encoding"},
    Known{FieldName::true_client_ip, "True-Client-IP"},
    Known{FieldName::upgrade, "Upgrade"},
    Known{FieldName::user_agent, "User-Agent"},
    Known{FieldName::via, "Via"},
    Known{FieldName::www_authenticate, "WWW-Authenticate"},
    Known{FieldName::x_client_ip, "X-Client-IP"},
    Known{FieldName::x_cluster_client_ip, "X-Cluster-Client-IP"},
    Known{FieldName::x_forwarded, "X-Forwarded"},
    Known{FieldName::x_forwarded_for, "X-Forwarded-For"},
    Known{FieldName::x_forwarded_host, "X-Forwarded-Host"},
    Known{FieldName::x_forwarded_port, "X-Forwarded-Port"},
    Known{FieldName::x_forwarded_proto, "X-Forwarded-Proto"},
    Known{FieldName::x_forwarded_other, ""},
    Known{FieldName::x_original_url, "X-Original-URL"},
    Known{FieldName::x_real_ip, "X-Real-IP"},
    Known{FieldName::x_request_id, "X-Request-Id"},
    Known{FieldName::x_rewrite_url, "X-Rewrite-URL"},
    Known{FieldName::x_scheme, "X-Scheme"},
    Known{FieldName::x_url_scheme, "X-Url-Scheme"},
};
constexpr std::string_view forwarded_prefix = "x-forwarded-";
/// Prefixes of field names that tell backends about a visitor's TLS and certificate. nginx, HAProxy and Traefik are
/// usually configured to send X-SSL-*, X-Client-* or SSL-*, after Apache's variables; RFC 9440 has Client-Cert; others
/// are those of Amazon, Azure, Cloudflare and WebLogic.
constexpr std::array<std::string_view, 15> tls_claims{
    "x-ssl",       "x-tls-",         "x-mtls-",     "x-client-cert", "x-client-verify",  "x-client-dn",
    "x-client-cn", "x-client-s-",    "x-client-i-", "x-amzn-mtls-",  "x-arr-clientcert", "ssl-",
    "client-cert", "cf-client-cert", "wl-proxy-"};
constexpr std::size_t longest = 19;

constexpr bool names_are_in_order() {
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (static_cast<std::size_t>(names[i].id) != i || names[i].usual.size() > longest) {
            return false;
        }
    }
    return true;
}
static_assert(names_are_in_order());

// The slot of a name, by its length and its first, last and fourth-last byte. The factors were found by trial; the
// assertion below fails if a new name needs other factors.
constexpr std::size_t slots = 128;
constexpr std::size_t slot_of(std::string_view name, std::uint32_t factors) {
    const std::size_t n = name.size();
    const auto at = [&](std::size_t i) {
        return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]) | 0x20U);
    };
    const std::uint32_t mixed = at(0) * (factors & 0xff) + at(n - 1) * (factors >> 8 & 0xff) +
                                at(n < 4 ? 0 : n - 4) * (factors >> 16 & 0xff) +
                                static_cast<std::uint32_t>(n) * (factors >> 24);
    return mixed % slots;
}

struct Slot {
    FieldName id = FieldName::other;
    std::uint8_t size = 0;
    std::array<char, longest> lower{};
};
struct Slots {
    std::array<Slot, slots> at{};
    bool perfect = true;
};

constexpr Slots fill(std::uint32_t factors) {
    Slots table;
    for (const Known& known : names) {
        if (known.usual.empty()) {
            continue;
        }
        Slot& slot = table.at[slot_of(known.usual, factors)];
        table.perfect = table.perfect && slot.size == 0;
        slot.id = known.id;
        slot.size = static_cast<std::uint8_t>(known.usual.size());
        for (std::size_t i = 0; i < known.usual.size(); ++i) {
            slot.lower[i] = lower_case(known.usual[i]);
        }
    }
    return table;
}

constexpr std::uint32_t factors = 0x1773e2f1;
constexpr Slots table = fill(factors);
static_assert(table.perfect, "two names share a slot: choose other factors");

// Not 0 if a word of the name differs from the known one in more than its case.
template <typename Word>
Word difference(const char* name, const char* lower, Word fold) {
    Word a;
    Word b;
    std::memcpy(&a, name, sizeof(Word));
    std::memcpy(&b, lower, sizeof(Word));
    return (a | fold) ^ b;
}

// Compares case-insensitively. `lower` has only letters, digits and '-'. Setting 0x20 turns no other byte of a token
// into one of these; it does so with some control characters, but is_token() has excluded those.
bool matches(const char* name, const char* lower, std::size_t n) {
    constexpr std::uint64_t fold8 = 0x2020202020202020;
    constexpr std::uint32_t fold4 = 0x20202020;
    if (n >= 8) {
        std::uint64_t other = difference(name, lower, fold8) | difference(name + n - 8, lower + n - 8, fold8);
        if (n > 16) {
            other |= difference(name + 8, lower + 8, fold8);
        }
        return other == 0;
    }
    if (n >= 4) {
        return (difference(name, lower, fold4) | difference(name + n - 4, lower + n - 4, fold4)) == 0;
    }
    return std::equal(name, name + n, lower, [](char a, char b) { return (a | 0x20) == b; });
}

constexpr std::uint32_t word_of(const char (&text)[5]) {
    return std::bit_cast<std::uint32_t>(std::array{text[0], text[1], text[2], text[3]});
}

bool is_tls_claim(std::string_view name) {
    return std::any_of(tls_claims.begin(), tls_claims.end(), [name](std::string_view claim) {
        return name.size() >= claim.size() && same_text(name.substr(0, claim.size()), claim);
    });
}

// Checks the first four bytes, in which nearly all other names differ.
bool may_be_tls_claim(std::string_view name) {
    constexpr std::uint32_t fold = 0x20202020;
    std::uint32_t word = 0;
    if (name.size() < sizeof word) {
        return false;
    }
    std::memcpy(&word, name.data(), sizeof word);
    switch (word | fold) {
        case word_of("x-ss"):
        case word_of("x-tl"):
        case word_of("x-mt"):
        case word_of("x-cl"):
        case word_of("x-am"):
        case word_of("x-ar"):
        case word_of("ssl-"):
        case word_of("clie"):
        case word_of("cf-c"):
        case word_of("wl-p"):
            return true;
        default:
            return false;
    }
}

}  // namespace

FieldName field_name_of(std::string_view name) noexcept {
    if (name.size() < 2) {
        return FieldName::other;
    }
    const Slot& slot = table.at[slot_of(name, factors)];
    if (slot.size == name.size() && matches(name.data(), slot.lower.data(), name.size())) {
        return slot.id;
    }
    if (name.size() > forwarded_prefix.size() && (name[0] | 0x20) == 'x' &&
        same_text(name.substr(0, forwarded_prefix.size()), forwarded_prefix)) {
        return FieldName::x_forwarded_other;
    }
    return may_be_tls_claim(name) && is_tls_claim(name) ? FieldName::tls_claim : FieldName::other;
}

FieldName field_name_loosely(std::string_view name) noexcept {
    while (!name.empty() && detail::loose[static_cast<unsigned char>(name.back())] == '-') {
        name.remove_suffix(1);
    }
    std::array<char, 32> plain;
    static_assert(plain.size() > longest && plain.size() > forwarded_prefix.size());
    static_assert(std::all_of(tls_claims.begin(), tls_claims.end(), [](auto claim) { return claim.size() < 32; }));
    const std::size_t n = std::min(name.size(), plain.size());  // a truncated name can only match the prefix
    std::transform(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(n), plain.begin(),
                   [](char byte) { return detail::loose[static_cast<unsigned char>(byte)]; });
    return field_name_of({plain.data(), n});
}

std::string_view spelling_of(FieldName name) noexcept {
    return names[static_cast<std::size_t>(name)].usual;
}

bool same_text(std::string_view a, std::string_view b) noexcept {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower_case(x) == lower_case(y); });
}

std::uint32_t loose_mark(std::string_view name) noexcept {
    const auto loosely = [&](std::size_t i) {
        return static_cast<std::uint32_t>(
            static_cast<unsigned char>(detail::loose[static_cast<unsigned char>(name[i])]));
    };
    std::size_t size = name.size();
    while (size > 1 && loosely(size - 1) == '-') {
        --size;
    }
    return loosely(0) | loosely(size / 2) << 8 | loosely(size - 1) << 16 | static_cast<std::uint32_t>(size) << 24;
}

bool same_name_loosely(std::string_view a, std::string_view b) noexcept {
    if (a.size() < b.size()) {
        std::swap(a, b);
    }
    const auto loosely = [](char byte) { return detail::loose[static_cast<unsigned char>(byte)]; };
    // Most names that are compared differ in length, and then in how they end: a tail consists only of '-'.
    if (!a.empty() && loosely(a.back()) != (a.size() == b.size() ? loosely(b.back()) : '-')) {
        return false;
    }
    for (std::size_t i = 0; i < b.size(); ++i) {
        if (loosely(a[i]) != loosely(b[i])) {
            return false;
        }
    }
    return std::all_of(a.begin() + static_cast<std::ptrdiff_t>(b.size()), a.end(),
                       [&](char byte) { return loosely(byte) == '-'; });
}

bool is_edge_field(FieldName known, std::string_view name) noexcept {
    static constexpr std::string_view own_prefix = "X-FerroTunnel-";
    switch (known) {
        case FieldName::connection:
        case FieldName::date:
        case FieldName::forwarded:
        case FieldName::set_cookie:  // from a group that identifies its visitors by it
        case FieldName::transfer_encoding:
        case FieldName::via:
        case FieldName::x_forwarded_for:
        case FieldName::x_forwarded_host:
        case FieldName::x_forwarded_port:
        case FieldName::x_forwarded_proto:
        case FieldName::x_real_ip:
        case FieldName::x_request_id:
            return true;
        case FieldName::tls_claim:
            return is_certificate_field(name);
        case FieldName::other:
            return same_text(name, "traceparent") || same_text(name, "tracestate") ||
                   same_text(name.substr(0, own_prefix.size()), own_prefix);
        default:
            return false;
    }
}

}  // namespace ferrotunnel::http
