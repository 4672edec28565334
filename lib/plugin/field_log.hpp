// The changes that plugins make to the fields of a head, in order, and the resulting fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "http/edits.hpp"
#include "http/field_name.hpp"
#include "http/fields.hpp"
#include "http/owned_head.hpp"

namespace ferrotunnel::plugin {

/// The fields to which the changes apply: the copy of a request's, or a response's with the edge's own edits.
struct BaseFields {
    const http::OwnedHead* request = nullptr;
    const http::Fields* fields = nullptr;
    const http::Edits* edits = nullptr;
    std::span<const std::string> identity{};  // fields that visitors may not send

    std::size_t size() const noexcept {
        return request != nullptr ? request->fields() : fields != nullptr ? fields->size() : 0;
    }
    http::Field operator[](std::size_t i) const noexcept {
        return request != nullptr ? request->field(i) : (*fields)[i];
    }
    /// Whether plugins see the field: it reaches the backend or the visitor, and is not a field in which the edge
    /// identifies the visitor.
    bool shows(const http::Field& field) const noexcept;
};

class FieldLog {
public:
    using Kind = http::Edits::Kind;

    using Change = http::Edits::Edit;

    /// Makes a change to add; empty if plugins may not write this field.
    static std::optional<Change> make(Kind kind, std::string_view name, std::string_view value) noexcept;
    /// Adds a change to a log that is not full. Its texts must live as long as the log.
    void add(const Change& change);
    /// Whether a plugin may write this field.
    static bool may_write(std::string_view name, std::string_view value) noexcept {
        return make(Kind::add, name, value).has_value();
    }

    std::size_t size() const noexcept { return changes_.size(); }
    bool is_full() const noexcept { return changes_.size() == limits::plugin_edits_max; }
    /// Removes the changes after the first `size`.
    void roll_back(std::size_t size) { changes_.resize(size, {}); }

    /// The nth field of that name, in any case.
    std::optional<std::string_view> value(const BaseFields& base, std::string_view name, std::size_t nth) const;
    /// The ith of all fields.
    std::optional<http::Edits::Edit> field(const BaseFields& base, std::size_t i) const;

    /// Adds the changes to `edits`; false if there is no room for all.
    bool put(http::Edits& edits) const noexcept;

private:
    template <typename Look>
    bool for_each_field(const BaseFields& base, Look look) const;
    bool drops(std::string_view name) const noexcept;
    bool is_effective(std::size_t i) const noexcept;

    std::vector<Change> changes_;
};

}  // namespace ferrotunnel::plugin
