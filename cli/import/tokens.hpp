// Tokens of other tunnels, which are passwords that people made up.
#pragma once

#include <filesystem>
#include <string_view>

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// What readers ask for where the other tunnel has no token.
inline constexpr std::string_view token_to_copy = "copy the token of your server into the file `token`, with mode 0600";

/// What readers say where the other tunnel had no server of the user's own.
inline constexpr std::string_view server_to_start =
    "if there is no server yet, start one on a machine with a public address: `ferrotunnel token > token; chmod 600 "
    "token`, then `ferrotunnel server --token-file token` (docs/coming-from.md)";

/// Replaces each weak token that the files of both sides have by a new one, and says so. A weak token that one side
/// has is refused, since the other side would not have the new one: it becomes a lost entry, and its content empty.
/// If `folder`, where files are written, has a file of this name already, nothing is lost: the user checks that file.
void settle_tokens(Draft& draft, const std::filesystem::path& folder);

}  // namespace ferrotunnel::cli::importing
