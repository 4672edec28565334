// The response to a request for a file: a status, the fields that belong to it, and a part of the file or a page.
//
//   request, path --files/file_path--> opened by the owner of the file system --stamp--> answer_with_file
//                        \--no file, no folder, no room------------------------------> answer_with_status
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "files/validators.hpp"
#include "http/head.hpp"

namespace ferrotunnel::files {

struct Answer {
    std::uint16_t status = 200;
    std::string_view content_type{};         // empty if there is no content
    std::optional<Validators> validators{};  // of the file, if there is one
    std::string content_range{};
    std::string location{};
    std::string page{};       // the content, if it is not a part of a file
    std::uint64_t first = 0;  // the part of the file; without one the length is 0
    std::uint64_t length = 0;
    bool is_listing = false;

    /// The value of Content-Length, even if no content is sent (HEAD).
    std::uint64_t content_length() const noexcept { return page.empty() ? length : page.size(); }
};

/// The methods for files, as listed in Allow.
inline constexpr std::string_view allowed_methods = "GET, HEAD, OPTIONS";

/// Answers a GET or HEAD with the file of that state, whose name determines the type. `now` in nanoseconds since 1970.
Answer answer_with_file(const http::RequestHead& request, const FileStamp& stamp, std::string_view name,
                        std::int64_t now);
Answer answer_with_listing(std::string page);
/// A page in plain text with the status and its phrase; without content for 204.
Answer answer_with_status(std::uint16_t status);
/// Redirects to the same path with a slash appended. The reference is relative, since a rule of the service may have
/// changed the prefix.
Answer answer_with_slash_redirect(const http::Target& target);

/// The head of the response. `is_head`: no content follows in any case.
std::string written_head(const Answer& answer, bool is_head, http::Version visitor, bool keep_alive);

}  // namespace ferrotunnel::files
