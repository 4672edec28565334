// Content types that are worth compressing.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ferrotunnel::plugins {

class MediaTypes {
public:
    /// Patterns such as "text/html", "text/*" and "application/*+json", in any case.
    explicit MediaTypes(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}

    /// Whether a Content-Type value matches one of the patterns.
    bool has(std::string_view content_type) const noexcept;
    /// Whether a text is a valid pattern.
    static bool is_pattern(std::string_view text) noexcept;

private:
    std::vector<std::string> patterns_;
};

/// The type of a Content-Type, without its parameters.
std::string_view essence_of(std::string_view content_type) noexcept;

}  // namespace ferrotunnel::plugins
