// Heads as they are kept: the original bytes, with masks in place of secrets.
#pragma once

#include <string>
#include <string_view>

#include "http/fields.hpp"
#include "inspect/masked_text.hpp"
#include "inspect/secrets.hpp"

namespace ferrotunnel::inspect {

/// `raw` is the head that `fields` and `target` point into; `target` is empty for a response.
Masked masked_head(std::string_view raw, std::string_view target, const http::Fields& fields, const Secrets& secrets);

}  // namespace ferrotunnel::inspect
