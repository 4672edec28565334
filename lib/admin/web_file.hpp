// The dashboard's files, which are part of the program: those of lib/admin/web, and of third_party.
#pragma once

#include <string_view>

namespace ferrotunnel::admin {

struct WebFile {
    std::string_view path;  // as requested: "/app.js"
    std::string_view type;
    std::string_view bytes;
};

/// The file with exactly this path. Null if there is none. The file system is not accessed.
const WebFile* web_file(std::string_view path) noexcept;

}  // namespace ferrotunnel::admin
