#include "directory/sticky.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "base/base64url.hpp"
#include "base/fnv.hpp"
#include "base/hex.hpp"
#include "base/split_mix.hpp"
#include "ferrotunnel/detail/new_folder.hpp"
#include "ferrotunnel/detail/whole_file.hpp"
#include "http/characters.hpp"
#include "net/ip_text.hpp"

namespace ferrotunnel::directory {
namespace {

constexpr const char* key_file = "sticky-key";
constexpr std::size_t tag_bytes = 16;

Bytes bytes_of(std::string_view text) noexcept {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string short_hex(const login::Digest& digest) {
    return to_hex(Bytes(digest).first(4));
}

// Calls `visit(std::string_view cookie)`, with the whitespace around it, until it returns false.
template <typename Visit>
void for_each_cookie(std::string_view field, const Visit& visit) {
    for (bool more = true; more;) {
        const std::size_t end = std::min(field.find(';'), field.size());
        more = visit(field.substr(0, end)) && end < field.size();
        field.remove_prefix(std::min(end + 1, field.size()));
    }
}

std::string keep_if_first(const std::filesystem::path& path, Bytes key) {
    const std::error_code error = ferrotunnel::detail::write_whole_file(path, as_text(key), {.replaces = false});
    return error && error != std::errc::file_exists ? path.string() + " cannot be written: " + error.message()
                                                    : std::string();
}

std::array<std::uint8_t, login::Key::size_bytes> drawn(Random& random) {
    std::array<std::uint8_t, login::Key::size_bytes> bytes{};
    random.fill(bytes);
    return bytes;
}

}  // namespace

std::uint64_t address_hash(const net::Address& address) noexcept {
    static constexpr std::size_t of_network = 8;  // of IPv6: a machine may choose the rest freely
    return split_mix(fnv1a(Bytes(address.bytes).first(std::min(address.size(), of_network))));
}

std::uint64_t address_hash(std::string_view address) noexcept {
    const auto parsed =
        address.find(':') == std::string_view::npos ? net::parse_ipv4(address) : net::parse_ipv6(address);
    return parsed ? address_hash(*parsed) : split_mix(fnv1a(bytes_of(address)));
}

std::uint64_t member_hash(std::string_view name, std::uint32_t rank) noexcept {
    const std::array<std::uint8_t, 2> tail{0, static_cast<std::uint8_t>(rank)};
    return split_mix(fnv1a(tail, fnv1a(bytes_of(name))));
}

// --- cookies ---

StickyKey::StickyKey(const login::Key& key, std::shared_ptr<const StickyKey> accepted)
    : key_(key),
      prefix_("ferrotunnel-" + short_hex(login::hmac_sha256(key, {bytes_of("ferrotunnel sticky cookies")})) + '-'),
      accepted_(std::move(accepted)) {}

std::string StickyKey::cookie_name(const ClientId& group) const {
    return prefix_ +
           short_hex(login::hmac_sha256(key_, {bytes_of("ferrotunnel sticky group"), group.first, group.second}));
}

std::string StickyKey::tag(const ClientId& group, std::string_view name, std::uint32_t rank) const {
    const std::array<std::uint8_t, 2> tail{0, static_cast<std::uint8_t>(rank)};
    const login::Digest digest = login::hmac_sha256(
        key_, {bytes_of("ferrotunnel sticky member"), group.first, group.second, bytes_of(name), tail});
    return encode_base64url(Bytes(digest).first(tag_bytes));
}

StickyKey load_or_make_sticky_key(const std::filesystem::path& directory, Random& random, std::string& problem) {
    const auto fresh = drawn(random);
    if (directory.empty()) {
        problem = "there is no state directory";
        return StickyKey(login::Key(fresh));
    }
    std::error_code ignored;  // a failure shows in the next step
    (void)ferrotunnel::detail::make_folder(directory, 0700);
    const std::filesystem::path path = directory / key_file;
    const auto read = [&path] {
        std::vector<char> bytes(login::Key::size_bytes + 1);
        std::ifstream file(path, std::ios::binary);
        file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
        bytes.resize(static_cast<std::size_t>(file.gcount()));
        return bytes;
    };
    std::vector<char> kept = read();
    if (kept.empty() && !std::filesystem::exists(path, ignored)) {
        problem = keep_if_first(path, fresh);
        kept = read();
    }
    if (kept.size() == login::Key::size_bytes) {
        problem.clear();
        return StickyKey(login::Key(bytes_of({kept.data(), kept.size()})));
    }
    problem = problem.empty() ? path.string() + " is not a key of 32 bytes" : problem;
    return StickyKey(login::Key(fresh));
}

bool strip_cookies(std::string_view field, std::string_view prefix, std::string& rest) {
    if (field.find(prefix) == std::string_view::npos) {
        return false;
    }
    bool any = false;
    std::string left;
    for_each_cookie(field, [&](std::string_view cookie) {
        if (http::trimmed(cookie).starts_with(prefix)) {
            any = true;
        } else {
            left.append(left.empty() ? "" : ";").append(left.empty() ? http::trimmed(cookie) : cookie);
        }
        return true;
    });
    if (any) {
        rest = std::move(left);
    }
    return any;
}

std::string_view cookie_in(std::string_view field, std::string_view name) noexcept {
    std::string_view value;
    for_each_cookie(field, [&](std::string_view untrimmed) {
        const std::string_view cookie = http::trimmed(untrimmed);
        const bool is_it = cookie.size() > name.size() && cookie.starts_with(name) && cookie[name.size()] == '=';
        value = is_it ? cookie.substr(name.size() + 1) : value;
        return !is_it;
    });
    return value;
}

}  // namespace ferrotunnel::directory
