// Tokens of other tunnels, which are passwords that people made up.
#pragma once

#include "draft.hpp"

namespace ferrotunnel::cli::importing {

/// Replaces each weak token that the files of both sides have by a new one, and says so. A weak token that one side
/// has is refused, since the other side would not have the new one: it becomes a lost entry, and its content empty.
void settle_tokens(Draft& draft);

}  // namespace ferrotunnel::cli::importing
