// Writes drafts as YAML, with the place of origin of each value as comment.
#pragma once

#include <string>
#include <string_view>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// What a file consists of.
struct Layout {
    bool has_server = true;
    bool has_client = true;
    std::string head{};           // lines of comments at the top, each with a line feed
    std::string secret_folder{};  // where files of secrets are; empty: beside the file
};

/// The text of a configuration file. Comments contain no secret of the draft.
std::string to_yaml(const Draft& draft, const Layout& layout);

/// A scalar, quoted if YAML needs it: `$` becomes `$$`, an env_reference becomes `${NAME}`.
std::string yaml_scalar(std::string_view text);

}  // namespace ferrotunnel::cli::importing
