// One question of an HttpClient, as libcurl has it.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string_view>

#include "common/http_client.hpp"

namespace ferrotunnel::plugins {

struct HttpClient::Asked {
    Asked(HttpQuestion asked, Done then, bool is_told);
    Asked(const Asked&) = delete;
    Asked& operator=(const Asked&) = delete;
    ~Asked();

    /// Makes the handle. False: there is no memory, or no time left.
    bool prepare();
    /// Calls `done` with what has come.
    void finish(CURLcode result);
    /// Calls `done` for a question that has lost its place. What that throws is not its successor's matter.
    void end_displaced() noexcept;

    /// A line of the head, with its end. False: the answer is given up.
    bool on_line(std::string_view line);
    /// A piece of the body. False: it is too long.
    bool on_body(std::string_view piece);
    // As libcurl calls them; 0: the answer is given up.
    static std::size_t take_line(char* data, std::size_t size, std::size_t count, void* asked) noexcept;
    static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* asked) noexcept;

    HttpQuestion question;
    Done done;
    const bool is_notice;
    std::chrono::steady_clock::time_point deadline;
    CURL* handle = nullptr;
    curl_slist* lines = nullptr;
    HttpAnswer answer;
    std::uint16_t status_read = 0;  // of the head that is being read
    std::size_t head_size = 0;
    bool folded = false;  // whether the last field goes over several lines
};

}  // namespace ferrotunnel::plugins
