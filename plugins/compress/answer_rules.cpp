#include "compress/answer_rules.hpp"

#include <charconv>
#include <string>
#include <string_view>

#include "compress/field_text.hpp"

namespace ferrotunnel::plugins {

using plugin::Exchange;
using plugin::Side;
using plugin::Text;

namespace {

constexpr std::uint16_t no_content = 204;
constexpr std::uint16_t reset_content = 205;
constexpr std::uint16_t partial_content = 206;

/// Whether a list of words, in one or several fields, has one of these.
bool lists(const Exchange& exchange, Side side, Text name, std::initializer_list<std::string_view> words) {
    bool found = false;
    for (std::size_t i = 0; const std::optional<Text> value = exchange.field(side, name, i); ++i) {
        each_element(*value, [&](std::string_view element) {
            for (const std::string_view word : words) {
                found = found || is_same_word(element, word);
            }
        });
    }
    return found;
}

/// Whether the content type fits, and no field forbids changes.
bool is_compressible(const Exchange& exchange, const MediaTypes& types) {
    const std::optional<Text> type = exchange.field(Side::response, "Content-Type");
    return exchange.origin() == plugin::Origin::backend && type && types.has(*type) &&
           !is_same_word(essence_of(*type), "text/event-stream") &&
           !exchange.field(Side::response, "Content-Encoding") &&
           !lists(exchange, Side::response, "Cache-Control", {"no-transform"}) &&
           !lists(exchange, Side::request, "Cache-Control", {"no-transform"});
}

}  // namespace

bool may_be_compressed(const Exchange& exchange, const MediaTypes& types) {
    const std::uint16_t status = exchange.status();
    return status >= 200 && status < 300 && status != no_content && status != reset_content &&
           status != partial_content && !exchange.field(Side::response, "Content-Range") &&
           is_compressible(exchange, types);
}

bool is_part(const Exchange& exchange, const MediaTypes& types) {
    return exchange.status() == partial_content && is_compressible(exchange, types);
}

std::optional<std::uint64_t> length_of(const Exchange& exchange) {
    const Text text = exchange.field(Side::response, "Content-Length").value_or(Text());
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    return !text.empty() && error == std::errc() && end == text.data() + text.size() ? std::optional(length)
                                                                                     : std::nullopt;
}

bool add_vary(Exchange& exchange) {
    return lists(exchange, Side::response, "Vary", {"*", "Accept-Encoding"}) ||
           exchange.add(Side::response, "Vary", "Accept-Encoding");
}

bool weaken_not_modified(Exchange& exchange) {
    const std::optional<Text> tag = exchange.field(Side::response, "ETag");
    if (!tag || !tag->starts_with('"')) {
        return true;
    }
    const std::string weak = std::string("W/").append(*tag);
    return !lists(exchange, Side::request, "If-None-Match", {weak}) ||
           (exchange.set(Side::response, "ETag", weak) && add_vary(exchange));
}

}  // namespace ferrotunnel::plugins
