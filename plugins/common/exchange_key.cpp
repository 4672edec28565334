#include "common/exchange_key.hpp"

#include <stdexcept>
#include <type_traits>
#include <utility>

#include "common/ip_range.hpp"

namespace ferrotunnel::plugins {

using plugin::Exchange;
using plugin::Side;
using plugin::Text;

namespace {

// 0 marks an empty place in the tables.
std::uint64_t not_zero(std::uint64_t key) noexcept {
    return key != 0 ? key : 1;
}

template <typename Number>
std::string_view bytes_of(const Number& number) noexcept {
    static_assert(std::has_unique_object_representations_v<Number>);
    return {reinterpret_cast<const char*>(&number), sizeof(number)};
}

}  // namespace

ExchangeKey::ExchangeKey(std::string_view key, unsigned ipv6_prefix) : ipv6_prefix_(ipv6_prefix) {
    constexpr std::pair<std::string_view, Kind> words[] = {
        {"visitor", Kind::visitor}, {"host", Kind::host}, {"service", Kind::service}, {"all", Kind::all}};
    for (const auto& [word, kind] : words) {
        if (key == word) {
            kind_ = kind;
            return;
        }
    }
    constexpr std::pair<std::string_view, Kind> prefixes[] = {{"header.", Kind::header}, {"note.", Kind::note}};
    for (const auto& [prefix, kind] : prefixes) {
        if (key.starts_with(prefix) && key.size() > prefix.size()) {
            kind_ = kind;
            name_ = key.substr(prefix.size());
            return;
        }
    }
    throw std::invalid_argument("is \"" + std::string(key) +
                                "\"; expected visitor, host, service, all, header.NAME and note.NAME");
}

ExchangeKey::ExchangeKey(const plugin::Settings& settings)
    : ExchangeKey(settings.text("key").value_or(Text()),
                  static_cast<unsigned>(settings.integer("ipv6_prefix").value_or(0))) {}

std::uint64_t ExchangeKey::of(const Exchange& exchange, const KeyedHash& hash) const noexcept {
    Text text;
    switch (kind_) {
        case Kind::visitor:
            break;
        case Kind::host:
            return not_zero(hash("host", exchange.host()));
        case Kind::service:
            return not_zero(hash("service", exchange.service()));
        case Kind::all:
            return not_zero(hash("all"));
        case Kind::header:
            text = exchange.field(Side::request, name_).value_or(Text());
            break;
        case Kind::note:
            text = exchange.note(name_);
            break;
    }
    return text.empty() ? of_visitor(exchange.visitor(), hash) : not_zero(hash("text", text));
}

std::uint64_t ExchangeKey::of(const plugin::Visitor& visit, const KeyedHash& hash) const noexcept {
    switch (kind_) {
        case Kind::host:
            return not_zero(hash("host", visit.host()));
        case Kind::service:
            return not_zero(hash("service", visit.service()));
        case Kind::all:
            return not_zero(hash("all"));
        case Kind::note:
            if (const Text note = visit.note(name_); !note.empty()) {
                return not_zero(hash("text", note));
            }
            break;
        case Kind::visitor:
        case Kind::header:
            break;
    }
    return of_visitor(visit.address(), hash);
}

std::uint64_t ExchangeKey::of_visitor(std::string_view address, const KeyedHash& hash) const noexcept {
    const std::optional<IpAddress> parsed = parse_address(address);
    if (!parsed) {
        return not_zero(hash("visitor", address));
    }
    if (const auto* const v4 = std::get_if<Ipv4>(&*parsed)) {
        return not_zero(hash("visitor", bytes_of(*v4)));
    }
    const Ipv6 network = prefix_of(std::get<Ipv6>(*parsed), ipv6_prefix_);
    return not_zero(hash("visitor", bytes_of(network)));
}

}  // namespace ferrotunnel::plugins
