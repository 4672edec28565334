// Host names as visitors, certificates and operators write them, brought to the one form in which they are compared.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace ferrotunnel::net {

/// Lower case and without the final dot. Labels of letters, digits, '-' (not at either end) and '_' (which is no host
/// name by the book, but is served under); at most 63 bytes each and 253 in all. A last label of digits alone is an
/// address or a part of one, and no name (RFC 1123, 2.1). The error says what is wrong, in words that may follow "the
/// name".
Result<std::string, const char*> normal_host_name(std::string_view name);

/// The same, but a first label `*` is allowed, as certificates have it: it stands for exactly one label.
Result<std::string, const char*> normal_host_pattern(std::string_view pattern);

}  // namespace ferrotunnel::net
