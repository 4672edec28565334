// The changes to the fields of a head while it is written: a short list, in order, without allocation. The texts are
// views and have to live until the head is written.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/limits.hpp"
#include "http/field_name.hpp"

namespace ferrotunnel::http {

/// Whether `name` may be written as the name of a field.
bool is_field_name(std::string_view name) noexcept;
/// Whether `value` may be written as the value of a field: it has no control characters but tab.
bool is_field_value(std::string_view value) noexcept;

/// A list of edits. Fields that the writer makes itself or never passes on (Content-Length, Transfer-Encoding,
/// Connection, Upgrade, Keep-Alive, Proxy-Connection, TE; in requests also Host, Expect and Proxy) are not touched by
/// edits, whatever these say. Names match as programs behind the edge might match them, see same_name_loosely():
/// removing X-User removes X_User too.
class Edits {
public:
    enum class Kind : std::uint8_t {
        add,     // put behind the fields that are there
        set,     // replaces all fields of that name, those that earlier edits added too
        remove,  // takes away all fields of that name
    };
    struct Edit {
        Kind kind = Kind::add;
        FieldName known = FieldName::other;
        bool odd_name = false;    // see Field
        bool superseded = false;  // a later edit sets or removes that name
        std::uint32_t mark = 0;   // see loose_mark()
        std::string_view name;
        std::string_view value;
    };

    /// These return false, and change nothing, when there is no room or when name or value may not be written (a line
    /// end in a value would make a field, or a message, of its own).
    bool add(std::string_view name, std::string_view value) noexcept { return push(Kind::add, name, value); }
    bool set(std::string_view name, std::string_view value) noexcept { return push(Kind::set, name, value); }
    bool remove(std::string_view name) noexcept { return push(Kind::remove, name, {}); }
    /// The same for a field that the edge knows, in its usual spelling: its name needs no check. False also for a name
    /// that has none (`other`).
    bool add(FieldName name, std::string_view value) noexcept { return push(Kind::add, name, value); }
    bool set(FieldName name, std::string_view value) noexcept { return push(Kind::set, name, value); }
    bool remove(FieldName name) noexcept { return push(Kind::remove, name, {}); }
    /// An edit to be put into lists; nothing when name or value may not be written.
    static std::optional<Edit> make(Kind kind, std::string_view name, std::string_view value) noexcept;
    /// Adds an edit that was made. False when there is no room.
    bool put(const Edit& made) noexcept;
    /// Whether the edit is about fields of that name.
    static bool is_about(const Edit& edit, std::string_view name, FieldName known, std::uint32_t mark) noexcept {
        return edit.mark == mark && is_same(edit, name, known);
    }
    /// Removes every field for which is_claim() holds, however many there are.
    void remove_claims() noexcept { removes_claims_ = true; }

    std::span<const Edit> all() const noexcept { return {edits_.data(), size_}; }
    void clear() noexcept;

    /// Whether the edits leave out a field of that name in a message.
    bool drops(std::string_view name, FieldName known) const noexcept;
    /// Whether the edit at `i` adds a field: it is no removal, and no later edit sets or removes that name.
    bool stands(std::size_t i) const noexcept { return !edits_[i].superseded && edits_[i].kind != Kind::remove; }

private:
    bool push(Kind kind, std::string_view name, std::string_view value) noexcept;
    bool push(Kind kind, FieldName name, std::string_view value) noexcept;
    static bool is_same(const Edit& edit, std::string_view name, FieldName known) noexcept;
    void append() noexcept;
    void supersede(const Edit& later) noexcept;

    std::size_t size_ = 0;
    std::uint64_t dropped_ = 0;  // a bit for the first byte of each dropped name: most fields need no comparison
    std::uint64_t marks_ = 0;    // a bit for the mark of each edit, for the same reason
    bool removes_claims_ = false;
    std::array<Edit, limits::http_edits_max> edits_;
};

}  // namespace ferrotunnel::http
