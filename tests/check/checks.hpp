// The checks of source_check.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "sources.hpp"

namespace check {

// Checks that a folder of lib/ includes only the folders that its ft_layer() call in lib/CMakeLists.txt names and those
// that these use; that the sans-IO folders include no Asio or JSON header, nor a system's socket or
// thread-creating one; that the public headers, the program, plugins and examples see include/ferrotunnel/ alone; and
// that the table of layers in docs/architecture.md says the same.
Findings check_layers(const std::filesystem::path& root);

// Checks rules that a compiler does not know: widths, sizes, names that have a better replacement, functions that fit a
// screen.
Findings check_style(const std::filesystem::path& root);

// Checks that classes with behaviour have a shape: how many functions, members and bools they have, and in how many
// files they are defined; and that a part does not include its owner's header. Larger ones are listed in
// tests/check/large_classes.txt with their sizes, which may only shrink.
Findings check_classes(const std::filesystem::path& root);

// The classes that are beyond half of any bound, largest first, a line each.
std::vector<std::string> report_classes(const std::filesystem::path& root);

// Writes what has shrunk into the list. Adds nothing to it, unless there is no list.
void update_class_list(const std::filesystem::path& root);

// Checks that texts for people use none of the phrases that tests/check/phrases.txt lists.
Findings check_phrases(const std::filesystem::path& root);

// The headers of lib/ and include/ that reach Asio, which are slow to compile, or those that do not. Leaves out the
// headers that the build itself proves to compile alone. For headers.sh.
std::vector<std::string> headers(const std::filesystem::path& root, bool reach_asio);

}  // namespace check
