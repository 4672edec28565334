// The JSON Schema of a configuration file, for editors, made from the declarations that the reader uses.
#pragma once

#include <string>

namespace ferrotunnel::detail {

/// The schema in draft 7, which editors support best. It rejects unknown keys, values of the wrong form and missing
/// keys. `ferrotunnel check` also checks rules between several values, the content of files and variables, and the
/// settings of plugins.
std::string json_schema();

}  // namespace ferrotunnel::detail
