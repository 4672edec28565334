// Host names as visitors, certificates and operators write them, brought to the one form in which we compare them.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::net {

/// Returns `name` in lower case and without its final dot. Labels consist of letters, digits, '-' (not at either end)
/// and '_' (not allowed in host names by the book, but used by served names); at most 63 bytes each and 253 in all. A
/// last label of digits alone is an address or a part of one, and no name (RFC 1123, 2.1). The error says what is
/// wrong, worded so that it can follow "the name".
Result<std::string, const char*> normal_host_name(std::string_view name);

/// Like normal_host_name, but the first label may be `*`, as in certificates: it stands for exactly one label.
Result<std::string, const char*> normal_host_pattern(std::string_view pattern);

}  // namespace ferrotunnel::net
