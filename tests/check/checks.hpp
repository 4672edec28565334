// What source_check can check.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sources.hpp"

namespace check {

// A folder of lib/ includes only what its ft_layer() call in lib/CMakeLists.txt names and what those use. The sans-IO
// folders include no Asio, spdlog or JSON header, nor a system's socket or thread-creating one. The public headers, the
// program, plugins and examples see include/ferrotunnel/ alone.
Findings check_layers(const std::filesystem::path& root);

// Rules that a compiler does not know: widths, sizes, names that have a better replacement, functions that fit a
// screen.
Findings check_style(const std::filesystem::path& root);

// The headers of lib/ and include/ that reach Asio, which are slow to compile, or those that do not; without those that
// the build itself proves to compile alone. For headers.sh.
std::vector<std::string> headers(const std::filesystem::path& root, bool reach_asio);

}  // namespace check
