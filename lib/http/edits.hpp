// Changes to the fields of a head while it is written: a short list, in order, without allocation. The texts are views
// and have to live until the head is written.
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

/// Whether `name` may be written as a field name.
bool is_field_name(std::string_view name) noexcept;
/// Whether `value` may be written as a field value: it has no control characters except tab.
bool is_field_value(std::string_view value) noexcept;

/// A list of edits. Edits never affect fields that the writer makes itself or never passes on (Content-Length,
/// Transfer-Encoding, Connection, Upgrade, Keep-Alive, Proxy-Connection, TE; in requests also Host, Expect and Proxy).
/// Names match as programs behind the edge might match them, see same_name_loosely(): removing X-User removes X_User
/// too.
class Edits {
public:
    enum class Kind : std::uint8_t {
        add,     // appended to the existing fields
        set,     // replaces all fields of that name, including those that earlier edits added
        remove,  // removes all fields of that name
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

    /// These return false, and change nothing, if there is no room or if name or value may not be written (a line end
    /// in a value would create another field, or a message).
    bool add(std::string_view name, std::string_view value) noexcept { return push(Kind::add, name, value); }
    bool set(std::string_view name, std::string_view value) noexcept { return push(Kind::set, name, value); }
    bool remove(std::string_view name) noexcept { return push(Kind::remove, name, {}); }
    /// Like the functions above, for a field that the edge knows, in its usual spelling: its name needs no check. False
    /// also for `other`, which has no name.
    bool add(FieldName name, std::string_view value) noexcept { return push(Kind::add, name, value); }
    bool set(FieldName name, std::string_view value) noexcept { return push(Kind::set, name, value); }
    bool remove(FieldName name) noexcept { return push(Kind::remove, name, {}); }
    /// An edit to be put into lists; empty if name or value may not be written.
    static std::optional<Edit> make(Kind kind, std::string_view name, std::string_view value) noexcept;
    /// Adds an edit made by make(). False if there is no room.
    bool put(const Edit& made) noexcept;
    /// Whether the edit applies to fields of that name.
    static bool is_about(const Edit& edit, std::string_view name, FieldName known, std::uint32_t mark) noexcept {
        return edit.mark == mark && is_same(edit, name, known);
    }
    /// Removes every field for which is_claim() holds, however many there are.
    void remove_claims() noexcept { removes_claims_ = true; }

    std::span<const Edit> all() const noexcept { return {edits_.data(), size_}; }
    void clear() noexcept;

    /// Whether the edits leave out a field of that name in a message.
    bool drops(std::string_view name, FieldName known) const noexcept;
    /// Whether the edit at `i` adds a field: it is not a removal, and no later edit sets or removes that name.
    bool is_effective(std::size_t i) const noexcept { return !edits_[i].superseded && edits_[i].kind != Kind::remove; }

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
