#include "http/edits.hpp"

#include "http/characters.hpp"

namespace ferrotunnel::http {
namespace {

std::uint64_t bit_of(std::string_view name) {
    return 1ULL << (static_cast<unsigned char>(detail::loose[static_cast<unsigned char>(name.front())]) & 63U);
}

bool is_same(const Edits::Edit& edit, std::string_view name, FieldName known) {
    // Two known names are equal exactly if their numbers are, except that all unknown X-Forwarded-* share one number.
    if (edit.known != FieldName::other && edit.known != FieldName::x_forwarded_other && known != FieldName::other) {
        return edit.known == known;
    }
    return same_name_loosely(edit.name, name);
}

}  // namespace

bool is_field_name(std::string_view name) noexcept {
    return is_token(name);
}

bool is_field_value(std::string_view value) noexcept {
    return scan_value(value.data(), value.data() + value.size()) == value.data() + value.size() &&
           trimmed(value).size() == value.size();
}

void Edits::clear() noexcept {
    size_ = 0;
    dropped_ = 0;
    removes_claims_ = false;
}

bool Edits::push(Kind kind, std::string_view name, std::string_view value) noexcept {
    if (size_ == edits_.size() || !is_field_name(name) || !is_field_value(value)) {
        return false;
    }
    edits_[size_++] = {kind, field_name_of(name), name, value};
    if (kind != Kind::add) {
        dropped_ |= bit_of(name);
    }
    return true;
}

bool Edits::drops(std::string_view name, FieldName known) const noexcept {
    if (removes_claims_ && is_claim(known)) {
        return true;
    }
    if ((dropped_ & bit_of(name)) == 0) {
        return false;
    }
    for (const Edit& edit : all()) {
        if (edit.kind != Kind::add && is_same(edit, name, known)) {
            return true;
        }
    }
    return false;
}

bool Edits::stands(std::size_t i) const noexcept {
    const Edit& edit = edits_[i];
    if (edit.kind == Kind::remove) {
        return false;
    }
    for (std::size_t later = i + 1; later < size_; ++later) {
        if (edits_[later].kind != Kind::add && is_same(edits_[later], edit.name, edit.known)) {
            return false;
        }
    }
    return true;
}

}  // namespace ferrotunnel::http
