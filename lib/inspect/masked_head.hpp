// Heads as they are kept: the bytes that have passed, with masks in the place of secrets.
#pragma once

#include <string>
#include <string_view>

#include "http/fields.hpp"
#include "inspect/masked_text.hpp"
#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// `raw` is the head that `fields` and `target` point into; `target` is empty for an answer.
Masked masked_head(std::string_view raw, std::string_view target, const http::Fields& fields, const Secrets& secrets);

}  // namespace ferrotunnel::inspect
