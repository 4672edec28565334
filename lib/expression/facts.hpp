// What an expression looks at.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferrotunnel::expression {

/// Answers for the fields of a vocabulary, by their ids; an expression asks only for what its type says. Texts stay
/// valid and the same until the evaluation has ended. What is not there is empty, 0 or false.
class Facts {
public:
    virtual ~Facts() = default;

    virtual bool boolean(std::uint32_t id) const = 0;
    virtual std::int64_t integer(std::uint32_t id) const = 0;
    /// A text, or an address as text.
    virtual std::string_view text(std::uint32_t id) const = 0;
    /// The entry of a map; nothing if the key is not there. What keys are alike is for the map to say: those of header
    /// fields are in any case.
    virtual std::optional<std::string_view> entry(std::uint32_t id, std::string_view key) const = 0;
};

}  // namespace ferrotunnel::expression
