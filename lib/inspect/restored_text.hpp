// Edited texts with secrets in place of their masks: the reverse of masked_text.hpp, only for replays.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// `edited` is an edited version of the masked form of `original`. Each value of a secret's name that is the mask
/// becomes the original value of that name; if several have one name, the one at the same position among them. Empty: a
/// mask would be left, since `original` has no such name, or another number of different values for it, or the mask is
/// only a part of the value; or the result, masked again, would differ from `edited`.
std::optional<std::string> restored_url(std::string_view edited, std::string_view original, const Secrets& secrets);
/// For a body with this Content-Type; both without their Content-Encoding.
std::optional<std::string> restored_body(std::string_view edited, std::string_view original,
                                         std::string_view content_type, const Secrets& secrets);

}  // namespace ferrotunnel::inspect
