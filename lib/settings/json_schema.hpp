// The JSON Schema of a configuration file, for editors: made from the declarations that the reader itself uses.
#pragma once

#include <string>

namespace ferrotunnel::detail {

/// The schema, draft 7, which editors know best. It refuses unknown keys, values of the wrong form and what is missing.
/// What several values have to do with each other, what files and variables hold, and the settings of plugins are for
/// `ferrotunnel check` to say.
std::string json_schema();

}  // namespace ferrotunnel::detail
