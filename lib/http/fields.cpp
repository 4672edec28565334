#include "http/fields.hpp"

#include "http/characters.hpp"

namespace ferrotunnel::http {

std::optional<std::string_view> Fields::first(FieldName name) const noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
        if (places_[i].known == name) {
            return (*this)[i].value;
        }
    }
    return std::nullopt;
}

std::optional<std::string_view> Fields::first(std::string_view name) const noexcept {
    for (const Field& field : *this) {
        if (same_text(field.name, name)) {
            return field.value;
        }
    }
    return std::nullopt;
}

std::size_t Fields::count(FieldName name) const noexcept {
    std::size_t found = 0;
    for (std::size_t i = 0; i < size_; ++i) {
        found += places_[i].known == name ? 1 : 0;
    }
    return found;
}

bool ListItems::next(std::string_view& item) noexcept {
    while (!rest_.empty()) {
        const std::size_t comma = rest_.find(',');
        item = trimmed(rest_.substr(0, comma));
        rest_ = comma == std::string_view::npos ? std::string_view{} : rest_.substr(comma + 1);
        if (!item.empty()) {
            return true;
        }
    }
    return false;
}

}  // namespace ferrotunnel::http
