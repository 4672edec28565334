#include "peers/visitor_header.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "base/limits.hpp"
#include "base/text.hpp"
#include "wire/cbor.hpp"

namespace ferrotunnel::peers {
namespace {

using wire::cbor::Item;
using wire::cbor::Writer;

// The keys, in the order in which they are sent.
constexpr std::string_view key_https = "https";
constexpr std::string_view key_trusted = "trusted";
constexpr std::string_view key_key_group = "key_group";
constexpr std::string_view key_certificate = "certificate";
constexpr std::string_view key_host = "host";
constexpr std::string_view key_service = "service";
constexpr std::string_view key_of_token = "of_token";
constexpr std::string_view key_by_token = "by_token";

// Map, keys, the two texts, and 64 bytes for the rest.
static_assert(1 + 8 * 12 + (3 + limits::open_host_max) + (3 + limits::service_name_max) + 64 <=
              limits::open_metadata_max);

// A group that this version does not know is another one, so that a newer member may send its name.
KeyGroup key_group_of(std::string_view name) noexcept {
    for (const KeyGroup group : {KeyGroup::hybrid, KeyGroup::x25519, KeyGroup::p256, KeyGroup::p384}) {
        if (name == name_of(group)) {
            return group;
        }
    }
    return KeyGroup::other;
}

// Reads the values of known keys; false: one has another form.
class VisitorHeaderReader {
public:
    explicit VisitorHeaderReader(VisitorHeader& into) noexcept : into_(into) {}

    bool read(std::string_view key, const Item& value) {
        if (key == key_https) {
            return read(value, into_.https);
        }
        if (key == key_trusted) {
            return read(value, into_.trusted);
        }
        if (key == key_key_group) {
            std::string name;
            const bool is_text = read(value, name, limits::session_text_max);
            into_.key_group = key_group_of(name);
            return is_text;
        }
        if (key == key_certificate) {
            return read(value, into_.certificate);
        }
        if (key == key_host) {
            return read(value, into_.host, limits::open_host_max);
        }
        if (key == key_service) {
            return read(value, into_.service, limits::service_name_max);
        }
        if (key == key_of_token) {
            return read(value, into_.of_token);
        }
        return key == key_by_token ? read(value, into_.by_token) : true;
    }

private:
    static bool read(const Item& value, bool& into) noexcept {
        const auto given = value.as_bool();
        into = given.value_or(false);
        return given.has_value();
    }
    static bool read(const Item& value, std::string& into, std::size_t bytes_max) {
        const auto given = value.as_text();
        if (!given || given->empty() || given->size() > bytes_max || !is_printable(*given)) {
            return false;
        }
        into = *given;
        return true;
    }
    static bool read(const Item& value, std::optional<login::TokenId>& into) noexcept {
        const auto given = value.as_bytes();
        if (!given || given->size() != login::TokenId().size()) {
            return false;
        }
        std::copy(given->begin(), given->end(), into.emplace().begin());
        return true;
    }

    VisitorHeader& into_;
};

// Counts pairs, or writes them.
template <typename Pair>
void for_each_pair(const VisitorHeader& header, Pair pair) {
    const auto yes = [](Writer& writer) { writer.boolean(true); };
    const auto text = [&pair](std::string_view key, std::string_view value, std::size_t bytes_max) {
        if (!value.empty()) {
            pair(key, [&](Writer& writer) { writer.text(printable(value, bytes_max)); });
        }
    };
    const auto token = [&pair](std::string_view key, const std::optional<login::TokenId>& value) {
        if (value) {
            pair(key, [&](Writer& writer) { writer.bytes(*value); });
        }
    };
    if (header.https) {
        pair(key_https, yes);
    }
    if (header.trusted) {
        pair(key_trusted, yes);
    }
    text(key_key_group, name_of(header.key_group), limits::session_text_max);
    if (header.certificate) {
        pair(key_certificate, yes);
    }
    text(key_host, header.host, limits::open_host_max);
    text(key_service, header.service, limits::service_name_max);
    token(key_of_token, header.of_token);
    token(key_by_token, header.by_token);
}

}  // namespace

std::vector<std::uint8_t> encode_visitor_header(const VisitorHeader& header) {
    std::size_t pairs = 0;
    for_each_pair(header, [&pairs](std::string_view, auto) { ++pairs; });
    if (pairs == 0) {
        return {};
    }
    Writer writer;
    writer.map(pairs);
    for_each_pair(header, [&writer](std::string_view key, auto value) {
        writer.text(key);
        value(writer);
    });
    return writer.take();
}

std::optional<VisitorHeader> read_visitor_header(Bytes bytes) {
    VisitorHeader header;
    if (bytes.empty()) {
        return header;
    }
    const auto root = wire::cbor::parse(bytes);
    if (bytes.size() > limits::open_metadata_max || !root || root->type() != wire::cbor::Type::map) {
        return std::nullopt;
    }
    VisitorHeaderReader reader(header);
    bool is_valid = true;
    root->for_each_pair(
        [&](std::string_view key, const Item& value) { is_valid = reader.read(key, value) && is_valid; });
    return is_valid ? std::optional(std::move(header)) : std::nullopt;
}

}  // namespace ferrotunnel::peers
