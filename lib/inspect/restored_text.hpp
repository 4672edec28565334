// Edited texts with secrets in the place of their masks: the way back from masked_text.hpp, for replays alone.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// `edited` is what somebody has made of the masked form of `original`. Each value of a secret's name that is the mask
/// becomes the original value of that name; of several with one name, the one that has the same place among them.
/// Nothing: a mask would be left, since `original` has no such name, or another number of different values for it, or
/// the mask is only a part of the value; or the result, masked again, would show something else than `edited`.
std::optional<std::string> restored_url(std::string_view edited, std::string_view original, const Secrets& secrets);
/// Of a body with this Content-Type; both without their Content-Encoding.
std::optional<std::string> restored_body(std::string_view edited, std::string_view original,
                                         std::string_view content_type, const Secrets& secrets);

}  // namespace ferrotunnel::inspect
