// The files of the dashboard, which are part of the program: those of lib/admin/web, and of third_party.
#pragma once

#include <string_view>

namespace ferrotunnel::admin {

struct WebFile {
    std::string_view path;  // as it is asked for: "/app.js"
    std::string_view type;
    std::string_view bytes;
};

/// The file that is asked for by exactly this path; null: there is none. No path leads to a file system.
const WebFile* web_file(std::string_view path) noexcept;

}  // namespace ferrotunnel::admin
