#include "plugin/field_log.hpp"

#include <algorithm>

#include "http/header_rules.hpp"

namespace ferrotunnel::plugin {

using http::FieldName;

bool BaseFields::shows(const http::Field& field) const noexcept {
    if (field.hop_by_hop) {
        return false;
    }
    if (request == nullptr) {
        return true;
    }
    if (std::any_of(identity.begin(), identity.end(),
                    [&field](const std::string& name) { return http::same_name_loosely(name, field.name); })) {
        return false;
    }
    switch (field.known) {
        case FieldName::forwarded:
        case FieldName::x_forwarded_for:
        case FieldName::x_forwarded_host:
        case FieldName::x_forwarded_port:
        case FieldName::x_forwarded_proto:
        case FieldName::x_real_ip:
        case FieldName::x_request_id:
        case FieldName::expect:
        case FieldName::proxy:
            return false;
        default:
            return !field.alias && !http::is_claim(field.known);
    }
}

std::optional<FieldLog::Change> FieldLog::make(Kind kind, std::string_view name, std::string_view value) noexcept {
    std::optional<Change> made = http::Edits::make(kind, name, value);
    return made && http::protected_field_reason(*made).empty() ? made : std::nullopt;
}

void FieldLog::add(const Change& change) {
    constexpr std::size_t usual = 16;
    if (changes_.empty()) {
        changes_.reserve(usual);
    }
    changes_.push_back(change);
}

// Whether a later change removes the fields of that name from the base.
bool FieldLog::drops(std::string_view name) const noexcept {
    const std::uint32_t mark = http::loose_mark(name);
    return std::any_of(changes_.begin(), changes_.end(), [name, mark](const Change& change) {
        return change.kind != Kind::add && http::Edits::is_about(change, name, FieldName::other, mark);
    });
}

// Whether the change at `i` still adds its field.
bool FieldLog::is_effective(std::size_t i) const noexcept {
    const Change& change = changes_[i];
    return change.kind != Kind::remove &&
           std::none_of(changes_.begin() + static_cast<std::ptrdiff_t>(i) + 1, changes_.end(),
                        [&](const Change& later) {
                            return later.kind != Kind::add &&
                                   http::Edits::is_about(later, change.name, change.known, change.mark);
                        });
}

// Calls `look(name, value, is_there)` for each field in order, until it returns true. `is_there` returns whether the
// field is still there; it is called only for fields of interest, since it walks through the changes.
template <typename Look>
bool FieldLog::for_each_field(const BaseFields& base, Look look) const {
    for (std::size_t i = 0; i < base.size(); ++i) {
        const http::Field field = base[i];
        const auto is_there = [&] {
            const bool stays = base.edits == nullptr || !base.edits->drops(field.name, field.known);
            return stays && base.shows(field) && !drops(field.name);
        };
        if (look(field.name, field.value, is_there)) {
            return true;
        }
    }
    const auto edits = base.edits != nullptr ? base.edits->all() : std::span<const http::Edits::Edit>();
    for (std::size_t i = 0; i < edits.size(); ++i) {
        const auto is_there = [&] { return base.edits->is_effective(i) && !drops(edits[i].name); };
        if (look(edits[i].name, edits[i].value, is_there)) {
            return true;
        }
    }
    for (std::size_t i = 0; i < changes_.size(); ++i) {
        if (look(changes_[i].name, changes_[i].value, [&] { return is_effective(i); })) {
            return true;
        }
    }
    return false;
}

std::optional<std::string_view> FieldLog::value(const BaseFields& base, std::string_view name, std::size_t nth) const {
    std::optional<std::string_view> found;
    for_each_field(base, [&](std::string_view each, std::string_view value, const auto& is_there) {
        if (!http::same_text(each, name) || !is_there() || nth-- > 0) {
            return false;
        }
        found = value;
        return true;
    });
    return found;
}

std::optional<http::Edits::Edit> FieldLog::field(const BaseFields& base, std::size_t i) const {
    std::optional<http::Edits::Edit> found;
    for_each_field(base, [&](std::string_view name, std::string_view value, const auto& is_there) {
        if (!is_there() || i-- > 0) {
            return false;
        }
        found = http::Edits::Edit{.name = name, .value = value};
        return true;
    });
    return found;
}

bool FieldLog::put(http::Edits& edits) const noexcept {
    return std::all_of(changes_.begin(), changes_.end(), [&](const Change& change) { return edits.put(change); });
}

}  // namespace ferrotunnel::plugin
