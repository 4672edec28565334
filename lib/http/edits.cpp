#include "http/edits.hpp"

#include "http/characters.hpp"

namespace ferrotunnel::http {
namespace {

std::uint64_t bit_of(std::string_view name) {
    return 1ULL << (static_cast<unsigned char>(detail::loose[static_cast<unsigned char>(name.front())]) & 63U);
}

std::uint64_t bit_of_mark(std::uint32_t mark) {
    return 1ULL << (mark * 0x9e3779b1U >> 26U);
}

// The classes that all bytes of a name have; none if it is empty.
std::uint8_t classes_of_all(std::string_view name) {
    unsigned classes = name.empty() ? 0 : 0xffU;
    for (const char byte : name) {
        classes &= detail::classes[static_cast<unsigned char>(byte)];
    }
    return static_cast<std::uint8_t>(classes);
}

// Fills `edit` with this name, which is allowed, and this value. False if the value is not allowed.
bool fill(Edits::Edit& edit, Edits::Kind kind, std::string_view name, FieldName known, bool odd,
          std::string_view value) {
    if (!is_field_value(value)) {
        return false;
    }
    edit = {.kind = kind,
            .known = known,
            .odd_name = odd,
            .superseded = false,
            .mark = loose_mark(name),
            .name = name,
            .value = value};
    return true;
}

// Like the function above, for a name that was not checked.
bool fill(Edits::Edit& edit, Edits::Kind kind, std::string_view name, std::string_view value) {
    const std::uint8_t classes = classes_of_all(name);
    const bool odd = (classes & detail::class_plain) == 0 || name.ends_with('-');
    return (classes & detail::class_token) != 0 && fill(edit, kind, name, field_name_of(name), odd, value);
}

}  // namespace

bool is_field_name(std::string_view name) noexcept {
    return is_token(name);
}

bool is_field_value(std::string_view value) noexcept {
    return value.empty() || (scan_value(value.data(), value.data() + value.size()) == value.data() + value.size() &&
                             !is_blank(value.front()) && !is_blank(value.back()));
}

void Edits::clear() noexcept {
    size_ = 0;
    dropped_ = 0;
    marks_ = 0;
    removes_claims_ = false;
}

std::optional<Edits::Edit> Edits::make(Kind kind, std::string_view name, std::string_view value) noexcept {
    Edit made;
    return fill(made, kind, name, value) ? std::optional(made) : std::nullopt;
}

bool Edits::put(const Edit& made) noexcept {
    if (size_ == edits_.size()) {
        return false;
    }
    edits_[size_] = made;
    edits_[size_].superseded = false;
    append();
    return true;
}

bool Edits::push(Kind kind, std::string_view name, std::string_view value) noexcept {
    if (size_ == edits_.size() || !fill(edits_[size_], kind, name, value)) {
        return false;
    }
    append();
    return true;
}

bool Edits::push(Kind kind, FieldName name, std::string_view value) noexcept {
    const std::string_view text = spelling_of(name);
    if (size_ == edits_.size() || text.empty() || !fill(edits_[size_], kind, text, name, false, value)) {
        return false;
    }
    append();
    return true;
}

// Adds the edit after the last one, which has been filled, to the list.
void Edits::append() noexcept {
    const Edit& made = edits_[size_];
    const std::uint64_t bit = bit_of_mark(made.mark);
    if (made.kind != Kind::add) {
        dropped_ |= bit_of(made.name);
        if ((marks_ & bit) != 0) {
            supersede(made);
        }
    }
    marks_ |= bit;
    ++size_;
}

void Edits::supersede(const Edit& later) noexcept {
    for (std::size_t i = 0; i < size_; ++i) {
        edits_[i].superseded = edits_[i].superseded || is_about(later, edits_[i].name, edits_[i].known, edits_[i].mark);
    }
}

bool Edits::is_same(const Edit& edit, std::string_view name, FieldName known) noexcept {
    // Two known names are equal exactly if their numbers are, except that several names share some numbers.
    if (!is_many(edit.known) && known != FieldName::other) {
        return edit.known == known;
    }
    return same_name_loosely(edit.name, name);
}

bool Edits::drops(std::string_view name, FieldName known) const noexcept {
    if (removes_claims_ && is_claim(known)) {
        return true;
    }
    if ((dropped_ & bit_of(name)) == 0) {
        return false;
    }
    const std::uint32_t mark = loose_mark(name);
    for (const Edit& edit : all()) {
        if (edit.kind != Kind::add && is_about(edit, name, known, mark)) {
            return true;
        }
    }
    return false;
}

}  // namespace ferrotunnel::http
