// The codings that a visitor accepts (RFC 9110, 12.5.3).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ferrotunnel::plugins {

enum class Coding : std::uint8_t { gzip, brotli };

/// The name in Accept-Encoding and Content-Encoding.
constexpr std::string_view name_of(Coding coding) noexcept {
    return coding == Coding::gzip ? "gzip" : "br";
}

/// The weights of Accept-Encoding, 0 to 1000. Elements that break the grammar count as rejected.
class AcceptEncoding {
public:
    /// Reads a field's value; called for each of several fields. A coding that is named twice has the lower weight.
    void read(std::string_view value) noexcept;

    /// The visitor's weight for a coding; 0 if it does not accept it.
    int weight(Coding coding) const noexcept {
        return (coding == Coding::gzip ? gzip_ : brotli_).value_or(any_.value_or(0));
    }
    /// The visitor's weight for no coding. -1: not mentioned, so it is accepted, and every other accepted coding is
    /// better.
    int identity_weight() const noexcept { return identity_.value_or(any_.value_or(-1)); }

private:
    void read_element(std::string_view element) noexcept;

    std::optional<int> gzip_;
    std::optional<int> brotli_;
    std::optional<int> identity_;
    std::optional<int> any_;
};

}  // namespace ferrotunnel::plugins
