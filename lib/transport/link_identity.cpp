#include "transport/link_identity.hpp"

#include <openssl/crypto.h>

#include <algorithm>

#include "transport/hkdf.hpp"
#include "transport/limits.hpp"

namespace ferrotunnel::transport {
namespace {

constexpr char between_names = '/';

// "DIALLER/ACCEPTOR" without memory that can be missing, since OpenSSL's callbacks must not throw.
struct LinkPurpose {
    std::array<char, 2 * limits::link_name_max + 1> room;
    std::size_t size = 0;

    void add(std::string_view text) noexcept {
        std::copy(text.begin(), text.end(), room.begin() + size);
        size += text.size();
    }
};

}  // namespace

bool is_member_name(std::string_view name) noexcept {
    const auto fits = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
               c == '.';
    };
    return !name.empty() && name.size() <= limits::link_name_max && std::all_of(name.begin(), name.end(), fits);
}

std::optional<LinkIdentity> LinkIdentity::parse(std::string_view text) noexcept {
    const std::size_t first = text.find(between_names);
    const std::size_t second = text.rfind(between_names);
    if (first == std::string_view::npos || first == second) {
        return std::nullopt;
    }
    const LinkIdentity parsed{text.substr(0, first), text.substr(first + 1, second - first - 1),
                              text.substr(second + 1)};
    const bool is_valid = is_member_name(parsed.dialler) && is_member_name(parsed.expected);
    return is_valid ? std::optional(parsed) : std::nullopt;
}

std::string LinkIdentity::text() const {
    return std::string(key_id) + between_names + std::string(dialler) + between_names + std::string(expected);
}

LinkSecret::LinkSecret(const ClusterKey& key) : key_id_(key.id()) {
    key.derive("links", secret_);
}

LinkSecret::~LinkSecret() {
    OPENSSL_cleanse(secret_.data(), secret_.size());
}

bool LinkSecret::derive(std::string_view dialler, std::string_view acceptor, LinkPsk& into) const noexcept {
    if (!is_member_name(dialler) || !is_member_name(acceptor)) {
        return false;
    }
    LinkPurpose purpose;
    purpose.add(dialler);
    purpose.add({&between_names, 1});
    purpose.add(acceptor);
    return hkdf_sha256(secret_, {purpose.room.data(), purpose.size}, into);
}

}  // namespace ferrotunnel::transport
