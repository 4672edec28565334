// The Content-Type of a file, by the extension of its name.
#pragma once

#include <string_view>

namespace ferrotunnel::files {

/// "text/html; charset=utf-8" for `page.HTML`; `application/octet-stream` for extensions that are not in the table.
std::string_view content_type_of(std::string_view name) noexcept;

}  // namespace ferrotunnel::files
