#include "http/field_reader.hpp"

#include <algorithm>

#include "http/characters.hpp"

namespace ferrotunnel::http {
namespace {

// The sizes that Fields has room for.
constexpr std::size_t name_bytes_max = 0xffff;
constexpr std::size_t head_bytes_max = 0xffff'ffff;

Fault fault_in_name(char byte) {
    switch (byte) {
        case ' ':
        case '\t':
            return Fault::space_before_colon;
        case '\r':
            return Fault::missing_colon;
        case '\n':
            return Fault::bare_line_feed;
        default:
            return Fault::bad_field_name;
    }
}

}  // namespace

std::size_t readable(std::size_t size, std::size_t line_at, const HeadLimits& limits) noexcept {
    return std::min({size, line_at + limits.line_bytes_max, limits.head_bytes_max});
}

Fault exceeded_limit(std::size_t at, std::size_t line_at, const HeadLimits& limits) noexcept {
    if (at >= line_at + limits.line_bytes_max) {
        return Fault::line_too_long;
    }
    return at >= limits.head_bytes_max ? Fault::head_too_long : Fault::none;
}

FieldReader::FieldReader(const HeadLimits& limits) noexcept : limits_(limits) {
    limits_.fields_max = std::min(limits_.fields_max, limits::http_fields_max);
    limits_.head_bytes_max = std::min(limits_.head_bytes_max, head_bytes_max);
}

void FieldReader::begin(std::size_t at) noexcept {
    at_ = at;
    line_at_ = at;
    phase_ = Phase::line;
    fault_ = Fault::none;
}

ParseState FieldReader::read(std::string_view bytes, Fields& fields) noexcept {
    fields.rebase(bytes.data());
    while (phase_ != Phase::done && fault_ == Fault::none) {
        const std::size_t end = readable(bytes.size(), line_at_, limits_);
        if (at_ >= end) {
            fault_ = exceeded_limit(at_, line_at_, limits_);
            if (fault_ == Fault::none) {
                return ParseState::more;
            }
        } else {
            fault_ = read_line(bytes.data(), end, fields);
        }
    }
    return fault_ == Fault::none ? ParseState::complete : ParseState::refused;
}

// Reads a name up to and including the colon, or all of [at, end) if there is no colon.
inline Fault FieldReader::read_name(const char* data, const char*& at, const char* end) noexcept {
    at = scan_plain(at, end);
    while (at != end && *at != ':') {
        if (!detail::is_of(*at, detail::class_token)) {
            return fault_in_name(*at);
        }
        odd_name_ = true;
        at = scan_plain(at + 1, end);
    }
    if (at == end) {
        return Fault::none;
    }
    name_size_ = static_cast<std::size_t>(at - data) - line_at_;
    if (name_size_ == 0 || name_size_ > name_bytes_max) {
        return name_size_ == 0 ? Fault::bad_field_name : Fault::line_too_long;
    }
    odd_name_ = odd_name_ || at[-1] == '-';
    ++at;
    phase_ = Phase::blanks;
    return Fault::none;
}

// Reads a value up to and including the CR, or all of [at, end).
inline Fault FieldReader::read_value(const char*& at, const char* end) noexcept {
    at = scan_value(at, end);
    if (at == end) {
        return Fault::none;
    }
    if (*at != '\r') {
        return *at == '\n' ? Fault::bare_line_feed : Fault::control_in_head;
    }
    ++at;
    phase_ = Phase::line_feed;
    return Fault::none;
}

// Continues in the phase in which the last call ran out of bytes, up to the end of the line or until the bytes run out
// again. There is at least one byte.
Fault FieldReader::read_line(const char* data, std::size_t size, Fields& fields) noexcept {
    const char* at = data + at_;
    const char* const end = data + size;
    Fault fault = Fault::none;
    switch (phase_) {
        case Phase::line:
            if (*at == '\r') {
                ++at;
                phase_ = Phase::last_line_feed;
                break;
            }
            if (is_blank(*at)) {
                return fields.empty() ? Fault::leading_space : Fault::folded_field;
            }
            odd_name_ = false;
            phase_ = Phase::name;
            [[fallthrough]];
        case Phase::name:
            fault = read_name(data, at, end);
            if (phase_ != Phase::blanks) {
                break;
            }
            [[fallthrough]];
        case Phase::blanks:
            while (at != end && is_blank(*at)) {
                ++at;
            }
            if (at == end) {
                break;
            }
            value_at_ = static_cast<std::size_t>(at - data);
            phase_ = Phase::value;
            [[fallthrough]];
        case Phase::value:
            fault = read_value(at, end);
            if (phase_ != Phase::line_feed || at == end) {
                break;
            }
            [[fallthrough]];
        case Phase::line_feed:
            if (*at != '\n') {
                return Fault::bare_carriage_return;
            }
            at_ = static_cast<std::size_t>(at - data) + 1;
            return add(data, at_ - 2, fields);
        case Phase::last_line_feed:
            if (*at != '\n') {
                return Fault::bare_carriage_return;
            }
            ++at;
            phase_ = Phase::done;
            break;
        case Phase::done:
            break;
    }
    at_ = static_cast<std::size_t>(at - data);
    return fault;
}

// Whether another field fits if there are `fields_max` already: only those that edges add may exceed this number.
bool FieldReader::has_room_for(const char* data, std::string_view name, const Fields& fields) const noexcept {
    if (fields.size() >= limits_.fields_max + limits::http_edge_fields_max) {
        return false;
    }
    std::size_t others = 0;
    for (std::size_t i = 0; i < fields.size(); ++i) {
        const Field field = Fields::field_at(fields.place(i), data);  // `fields` may still point to the earlier place
        others += is_edge_field(field.known, field.name) ? 0 : 1;
    }
    return others < limits_.fields_max || is_edge_field(field_name_of(name), name);
}

Fault FieldReader::add(const char* data, std::size_t value_end, Fields& fields) noexcept {
    const std::string_view name{data + line_at_, name_size_};
    if (fields.size() >= limits_.fields_max && !has_room_for(data, name, fields)) [[unlikely]] {
        return Fault::too_many_fields;
    }
    while (value_end > value_at_ && is_blank(data[value_end - 1])) {
        --value_end;
    }
    Fields::Place place;
    place.name_at = static_cast<std::uint32_t>(line_at_);
    place.value_at = static_cast<std::uint32_t>(value_at_);
    place.value_size = static_cast<std::uint32_t>(value_end - value_at_);
    place.name_size = static_cast<std::uint16_t>(name_size_);
    place.known = field_name_of(name);
    place.marks = 0;
    if (odd_name_) [[unlikely]] {
        place.marks = Fields::mark_odd_name;
        if (place.known == FieldName::other || place.known == FieldName::x_forwarded_other) {
            const FieldName loosely = field_name_loosely(name);
            if (loosely == FieldName::tls_claim) {
                place.known = loosely;  // not an alias: SSL_CLIENT_VERIFY is how a trusted Apache spells it
            } else if (loosely != FieldName::other) {
                place.marks |= Fields::mark_alias;
            }
        }
    }
    fields.add(place);
    line_at_ = at_;
    phase_ = Phase::line;
    return Fault::none;
}

}  // namespace ferrotunnel::http
