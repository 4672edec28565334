// The input of an expression.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferrotunnel::expression {

/// The values of the fields of a vocabulary, by their ids; each field is read only with its type. Texts stay valid and
/// unchanged until the evaluation has ended. A missing value is empty, 0 or false.
class Facts {
public:
    virtual ~Facts() = default;

    virtual bool boolean(std::uint32_t id) const = 0;
    virtual std::int64_t integer(std::uint32_t id) const = 0;
    /// A text, or an address as text.
    virtual std::string_view text(std::uint32_t id) const = 0;
    /// The entry of a map; empty if there is none. The map decides which keys are equal: keys of header fields ignore
    /// case.
    virtual std::optional<std::string_view> entry(std::uint32_t id, std::string_view key) const = 0;
};

}  // namespace ferrotunnel::expression
