#include "http/message_rules.hpp"

#include <charconv>
#include <limits>

#include "http/characters.hpp"

namespace ferrotunnel::http {
namespace {

// Whether a Connection field may not remove this field: a backend would then frame, route or trust the message
// differently from the edge.
bool is_protected(FieldName name) {
    switch (name) {
        case FieldName::authorization:
        case FieldName::content_length:
        case FieldName::cookie:
        case FieldName::forwarded:
        case FieldName::host:
        case FieldName::set_cookie:
        case FieldName::transfer_encoding:
        case FieldName::via:
        case FieldName::x_forwarded_for:
        case FieldName::x_forwarded_host:
        case FieldName::x_forwarded_other:
        case FieldName::x_forwarded_port:
        case FieldName::x_forwarded_proto:
        case FieldName::x_real_ip:
        case FieldName::x_request_id:
            return true;
        default:
            return false;
    }
}

// Marks a field under each spelling that a backend may confuse with `name`: a sender for whom X_Foo ends here does not
// want X-Foo to continue.
void mark_named(Fields& fields, std::string_view name) {
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (same_name_loosely(fields[i].name, name)) {
            fields.place(i).marks |= Fields::mark_hop_by_hop;
        }
    }
}

void read_option(Fields& fields, std::string_view option, ConnectionOptions& options) {
    if (!is_token(option)) {
        options.well_formed = false;
    } else if (same_text(option, "keep-alive")) {
        options.keep_alive = true;
    } else if (same_text(option, "close")) {
        options.close = true;
    } else if (same_text(option, "upgrade")) {
        options.upgrade = true;
    } else if (is_protected(field_name_loosely(option))) {
        options.names_protected = true;
    } else {
        mark_named(fields, option);
    }
}

// Whether `text` is a protocol in the syntax of Upgrade: token, or token "/" token.
bool is_protocol(std::string_view text) {
    const std::size_t slash = text.find('/');
    return is_token(text.substr(0, slash)) && (slash == std::string_view::npos || is_token(text.substr(slash + 1)));
}

// Whether the edge would not see what follows a switch to this protocol: requests without any rule would follow.
bool is_out_of_sight(std::string_view protocol) {
    const std::string_view name = protocol.substr(0, protocol.find('/'));
    return same_text(name, "h2c") || same_text(name, "h2") || same_text(name, "HTTP") || same_text(name, "TLS");
}

}  // namespace

SpecialFields find_special(Fields& fields) noexcept {
    SpecialFields special;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        Fields::Place& place = fields.place(i);
        switch (place.known) {
            case FieldName::host:
                ++special.hosts;
                special.host = fields[i].value;
                continue;
            case FieldName::content_length:
                ++special.lengths;
                special.length = fields[i].value;
                continue;
            case FieldName::transfer_encoding:
                ++special.encodings;
                special.encoding = fields[i].value;
                break;
            case FieldName::connection:
                special.connection = true;
                break;
            case FieldName::expect:
                special.expect = true;
                continue;
            case FieldName::te:
                special.te = true;
                break;
            case FieldName::upgrade:
                ++special.upgrades;
                break;
            case FieldName::http2_settings:
            case FieldName::keep_alive:
            case FieldName::proxy_authenticate:
            case FieldName::proxy_authorization:
            case FieldName::proxy_connection:
                break;
            default:
                continue;
        }
        place.marks |= Fields::mark_hop_by_hop;
    }
    return special;
}

ConnectionOptions read_connection(Fields& fields) noexcept {
    ConnectionOptions options;
    std::size_t count = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        if (fields.place(i).known != FieldName::connection) {
            continue;
        }
        ListItems items(fields[i].value);
        std::string_view option;
        while (items.next(option)) {
            if (++count > limits::http_connection_options_max) {
                options.well_formed = false;
                return options;
            }
            read_option(fields, option, options);
        }
    }
    return options;
}

std::optional<std::uint64_t> parse_length(std::string_view text) noexcept {
    if (!detail::consists_of(text, detail::class_digit)) {
        return std::nullopt;
    }
    std::uint64_t length = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
    if (error != std::errc{} || end != text.data() + text.size() ||
        length > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
        return std::nullopt;
    }
    return length;
}

Fault check_encoding(std::string_view value) noexcept {
    if (same_text(value, "chunked")) {
        return Fault::none;
    }
    ListItems items(value);
    std::string_view coding;
    Fault fault = Fault::bad_encoding;
    while (items.next(coding)) {
        const std::string_view name = trimmed(coding.substr(0, coding.find(';')));
        if (!is_token(name)) {
            return Fault::bad_encoding;
        }
        if (!same_text(name, "chunked") && !same_text(name, "identity")) {
            fault = Fault::unknown_encoding;
        }
    }
    return fault;
}

bool expects_only_continue(const Fields& fields) noexcept {
    for (const Field& field : fields) {
        if (field.known == FieldName::expect && !same_text(field.value, "100-continue")) {
            return false;
        }
    }
    return true;
}

bool list_contains(const Fields& fields, FieldName name, std::string_view element) noexcept {
    for (const Field& field : fields) {
        ListItems items(field.known == name ? field.value : std::string_view{});
        std::string_view item;
        while (items.next(item)) {
            if (same_text(item, element)) {
                return true;
            }
        }
    }
    return false;
}

void read_offer(const Fields& fields, UpgradeOffer& offer) noexcept {
    offer.clear();
    for (const Field& field : fields) {
        ListItems items(field.known == FieldName::upgrade ? field.value : std::string_view{});
        std::string_view protocol;
        while (items.next(protocol)) {
            if (!is_protocol(protocol) || (!is_out_of_sight(protocol) && !offer.add(protocol))) {
                offer.clear();
                return;
            }
        }
    }
}

bool accepts_offer(const Fields& fields, const UpgradeOffer& offer) noexcept {
    std::size_t named = 0;
    for (const Field& field : fields) {
        ListItems items(field.known == FieldName::upgrade ? field.value : std::string_view{});
        std::string_view protocol;
        while (items.next(protocol)) {
            if (!offer.has(protocol)) {
                return false;
            }
            ++named;
        }
    }
    return named != 0;
}

}  // namespace ferrotunnel::http
