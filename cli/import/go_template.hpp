// Go templates, which frp expands in its configuration files.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "source.hpp"

namespace ferrotunnel::cli::importing {

/// What is said about a template that is not expanded.
inline constexpr std::string_view unknown_template =
    "this Go template is not supported; replace it with the text that it makes, and import again";

struct Expansion {
    std::string text;
    std::vector<std::size_t> lines;    // for each line of the text its line in the file; empty: the same
    std::vector<std::size_t> unknown;  // lines of the file with templates that are not expanded
};

/// Expands `{{ .Envs.NAME }}` to an env_reference, and `{{ range $_, $v := parseNumberRangePair "A" "B" }}` and
/// `{{ range $v := parseNumberRange "A" }}`, whose bodies are repeated once for each range of the lists instead of once
/// for each number: `{{ $v.First }}` becomes `6000-6006`. TOML and JSON get quotation marks around them. Throws
/// SourceError for a loop that is not closed, or has lists that are not valid or differ in length.
Expansion expand_go_templates(const std::string& file, std::string_view text, Format format);

}  // namespace ferrotunnel::cli::importing
