// Normalization of host names from visitors, certificates and operators, for comparison.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::net {

/// Returns `name` in lower case and without its final dot. Labels consist of letters, digits, '-' (not at either end)
/// and '_' (not allowed in host names by the standard, but used in practice); at most 63 bytes each and 253 in all. A
/// last label of only digits means an address or a part of one, not a name (RFC 1123, 2.1). The error is worded to
/// follow "the name".
Result<std::string, const char*> normal_host_name(std::string_view name);

/// Like normal_host_name, but the first label may be `*`, as in certificates: it matches exactly one label.
Result<std::string, const char*> normal_host_pattern(std::string_view pattern);

}  // namespace ferrotunnel::net
